import type { Redis } from 'ioredis'
import type { DomainEvent } from '../domain/event.ts'
import { conversationKey, ticketKeyPrefix } from './record-keys.ts'
import type { RecordSettings } from './record-keys.ts'
import { ticketRecords } from './ticket-records.ts'
import type { TicketRecords, TicketSettings } from './ticket-records.ts'

export interface ConversationRecord {
  /** ms since the epoch, by Meta's clock. */
  lastEventAt: number
  /** When the person last did what opens Meta's window; null when they never did as far as we know. */
  lastCustomerAt: number | null
  /** When the person wrote out of an ad, which may open a longer window; null when they never did. */
  adMessageAt: number | null
  /** When a human last answered elsewhere, or another app got the conversation; null when none did. */
  humanElsewhereAt: number | null
}

export interface Conversations extends TicketRecords {
  /** Notes the newest event of each conversation, in one round trip. Idempotent. */
  note(events: DomainEvent[]): Promise<void>
  get(id: string): Promise<ConversationRecord | undefined>
  /** The ad that the person came by opened no longer window. */
  forgetAd(id: string): Promise<void>
}

// One script for a whole batch, and not one command per conversation: the text alone is longer than what it notes.
// A redelivery may be a day old: times only ever move forward. The keys that lead from its tickets to a conversation live
// as long as it does; their names follow from the hash, so they are no KEYS: records are not laid out for a cluster.
const noteNewest = `
local fields = { 'lastEventAt', 'lastCustomerAt', 'adMessageAt', 'humanElsewhereAt' }
for i, key in ipairs(KEYS) do
  local was, all = {}, redis.call('HGETALL', key)
  for j = 1, #all, 2 do
    was[all[j]] = all[j + 1]
    local helpdesk = string.match(all[j], '^ticket:(.*)$')
    if helpdesk then
      local id = string.match(all[j + 1], '^%S*')
      redis.call('PEXPIRE', ARGV[2] .. helpdesk .. ':' .. id, ARGV[1])
    end
  end
  for j, field in ipairs(fields) do
    local at = ARGV[#fields * (i - 1) + 2 + j]
    if tonumber(at) > (tonumber(was[field]) or 0) then redis.call('HSET', key, field, at) end
  end
  redis.call('PEXPIRE', key, ARGV[1])
end`

export interface ConversationSettings extends RecordSettings, TicketSettings {
  /** Which events open Meta's window: a rule of Meta's, which records do not know. */
  windowOpening: (event: DomainEvent) => 'standard' | 'ad' | null
  /** Which events say that somebody answers elsewhere. Without it none does. */
  answeredElsewhere?: (event: DomainEvent) => boolean
}

export function conversations(redis: Redis, settings: ConversationSettings): Conversations {
  const keyOf = (id: string) => conversationKey(settings.prefix, id)

  async function note(events: DomainEvent[]): Promise<void> {
    const newest = new Map<string, [event: number, customer: number, ad: number, elsewhere: number]>()
    for (const event of events) {
      const [last, customer, ad, elsewhere] = newest.get(event.conversationId) ?? [0, 0, 0, 0]
      const opens = settings.windowOpening(event)
      newest.set(event.conversationId, [
        Math.max(last, event.timestamp),
        opens === null ? customer : Math.max(customer, event.timestamp),
        opens === 'ad' ? Math.max(ad, event.timestamp) : ad,
        settings.answeredElsewhere?.(event) ? Math.max(elsewhere, event.timestamp) : elsewhere,
      ])
    }
    const keys = Array.from(newest.keys(), keyOf)
    await redis.eval(
      noteNewest,
      keys.length,
      ...keys,
      settings.conversationMs,
      ticketKeyPrefix(settings.prefix),
      ...[...newest.values()].flat(),
    )
  }

  async function get(id: string): Promise<ConversationRecord | undefined> {
    const key = keyOf(id)
    const [lastEventAt, ...times] = await redis.hmget(
      key,
      'lastEventAt',
      'lastCustomerAt',
      'adMessageAt',
      'humanElsewhereAt',
    )
    if (lastEventAt == null) return undefined
    const [lastCustomerAt, adMessageAt, humanElsewhereAt] = times.map((at) =>
      at == null ? null : Number(at),
    )
    return {
      lastEventAt: Number(lastEventAt),
      lastCustomerAt: lastCustomerAt ?? null,
      adMessageAt: adMessageAt ?? null,
      humanElsewhereAt: humanElsewhereAt ?? null,
    }
  }

  return {
    ...ticketRecords(redis, settings, keyOf),
    note,
    get,
    forgetAd: async (id) => void (await redis.hdel(keyOf(id), 'adMessageAt')),
  }
}
