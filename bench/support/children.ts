import { fork, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { freePort } from '../../scripts/free-port.ts'
import { appSecret, pageId } from './deliveries.ts'

const startMs = 30_000
const stopMs = 15_000

export interface Child {
  port: number
  /** Sends one message and resolves with the next one that comes back. Only for scripts of this folder. */
  ask(message: object): Promise<unknown>
  stop(): Promise<void>
}

/** A script of this folder in a process of its own. It says `{ port }` when it is ready. */
export async function forkScript(script: string, args: readonly string[]): Promise<Child> {
  const child = fork(fileURLToPath(new URL(`../${script}`, import.meta.url)), args, { stdio: 'inherit' })
  const stop = owned(child)
  try {
    const { port } = (await nextMessage(child)) as { port: number }
    return { port, stop, ask: (message) => (child.send(message), nextMessage(child)) }
  } catch (error) {
    await stop()
    throw error
  }
}

async function nextMessage(child: ChildProcess): Promise<unknown> {
  const gone = new AbortController()
  const onExit = () => gone.abort(new Error('a process of the benchmark ended too early'))
  child.once('exit', onExit)
  try {
    const [message] = (await once(child, 'message', { signal: gone.signal })) as [unknown]
    return message
  } finally {
    child.off('exit', onExit)
  }
}

export interface ServiceOptions {
  redisUrl: string
  /** Where the webhook adapter posts to. */
  helpdeskUrl: string
  /** Another checkout's src/main.ts, to measure a change beside what it changes. */
  main?: string
  nodeArgs?: readonly string[]
  /** The public port, when somebody has to know it beforehand. */
  port?: number
  /** Sections of the config that replace the usual ones. */
  sections?: object
}

/** The real service in one role, as `npm run start:api` or `start:worker` would start it, once it is ready. */
export async function startRole(role: 'api' | 'worker', options: ServiceOptions): Promise<Child> {
  const dir = await mkdtemp(join(tmpdir(), 'deskbridge-bench-'))
  const [port, adminPort] = [options.port ?? (await freePort()), await freePort()]
  const removeDir = () => rmSync(dir, { recursive: true, force: true })
  process.once('exit', removeDir)
  const config = join(dir, 'deskbridge.yaml')
  await writeFile(config, stringify(configuration(options, port, adminPort)))
  const main = options.main ?? fileURLToPath(new URL('../../src/main.ts', import.meta.url))
  const { PATH } = process.env
  const child = spawn(process.execPath, [...(options.nodeArgs ?? []), main, role], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { PATH, DESKBRIDGE_CONFIG: config, NODE_ENV: 'production' },
  })
  const end = owned(child)
  const stop = async () => {
    await end()
    process.off('exit', removeDir)
    removeDir()
  }
  for (const giveUpAt = Date.now() + startMs; Date.now() < giveUpAt && child.exitCode === null;) {
    const ready = await fetch(`http://127.0.0.1:${adminPort}/readyz`).catch(() => undefined)
    await ready?.body?.cancel()
    if (ready?.status === 200) return { port, stop, ask: () => Promise.reject(new Error('not asked')) }
    await wait(50)
  }
  await stop()
  throw new Error(`the ${role} role did not become ready`)
}

/** The defaults, as a user would run it. Only errors are logged, so that no terminal is measured. */
function configuration({ redisUrl, helpdeskUrl, sections }: ServiceOptions, port: number, adminPort: number) {
  return {
    server: { host: '127.0.0.1', port, adminPort },
    redis: { url: redisUrl },
    logLevel: 'error',
    meta: { appSecrets: [appSecret], verifyToken: 'bench', graphUrl: 'http://127.0.0.1:9' },
    pages: [{ id: pageId, name: 'Bench', accessToken: 'unused', helpdesk: 'main' }],
    helpdesks: {
      main: { adapter: 'webhook', url: helpdeskUrl, secret: helpdeskSecret, allowPrivateNetwork: true },
    },
    ...sections,
  }
}

export const helpdeskSecret = `whsec_${Buffer.from('a secret of the benchmark only').toString('base64')}`

/** Stops it for good; also at our own exit, since no process may outlive the benchmark. */
function owned(child: ChildProcess): () => Promise<void> {
  const killWithUs = () => child.kill('SIGKILL')
  process.once('exit', killWithUs)
  const ended = once(child, 'exit').finally(() => process.off('exit', killWithUs))
  return async () => {
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), stopMs)
    await ended
    clearTimeout(timer)
  }
}

/** Without this Ctrl-C would end the benchmark without its exit handlers, and leave what it started behind. */
export function exitOnSignals(): void {
  process.once('SIGINT', () => process.exit(130))
  process.once('SIGTERM', () => process.exit(143))
}
