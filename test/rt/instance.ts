import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../scripts/free-port.ts'
import { poll } from '../support/poll.ts'
import { initRt, rtServer } from './install.ts'
import type { Scrip } from '../../src/helpdesk/rt/scrip.ts'

/** A Request Tracker with its config, database, caches and mail all in a folder of ours; a system's own sees nothing. */
export interface RtInstance {
  url: string
  tokens: Record<'deskbridge' | 'grace', string>
  /** Everything that it mailed. */
  mail(): Promise<string>
  stop(): Promise<void>
}

export async function startRt(folder: string, scrip: Scrip): Promise<RtInstance> {
  const port = await freePort()
  const at = (name: string) => join(folder, name)
  for (const name of ['', 'config.d', 'mason', 'sessions']) await mkdir(at(name), { recursive: true })
  await writeFile(at('RT_SiteConfig.pm'), siteConfig(folder, port))
  const env = {
    RT_SITE_CONFIG: at('RT_SiteConfig.pm'),
    // Without it the system's own settings would be read as well.
    RT_SITE_CONFIG_DIR: at('config.d'),
    RT_TEST_FOLDER: folder,
    PLACK_ENV: 'deployment',
    RT_TEST_CONDITION: scrip.condition,
    RT_TEST_COMMIT: scrip.commit,
  }
  await initRt(['--action', 'init'], env)
  await initRt(['--action', 'insert', '--datafile', join(import.meta.dirname, 'initialdata')], env)
  const stop = serve(port, env, at('rt.log'))
  const url = `http://127.0.0.1:${port}`
  await poll(() => isUp(url), Boolean, 60_000)
  return {
    url,
    tokens: {
      deskbridge: await readFile(at('token-deskbridge'), 'utf8'),
      grace: await readFile(at('token-grace'), 'utf8'),
    },
    mail: () => readFile(at('mail'), 'utf8').catch(() => ''),
    stop,
  }
}

/** RT's own server, and the workers that it forks: in a group of their own, which ends as one. */
function serve(port: number, env: Record<string, string>, logFile: string): () => Promise<void> {
  const log = openSync(logFile, 'a')
  const args = ['--port', String(port), '--host', '127.0.0.1', '--max-workers', '4']
  const child = spawn(rtServer, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', log, log],
    detached: true,
  })
  closeSync(log)
  const exited = once(child, 'exit')
  const kill = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // It has ended.
    }
  }
  process.once('exit', kill)
  return async () => {
    kill()
    await exited
    process.removeListener('exit', kill)
  }
}

async function isUp(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/REST/2.0/rt`).catch(() => undefined)
  await answer?.body?.cancel()
  return answer?.status === 401
}

function siteConfig(folder: string, port: number): string {
  return `Set($rtname, 'round.invalid');
Set($Organization, 'round.invalid');
Set($DatabaseType, 'SQLite');
Set($DatabaseName, '${folder}/rt.sqlite');
Set($WebDomain, '127.0.0.1');
Set($WebPort, ${port});
Set($WebPath, '');
Set($CorrespondAddress, 'rt@round.invalid');
Set($CommentAddress, 'rt-comment@round.invalid');
Set($LogToSyslog, undef);
Set($LogToSTDERR, 'warning');
Set($MailCommand, 'testfile');
# RT hashes a token at every call, for a fifth of a second: the least that it takes.
Set($BcryptCost, 10);
Set($WebSessionClass, 'Apache::Session::File');
$RT::MasonDataDir = '${folder}/mason';
$RT::MasonSessionDir = '${folder}/sessions';
require Mail::Mailer::testfile;
$Mail::Mailer::testfile::config{outfile} = '${folder}/mail';
1;
`
}
