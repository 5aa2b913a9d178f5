import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import { addressOf } from './address-of.ts'

/**
 * Stands between Meta and the webhook, and makes echoes late. Each Page's deliveries keep their order: behind a late one
 * they wait, and none waits for longer than the latest of them.
 */
export interface WebhookGate {
  url: string
  /** The echoes of this reply come so much later. */
  delay(reply: string, ms: number): void
  /** Deliveries that the webhook has not acknowledged. */
  pending(): number
  close(): void
}

const replyIdLength = 'rpl_'.length + 22

export async function webhookGate(deps: {
  webhookUrl: string
  /** Told when the webhook has acknowledged an echo, with its metadata. */
  onEcho: (metadata: string) => void
}): Promise<WebhookGate> {
  const late = new Map<string, number>()
  const last = new Map<string, { due: number; done: Promise<void> }>()
  let pending = 0
  const closing = new AbortController()

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request)
    pending++
    // Meta has a memory of its own; the simulator need not wait.
    response.writeHead(200).end()
    const text = body.toString()
    const echoes = [...text.matchAll(/"metadata":"(rpl_[^"]+)"/g)].map(([, metadata]) => metadata!)
    const page = /"entry":\[\{"id":"(\d+)"/.exec(text)?.[1] ?? ''
    const before = last.get(page)
    const delayMs = Math.max(0, ...echoes.map((one) => late.get(one.slice(0, replyIdLength)) ?? 0))
    const due = Math.max(Date.now() + delayMs, before?.due ?? 0)
    const done = pass(request, body, due, before?.done).finally(() => pending--)
    last.set(page, { due, done })
    await done
    for (const metadata of echoes) deps.onEcho(metadata)
  }

  async function pass(request: IncomingMessage, body: Buffer, due: number, before = Promise.resolve()) {
    await before
    await wait(Math.max(0, due - Date.now()))
    while (!closing.signal.aborted && !(await post(request, body))) await wait(100)
  }

  async function post(request: IncomingMessage, body: Buffer): Promise<boolean> {
    try {
      const response = await fetch(deps.webhookUrl, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-hub-signature-256': String(request.headers['x-hub-signature-256']),
        },
        body: new Uint8Array(body),
        signal: AbortSignal.timeout(5000),
      })
      await response.body?.cancel()
      return response.status === 200
    } catch {
      return false
    }
  }

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${addressOf(server)}`,
    delay: (reply, ms) => void late.set(reply, ms),
    pending: () => pending,
    close() {
      closing.abort()
      server.close()
      server.closeAllConnections()
    },
  }
}
