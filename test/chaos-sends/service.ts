import { setTimeout as wait } from 'node:timers/promises'
import type { ReplyRecord } from '../../src/domain/reply.ts'
import { replyId } from '../../src/routing/accept-reply.ts'

/** The REST API, as a helpdesk uses it. */
export interface Service {
  /** The id that a reply will get: it follows from the key. */
  idOf(key: string): string
  /** Resolves when it is accepted. */
  reply(conversationId: string, key: string, body: object): Promise<void>
  record(id: string): Promise<ReplyRecord>
  deadLetters(): Promise<{ kind: string; code: string; conversationId: string | null }[]>
}

export const apiKey = { id: 'desk', key: 'chaos-sends-api-key-0123456789abcdef0123' }

export function service(url: string): Service {
  async function call(method: string, path: string, body?: object, headers = {}): Promise<unknown> {
    for (let tries = 1; ; tries++) {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${apiKey.key}`,
          ...(body && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(10_000),
      })
      const text = await response.text()
      if (response.ok) return JSON.parse(text)
      // Busy, or not sure of its Redis for a moment: it says so, and asking again under the same key is safe.
      if (tries === 5 || ![429, 503].includes(response.status)) {
        throw new Error(`${method} ${path} was answered ${response.status}: ${text}`)
      }
      await wait(200 * tries)
    }
  }

  return {
    idOf: (key) => replyId(JSON.stringify([apiKey.id, key])),
    async reply(conversationId, key, body) {
      const path = `/v1/conversations/${encodeURIComponent(conversationId)}/replies`
      await call('POST', path, body, { 'idempotency-key': key })
    },
    record: async (id) => (await call('GET', `/v1/replies/${id}`)) as ReplyRecord,
    async deadLetters() {
      const { deadLetters } = (await call('GET', '/v1/dead-letters?limit=200')) as {
        deadLetters: { kind: string; code: string; conversationId: string | null }[]
      }
      return deadLetters
    },
  }
}
