import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { stringify } from 'yaml'
import { freePort } from '../../scripts/free-port.ts'
import { delivery, sign } from '../../src/simulator/delivery.ts'

export const appSecret = 'app-secret-of-the-test'
export const apiKey = 'key-of-the-test-0123456789abcdef'
export const pageId = '1234567890'
export const psid = '2400000000000001'
export const conversation = `${pageId}:${psid}`

export type LogLine = Record<string, unknown>

/** The service as a real process, with what a test wants to do to it from outside. */
export interface Service {
  url: string
  adminUrl: string
  /** The file that SIGHUP reads again. */
  configFile: string
  child: ChildProcess
  lines: LogLine[]
  /** Resolves with the first line, past or future, that fits. */
  line(fits: (line: LogLine) => boolean): Promise<LogLine>
  post(bytes: Uint8Array, headers?: Record<string, string>): Promise<Response>
  rest(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

/** A config with one Page; the test overrides whole sections. */
export function configWith(redisUrl: string, sections: Record<string, unknown> = {}) {
  return {
    redis: { url: redisUrl },
    meta: { appSecrets: [appSecret], verifyToken: 'verify-token', graphUrl: 'http://127.0.0.1:9' },
    pages: [{ id: pageId, name: 'Acme', accessToken: 'token-of-the-page', helpdesk: 'main' }],
    helpdesks: { main: { adapter: 'inbox' } },
    apiKeys: [
      { id: 'desk', key: apiKey, scopes: ['replies:write', 'conversations:read', 'dead-letters:write'] },
      { id: 'reader', key: `${apiKey}-reader`, scopes: ['conversations:read'] },
    ],
    ...sections,
  }
}

/** Starts `node src/main.ts <role>` and resolves when it is ready, or has ended. It ends with the test. */
export async function startService(
  config: object,
  options: { role?: string; env?: Record<string, string>; waitFor?: 'ready' | 'exit' } = {},
): Promise<Service> {
  const dir = await mkdtemp(join(tmpdir(), 'deskbridge-test-'))
  const file = join(dir, 'deskbridge.yaml')
  await writeFile(file, stringify(config))
  const [port, adminPort] = [await freePort(), await freePort()]
  const child = spawn(process.execPath, ['src/main.ts', options.role ?? 'all'], {
    env: {
      PATH: process.env['PATH'],
      DESKBRIDGE_CONFIG: file,
      PORT: String(port),
      ADMIN_PORT: String(adminPort),
      LOG_LEVEL: 'debug',
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: LogLine[] = []
  const watchers = new Set<() => void>()
  const read = (text: string) => {
    lines.push(text.startsWith('{') ? (JSON.parse(text) as LogLine) : { text })
    for (const watch of watchers) watch()
  }
  createInterface({ input: child.stdout }).on('line', read)
  createInterface({ input: child.stderr }).on('line', read)
  const exited = once(child, 'exit').then(([code]) => {
    for (const watch of watchers) watch()
    return code as number | null
  })

  async function line(fits: (line: LogLine) => boolean): Promise<LogLine> {
    const { promise, resolve, reject } = Promise.withResolvers<LogLine>()
    const watch = () => {
      const found = lines.find(fits)
      if (found) resolve(found)
      else if (child.exitCode !== null)
        reject(new Error(`ended with ${child.exitCode}: ${JSON.stringify(lines)}`))
    }
    watchers.add(watch)
    watch()
    return promise.finally(() => watchers.delete(watch))
  }

  async function stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    return exited
  }

  onTestFinished(async () => {
    await stop('SIGKILL')
    await rm(dir, { recursive: true })
  })
  if (options.waitFor === 'exit') await exited
  else await line(({ msg }) => typeof msg === 'string' && msg.startsWith('ready'))
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    adminUrl: `http://127.0.0.1:${adminPort}`,
    configFile: file,
    child,
    lines,
    line,
    stop,
    post: (bytes, headers) =>
      fetch(`${url}/webhooks/meta`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-hub-signature-256': sign(bytes, appSecret),
          ...headers,
        },
        body: Buffer.from(bytes),
      }),
    rest: (method, path, body, headers) =>
      fetch(`${url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${apiKey}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
  }
}

/** A delivery of one Page with these messaging events, as Meta's bytes. */
export function deliveryOf(...events: object[]): Buffer {
  return delivery([{ id: pageId, time: 1_790_000_000_000, messaging: events }])
}

let counter = 0

/** A text message of a person, with a mid of its own. */
export function message(text: string, more: { psid?: string; mid?: string; timestamp?: number } = {}) {
  counter++
  return {
    sender: { id: more.psid ?? psid },
    recipient: { id: pageId },
    // A minute ago, so that the window is open.
    timestamp: more.timestamp ?? Date.now() - 60_000 + counter,
    message: { mid: more.mid ?? `m_test_${process.pid}_${counter}`, text },
  }
}
