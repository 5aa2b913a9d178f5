import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

export type Environment = Readonly<Record<string, string | undefined>>

type PackageManager = {
  command: string
  needsRoot: boolean
  /** Run first; allowed to fail, because one broken third-party source must not stop the installation. */
  refresh?: string[]
  /** Tried in this order until a server stands on the PATH: distributions moved from Redis to Valkey at different times. */
  packages: string[]
  install: string[]
}

const APT = ['-o', 'DPkg::Lock::Timeout=120']
const PACKAGE_MANAGERS: PackageManager[] = [
  {
    command: 'apt-get',
    needsRoot: true,
    refresh: [...APT, 'update'],
    packages: ['redis-server', 'valkey-server'],
    install: [...APT, 'install', '-y', '--no-install-recommends'],
  },
  { command: 'apk', needsRoot: true, packages: ['redis', 'valkey'], install: ['add', '--no-cache'] },
  { command: 'dnf', needsRoot: true, packages: ['redis', 'valkey'], install: ['install', '-y'] },
  { command: 'brew', needsRoot: false, packages: ['redis', 'valkey'], install: ['install'] },
]

// RUNLEVEL=1 tells Debian's invoke-rc.d not to start a system Redis that nobody asked for.
const QUIET = ['DEBIAN_FRONTEND=noninteractive', 'RUNLEVEL=1', 'HOMEBREW_NO_AUTO_UPDATE=1']
const HELP =
  'Install Redis 7.2 or newer (or Valkey 8) yourself so that redis-server or valkey-server is on the PATH, ' +
  'or set REDIS_URL to a Redis that runs already.'

/** Installs a server with the system's package manager; returns its path, or throws with what to do next. */
export async function installRedis(options: {
  say: (line: string) => void
  env: Environment
  isRoot: boolean
  find: () => string | undefined
}): Promise<string> {
  const { say, env, isRoot, find } = options
  const manager = PACKAGE_MANAGERS.find(({ command }) => findOnPath(command, env.PATH))
  if (!manager) {
    throw new Error(
      `no redis-server and no valkey-server on the PATH, and no apt-get, apk, dnf or brew to install one with. ${HELP}`,
    )
  }
  const { command, needsRoot, refresh, packages, install } = manager
  const prefix = needsRoot && !isRoot ? sudo(env, command) : []
  say(`No redis-server or valkey-server on the PATH: installing one with ${[...prefix, command].join(' ')}.`)

  const run = async (args: string[]): Promise<{ code: number; output: string }> => {
    const words = [...prefix, 'env', ...QUIET, command, ...args]
    say(`  ${[...prefix, command, ...args].join(' ')}`)
    return runQuietly(words, env)
  }

  const refreshed = refresh ? await run(refresh) : undefined
  let output = refreshed?.output ?? ''
  for (const name of packages) {
    const result = await run([...install, name])
    output += result.output
    const path = find()
    if (path) {
      say(`  installed: ${path}`)
      return path
    }
  }
  const tail = output.trimEnd().split('\n').slice(-15).join('\n')
  throw new Error(`${command} could not install a Redis server. ${HELP}\nWhat ${command} said last:\n${tail}`)
}

export function findOnPath(command: string, path: string | undefined): string | undefined {
  const folders = (path ?? '').split(delimiter).filter((folder) => folder !== '')
  return folders.map((folder) => join(folder, command)).find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function sudo(env: Environment, command: string): string[] {
  if (!findOnPath('sudo', env.PATH)) {
    throw new Error(`${command} must run as root, this user is not root, and there is no sudo. ${HELP}`)
  }
  // Without a terminal nobody can type a password: fail at once instead of waiting for one.
  return process.stdin.isTTY ? ['sudo'] : ['sudo', '-n']
}

function runQuietly(words: string[], env: Environment): Promise<{ code: number; output: string }> {
  const [file = '', ...args] = words
  return new Promise((resolve) => {
    const child = spawn(file, args, { env, stdio: ['inherit', 'pipe', 'pipe'] })
    let output = ''
    const keep = (chunk: Buffer) => (output = (output + chunk.toString()).slice(-20_000))
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.once('error', (error) => resolve({ code: 1, output: `${output}${error.message}\n` }))
    child.once('close', (code) => resolve({ code: code ?? 1, output }))
  })
}
