import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import { afterEach, beforeEach } from 'vitest'
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts'

/** A simulator and a webhook that it calls, for the tests of the simulator itself. */

export const APP_SECRET = 'app-secret-of-the-test'
export const TOKEN = 'token-of-the-page'
export const PAGE = '1234567890'
export const PSID = '2400000000000001'
export const PROOF = createHmac('sha256', APP_SECRET).update(TOKEN).digest('hex')

export type Call = { token?: string | null; proof?: string | null; path?: string; signal?: AbortSignal }

type Received = { method: string; url: string; headers: IncomingMessage['headers']; bytes: Buffer }
type Webhook = { url: string; received: Received[]; answers: number[]; close(): Promise<void> }

/** Both are new for each test of the file that calls this. */
export function useSimulatedMeta() {
  let webhook: Webhook
  let simulator: Simulator

  beforeEach(async () => {
    webhook = await startWebhook()
    simulator = await startSimulator({
      port: 0,
      appSecret: APP_SECRET,
      verifyToken: 'verify-token',
      pages: [
        { id: PAGE, accessToken: TOKEN },
        { id: '99', accessToken: 'token-of-another-page' },
      ],
      webhookUrl: webhook.url,
      redeliverAfterMs: [1, 1],
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
    /** Calls the Send API. */
    send(body: unknown, call: Call = {}) {
      const { token = TOKEN, proof = PROOF, path = `/v26.0/${PAGE}/messages`, signal } = call
      const query = proof === null ? '' : `?appsecret_proof=${proof}`
      const headers = token === null ? {} : { authorization: `Bearer ${token}` }
      return callJson('POST', `${simulator.url}${path}${query}`, { body, headers, signal })
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

async function callJson(
  method: string,
  url: string,
  options: { body: unknown; headers?: Record<string, string>; signal?: AbortSignal | undefined },
) {
  const { body, headers = {}, signal } = options
  const response = await fetch(url, {
    method,
    headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: signal ?? null,
  })
  return { status: response.status, body: JSON.parse(await response.text()) }
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
      response.writeHead(answers.shift() ?? 200).end('ok')
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
