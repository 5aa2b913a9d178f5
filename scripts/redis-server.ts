import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from './free-port.ts'
import { findOnPath, installRedis, type Environment } from './redis-package.ts'

/** A Redis of our own on 127.0.0.1. It keeps port, url and dir through kill9() and restart(); the pid changes. */
export type RedisServer = {
  readonly url: string
  readonly port: number
  readonly pid: number
  readonly dir: string
  /** Ends it for good, and removes its folder when it made the folder itself. */
  stop(): Promise<void>
  kill9(): Promise<void>
  freeze(): void
  thaw(): void
  /** Brings it up again on the same port and data; ends it first when it still runs. */
  restart(): Promise<void>
}

export type RedisOptions = {
  dir?: string
  port?: number
  appendfsync?: 'always' | 'everysec' | 'no'
  maxmemory?: string
  extraArgs?: readonly string[]
  /** In a process group of its own, so that Ctrl-C in the terminal reaches only whoever started it. */
  detached?: boolean
}

const START_TIMEOUT_MS = 30_000
const STOP_TIMEOUT_MS = 10_000

export function findRedisServer(path: string | undefined = process.env.PATH): string | undefined {
  return findOnPath('redis-server', path) ?? findOnPath('valkey-server', path)
}

/** The path of a Redis server; installs one when there is none. */
export async function ensureRedisServer(options: {
  say: (line: string) => void
  env?: Environment
  isRoot?: boolean
}): Promise<string> {
  const { say, env = process.env, isRoot = process.getuid?.() === 0 } = options
  const find = () => findRedisServer(env.PATH)
  return find() ?? installRedis({ say, env, isRoot, find })
}

/** Resolves when the new server answers PING; rejects with the tail of its log when it does not. */
export async function startRedisServer(options: RedisOptions = {}): Promise<RedisServer> {
  const command = findRedisServer()
  if (!command)
    throw new Error('no redis-server and no valkey-server on the PATH: call ensureRedisServer first')
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'deskbridge-redis-')))
  await mkdir(dir, { recursive: true })
  const port = options.port ?? (await freePort())
  const args = serverArgs(options, port, dir)
  const removeDir = async () => {
    if (options.dir === undefined) await rm(dir, { recursive: true, force: true })
  }

  const up = () => launch({ command, args, port, detached: options.detached ?? false })
  let child = await up().catch(async (error: unknown) => {
    await removeDir()
    throw error
  })

  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    dir,
    get pid() {
      return child.pid ?? 0
    },
    async stop() {
      await end(child)
      await removeDir()
    },
    async kill9() {
      await end(child, 'SIGKILL')
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    async restart() {
      await end(child)
      child = await up()
    },
  }
}

function serverArgs(options: RedisOptions, port: number, dir: string): string[] {
  const { appendfsync = 'always', maxmemory, extraArgs = [] } = options
  const settings = {
    bind: '127.0.0.1',
    port: String(port),
    dir,
    daemonize: 'no',
    logfile: '',
    appendonly: 'yes',
    appendfsync,
    save: '',
    'maxmemory-policy': 'noeviction',
    ...(maxmemory !== undefined && { maxmemory }),
  }
  return [...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]), ...extraArgs]
}

async function launch(options: { command: string; args: string[]; port: number; detached: boolean }) {
  const { command, args, port, detached } = options
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], detached })
  let log = ''
  const keep = (chunk: Buffer) => (log = (log + chunk.toString()).slice(-8_000))
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  child.once('error', (error) => keep(Buffer.from(`${error.message}\n`)))

  // A Redis must not outlive us, also when whoever started it forgot to stop it.
  const killWithUs = () => child.kill('SIGKILL')
  process.once('exit', killWithUs)
  child.once('close', () => process.removeListener('exit', killWithUs))

  const giveUpAt = Date.now() + START_TIMEOUT_MS
  while (isRunning(child) && Date.now() < giveUpAt) {
    if (child.pid !== undefined && (await answersAs(child.pid, port))) return child
    await wait(10)
  }
  const why = isRunning(child) ? `does not answer after ${START_TIMEOUT_MS} ms` : 'ended while starting'
  await end(child, 'SIGKILL')
  throw new Error(`${command} on port ${port} ${why}. Its log ends with:\n${tail(log)}`)
}

/** True when the Redis on this port is that very process (not a stranger who took the port) and is done loading. */
function answersAs(pid: number, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port }, () =>
      socket.write('INFO server\r\nPING\r\n'),
    )
    let answer = ''
    const done = (result: boolean) => {
      socket.destroy()
      resolve(result)
    }
    socket.setTimeout(1_000, () => done(false))
    socket.once('error', () => done(false))
    socket.once('close', () => done(false))
    socket.on('data', (chunk) => {
      answer += chunk.toString()
      if (answer.endsWith('+PONG\r\n')) done(answer.includes(`process_id:${pid}\r\n`))
      else if (/^-.*\r\n$/m.test(answer)) done(false)
    })
  })
}

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
  if (!isRunning(child)) return
  const closed = once(child, 'close')
  child.kill(signal)
  child.kill('SIGCONT') // a frozen process only sees SIGTERM once it runs again
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
  await closed
  clearTimeout(timer)
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null
}

function tail(log: string): string {
  return log.trimEnd().split('\n').slice(-20).join('\n')
}
