import type { Redis } from 'ioredis'
import { pipelineResults } from '../domain/pipeline-results.ts'
import { ownWriteKey, writtenKey } from './record-keys.ts'

/** Longer than any helpdesk tells of the same message again, ms. */
const keptMs = 72 * 3_600_000
/** So long it is known where a message stands, should the customer take it back, ms. */
const placedMs = 30 * 86_400_000

/** Where what was said stands in a helpdesk. */
export interface WrittenPlace {
  eventId: string
  ticket: string
  message: string
  /** The idempotency key under which it was written. */
  key: string
}

/** What we wrote into helpdesks, by their ids of it: it comes back to us as if somebody there had said it. */
export interface OwnWrites {
  /** With `place` it is found again by its event. Idempotent. */
  keep(
    helpdesk: string,
    message: string,
    place?: Omit<WrittenPlace, 'message'> & { conversationId: string },
  ): Promise<void>
  isOurs(helpdesk: string, message: string): Promise<boolean>
  /** Those that are known, in the order of the events. */
  places(helpdesk: string, conversationId: string, eventIds: readonly string[]): Promise<WrittenPlace[]>
}

export function ownWrites(
  redis: Redis,
  { prefix, conversationMs = placedMs }: { prefix: string; conversationMs?: number },
): OwnWrites {
  const ttlMs = Math.min(placedMs, conversationMs)

  async function keep(...[helpdesk, message, place]: Parameters<OwnWrites['keep']>): Promise<void> {
    const own = ownWriteKey(prefix, helpdesk, message)
    if (place === undefined) {
      await redis.set(own, '1', 'PX', keptMs)
      return
    }
    const { eventId, conversationId, ticket, key } = place
    const written = writtenKey(prefix, helpdesk, eventId, conversationId)
    // The key is the event's id as a rule.
    const where = JSON.stringify([ticket, message, ...(key === eventId ? [] : [key])])
    const writes = redis.pipeline().set(own, '1', 'PX', keptMs).set(written, where, 'PX', ttlMs)
    pipelineResults(await writes.exec())
  }

  async function places(
    ...[helpdesk, conversationId, eventIds]: Parameters<OwnWrites['places']>
  ): Promise<WrittenPlace[]> {
    if (eventIds.length === 0) return []
    const keys = eventIds.map((eventId) => writtenKey(prefix, helpdesk, eventId, conversationId))
    const found = await redis.mget(...keys)
    return eventIds.flatMap((eventId, at) => {
      const where = found[at]
      if (typeof where !== 'string') return []
      const [ticket = '', message = '', key = eventId] = JSON.parse(where) as string[]
      return [{ eventId, ticket, message, key }]
    })
  }

  return {
    keep,
    places,
    isOurs: async (helpdesk, message) => (await redis.exists(ownWriteKey(prefix, helpdesk, message))) === 1,
  }
}
