import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import { afterEach, beforeEach } from 'vitest'
import { startSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator/simulator.ts'

/** A simulator and a webhook that it calls, for the tests of the simulator itself. */

export const APP_SECRET = 'app-secret-of-the-test'
export const APP_ID = 987654321012345
export const APP_TOKEN = `${APP_ID}|${APP_SECRET}`
export const TOKEN = 'token-of-the-page'
export const PAGE = '1234567890'
export const PSID = '2400000000000001'
export const PROOF = proofOf(TOKEN)
export const OTHER_PAGE = '99'
export const OTHER_TOKEN = 'token-of-another-page'
export const INSTAGRAM = '17841400000000001'
export const INSTAGRAM_TOKEN = 'token-of-the-account'

type Kind = 'messaging' | 'standby' | 'changes'
type Happening = Record<string, unknown> & { recipient?: { id: string }; message?: { text?: string } }
type Delivery = { entry: Partial<Record<Kind, Happening[]>>[] }

export type Call = { token?: string | null; proof?: string | null; path?: string; signal?: AbortSignal }

type Received = { method: string; url: string; headers: IncomingMessage['headers']; bytes: Buffer }
type Webhook = { url: string; received: Received[]; answers: number[]; close(): Promise<void> }

/**
 * Both are new for each test of the file that calls this. Unless the file says otherwise, people need not have written,
 * and the webhook hears of no deliveries, so that a send is one echo.
 */
export function useSimulatedMeta(options: Partial<SimulatorOptions> = {}) {
  let webhook: Webhook
  let simulator: Simulator
  let shift = 0

  beforeEach(async () => {
    shift = 0
    webhook = await startWebhook()
    simulator = await startSimulator({
      port: 0,
      appSecret: APP_SECRET,
      verifyToken: 'verify-token',
      pages: [
        { id: PAGE, accessToken: TOKEN },
        { id: OTHER_PAGE, accessToken: OTHER_TOKEN },
        { id: '98', accessToken: 'token-of-a-third-page' },
        { id: INSTAGRAM, accessToken: INSTAGRAM_TOKEN, channel: 'instagram', linkedPageId: '55' },
      ],
      webhookUrl: webhook.url,
      redeliverAfterMs: [1, 1],
      windows: 'open',
      deliveries: false,
      now: () => Date.now() + shift,
      ...options,
    })
  })

  afterEach(async () => {
    await simulator.close()
    await webhook.close()
  })

  return {
    get webhook() {
      return webhook
    },
    get simulator() {
      return simulator
    },
    /** The simulator's clock goes forward. */
    advance(ms: number) {
      shift += ms
    },
    /** What the webhook was told, oldest first, each event as it stands in its entry. */
    events(kind: Kind = 'messaging'): Happening[] {
      const deliveries = webhook.received.map(({ bytes }): Delivery => JSON.parse(bytes.toString()))
      return deliveries.flatMap(({ entry }) => entry.flatMap((one) => one[kind] ?? []))
    },
    /** Calls the Send API. */
    send(body: unknown, call: Call = {}) {
      const { path = `/v26.0/${PAGE}/messages`, ...rest } = call
      return callGraph(simulator.url, 'POST', path, { ...rest, body })
    },
    /** Sends as the Instagram account. */
    sendOnInstagram(body: unknown) {
      return callGraph(simulator.url, 'POST', `/v26.0/${INSTAGRAM}/messages`, {
        token: INSTAGRAM_TOKEN,
        body,
      })
    },
    /** Calls any part of Graph, below the version. */
    graph(method: string, path: string, call: Call & { body?: unknown; form?: FormData } = {}) {
      return callGraph(simulator.url, method, `/v26.0/${path}`, call)
    },
    /** Calls the part that is no Graph. */
    sim(method: string, path: string, body?: unknown) {
      return callJson(method, `${simulator.url}/_sim${path}`, { body })
    },
  }
}

export function reply(message: Record<string, unknown>) {
  return { recipient: { id: PSID }, messaging_type: 'RESPONSE', message }
}

export function only<T>(list: readonly T[]): T {
  const [first] = list
  if (first === undefined || list.length !== 1) throw new Error(`expected one, got ${list.length}`)
  return first
}

/** Code and subcode of a refusal, or that there was none. */
export function verdict(answer: {
  status: number
  body: { error?: { code: number; error_subcode?: number } }
}): string {
  const { code, error_subcode } = answer.body.error ?? {}
  if (code === undefined) return `${answer.status}`
  return error_subcode === undefined ? `${code}` : `${code}/${error_subcode}`
}

function proofOf(token: string): string {
  return createHmac('sha256', APP_SECRET).update(token).digest('hex')
}

function callGraph(
  base: string,
  method: string,
  path: string,
  call: Call & { body?: unknown; form?: FormData },
) {
  const { token = TOKEN, proof = proofOf(token ?? TOKEN), body, form, signal } = call
  const url = new URL(path, base)
  if (proof !== null) url.searchParams.set('appsecret_proof', proof)
  const headers = token === null ? {} : { authorization: `Bearer ${token}` }
  return callJson(method, url.href, { body, form, headers, signal })
}

async function callJson(
  method: string,
  url: string,
  options: {
    body?: unknown
    form?: FormData | undefined
    headers?: Record<string, string>
    signal?: AbortSignal | undefined
  },
) {
  const { body, form, headers = {}, signal } = options
  const response = await fetch(url, {
    method,
    headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(form && { body: form }),
    signal: signal ?? null,
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: JSON.parse(text) }
}

/** A webhook that keeps what it gets and answers 200, after the answers planned for it. */
async function startWebhook(): Promise<Webhook> {
  const received: Received[] = []
  const answers: number[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      received.push({ method, url, headers, bytes: Buffer.concat(chunks) })
      response.writeHead(answers.shift() ?? 200).end(verification(url) ?? 'ok')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the webhook has no port')
  return {
    url: `http://127.0.0.1:${address.port}/webhooks/meta`,
    received,
    answers,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Only at `/verified` does it know what to answer to a challenge. */
function verification(url: string): string | null {
  const { pathname, searchParams } = new URL(url, 'http://webhook')
  return pathname === '/verified' ? searchParams.get('hub.challenge') : null
}
