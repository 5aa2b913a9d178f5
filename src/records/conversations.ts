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

// One script for a whole batch, and not one command per conversation: the text alone is longer than what it notes.
// A redelivery may be a day old: times only ever move forward.
const noteNewest = `
local fields = { 'lastEventAt', 'lastCustomerAt' }
for i, key in ipairs(KEYS) do
  local was = redis.call('HMGET', key, fields[1], fields[2])
  for j, field in ipairs(fields) do
    local at = ARGV[2 * i - 1 + j]
    if tonumber(at) > (tonumber(was[j]) or 0) then redis.call('HSET', key, field, at) end
  end
  redis.call('PEXPIRE', key, ARGV[1])
end`

export function conversations(redis: Redis, settings: RecordSettings): Conversations {
  const keyOf = (id: string) => conversationKey(settings.prefix, id)

  async function note(events: DomainEvent[]): Promise<void> {
    const newest = new Map<string, [event: number, customer: number]>()
    for (const event of events) {
      const [lastEvent, lastCustomer] = newest.get(event.conversationId) ?? [0, 0]
      const isCustomer = event.kind !== 'unknown' && !event.standby
      const customer = isCustomer ? Math.max(lastCustomer, event.timestamp) : lastCustomer
      newest.set(event.conversationId, [Math.max(lastEvent, event.timestamp), customer])
    }
    const keys = Array.from(newest.keys(), keyOf)
    await redis.eval(
      noteNewest,
      keys.length,
      ...keys,
      settings.conversationMs,
      ...[...newest.values()].flat(),
    )
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
    const kept = redis
      .multi()
      .hset(keyOf(id), `ticket:${helpdesk}`, ref)
      .pexpire(keyOf(id), settings.conversationMs)
    pipelineResults(await kept.exec())
  }

  return { note, get, ticket, keepTicket }
}
