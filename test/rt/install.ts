import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { findOnPath } from '../../scripts/redis-package.ts'

export const rtServer = '/usr/share/request-tracker5/libexec/rt-server'
const setupDatabase = '/usr/sbin/rt-setup-database-5'

/** Nobody mails anything here, but RT wants a sendmail; one that is there stays. */
const mailer = existsSync('/usr/sbin/sendmail') ? [] : ['msmtp-mta']
const packages = ['request-tracker5', 'rt5-db-sqlite', 'rt5-standalone', 'dbconfig-no-thanks', ...mailer]

const aptOptions = [
  '-q',
  '-y',
  '--no-install-recommends',
  // A database that a crash of this machine takes away is made again in two seconds.
  '-o=Dpkg::Options::=--force-unsafe-io',
  '-o=Dpkg::Options::=--path-exclude=/usr/share/doc/*',
  '-o=Dpkg::Options::=--path-exclude=/usr/share/man/*',
  '-o=Dpkg::Use-Pty=0',
]

export type Installed = { rt: 'there' } | { rt: 'not to be had'; why: string }

/** Installs Debian's Request Tracker 5 where it is not; it is only put there, not set up. Throws when apt fails. */
export async function installRt(say: (line: string) => void): Promise<Installed> {
  if (isThere()) return { rt: 'there' }
  if (findOnPath('apt-get', process.env['PATH']) === undefined)
    return { rt: 'not to be had', why: 'there is no apt on this machine' }
  if (process.getuid?.() !== 0)
    return { rt: 'not to be had', why: `only root may install ${packages.join(', ')}` }
  say(`installing ${packages.join(', ')}`)
  await run('apt-get', ['update', '-q'])
  await run('apt-get', ['install', ...aptOptions, ...packages])
  if (!isThere()) throw new Error(`apt-get installed Request Tracker, but ${rtServer} is not there`)
  return { rt: 'there' }
}

function isThere(): boolean {
  return existsSync(rtServer) && existsSync(setupDatabase)
}

/** Resolves with what it said; throws with the end of that when it fails. */
export function run(command: string, args: string[], env: Record<string, string> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const quiet = { DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_SUSPEND: '1' }
    const child = spawn(command, args, {
      env: { ...process.env, ...quiet, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    const keep = (chunk: Buffer) => (said = (said + chunk.toString()).slice(-20_000))
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) return resolve(said)
      const end = said.trimEnd().split('\n').slice(-20).join('\n')
      reject(new Error(`${command} ${args[0] ?? ''} ended with ${code}:\n${end}`))
    })
  })
}

export function initRt(args: string[], env: Record<string, string>): Promise<string> {
  return run(setupDatabase, ['--skip-create', ...args], env)
}
