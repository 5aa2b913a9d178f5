import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { Webhook } from 'standardwebhooks'

export const helpdeskSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

export interface ReceivedEvent {
  webhookId: string
  body: { type: string; timestamp: string; data: { event: Record<string, unknown>; conversation: object } }
}

/** A receiver of the webhook adapter that checks the signature of all it gets. `answers` are used up first, then 200. */
export async function startHelpdesk(answers: number[] = []) {
  const received: ReceivedEvent[] = []
  const watchers = new Set<() => void>()
  const verifier = new Webhook(helpdeskSecret)
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const headers = request.headers as Record<string, string>
      const body = verifier.verify(Buffer.concat(chunks), headers) as ReceivedEvent['body']
      received.push({ webhookId: headers['webhook-id']!, body })
      response.writeHead(answers.shift() ?? 200).end()
      for (const watch of watchers) watch()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
    received,
    settings(this: { url: string }) {
      return { adapter: 'webhook', url: this.url, secret: helpdeskSecret, allowPrivateNetwork: true }
    },
    /** Resolves when this many requests came. */
    async count(wanted: number): Promise<ReceivedEvent[]> {
      const { promise, resolve } = Promise.withResolvers<void>()
      const watch = () => {
        if (received.length >= wanted) resolve()
      }
      watchers.add(watch)
      watch()
      await promise
      watchers.delete(watch)
      return received
    },
  }
}
