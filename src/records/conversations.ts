import type { Redis } from 'ioredis'
import { pipelineResults } from '../domain/pipeline-results.ts'
import type { DomainEvent } from '../domain/event.ts'
import { conversationKey } from './record-keys.ts'
import type { RecordSettings } from './record-keys.ts'

export interface ConversationRecord {
  /** ms since the epoch, by Meta's clock. */
  lastEventAt: number
  /** When the person last wrote or tapped; null when they never did as far as we know. */
  lastCustomerAt: number | null
}

export interface Conversations {
  /** Notes the newest event of each conversation, in one round trip. Idempotent. */
  note(events: DomainEvent[]): Promise<void>
  get(id: string): Promise<ConversationRecord | undefined>
  /** Where a helpdesk keeps this conversation, as its adapter named it. */
  ticket(id: string, helpdesk: string): Promise<string | undefined>
  keepTicket(id: string, helpdesk: string, ticket: string): Promise<void>
}

export function conversations(redis: Redis, settings: RecordSettings): Conversations {
  const keyOf = (id: string) => conversationKey(settings.prefix, id)

  async function note(events: DomainEvent[]): Promise<void> {
    const newest = new Map<string, Record<string, number>>()
    for (const event of events) {
      const fields = newest.get(event.conversationId) ?? {}
      fields['lastEventAt'] = event.timestamp
      if (event.kind !== 'unknown' && !event.standby) fields['lastCustomerAt'] = event.timestamp
      newest.set(event.conversationId, fields)
    }
    const pipeline = redis.pipeline()
    for (const [id, fields] of newest) {
      pipeline.hset(keyOf(id), fields)
      pipeline.pexpire(keyOf(id), settings.conversationMs)
    }
    pipelineResults(await pipeline.exec())
  }

  async function get(id: string): Promise<ConversationRecord | undefined> {
    const [lastEventAt, lastCustomerAt] = await redis.hmget(keyOf(id), 'lastEventAt', 'lastCustomerAt')
    if (lastEventAt == null) return undefined
    return {
      lastEventAt: Number(lastEventAt),
      lastCustomerAt: lastCustomerAt == null ? null : Number(lastCustomerAt),
    }
  }

  async function ticket(id: string, helpdesk: string): Promise<string | undefined> {
    return (await redis.hget(keyOf(id), `ticket:${helpdesk}`)) ?? undefined
  }

  async function keepTicket(id: string, helpdesk: string, ref: string): Promise<void> {
    await redis.hset(keyOf(id), `ticket:${helpdesk}`, ref)
  }

  return { note, get, ticket, keepTicket }
}
