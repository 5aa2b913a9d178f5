import type { Redis } from 'ioredis'
import { ticketKey, ticketKeyPrefix } from './record-keys.ts'
import type { TimelineEntry } from './timeline.ts'

/** `gone`: it was deleted. What nobody has told of is open. */
export type TicketStatus = 'open' | 'solved' | 'closed' | 'gone'

export interface TicketState {
  /** As the adapter named it. */
  ticket: string
  status: TicketStatus
  /** When it came to that, ms; 0 when nobody told. */
  since: number
}

export interface TicketRecords {
  /** Where a helpdesk keeps this conversation, as its adapter named it. */
  ticket(id: string, helpdesk: string): Promise<string | undefined>
  ticketState(id: string, helpdesk: string): Promise<TicketState | undefined>
  /** Whose ticket this is or was, by the id that callbacks call it; undefined when it is none of ours. */
  conversationOf(helpdesk: string, ticketId: string): Promise<string | undefined>
  /**
   * A ticket that is another than the one before is open, and that one goes to the earlier ones. `at`, ms, is when it was
   * opened. Idempotent.
   */
  keepTicket(id: string, helpdesk: string, ticket: string, at?: number): Promise<void>
  /**
   * What became of a ticket, by the id that callbacks call it. Never backwards in time, and only of the current ticket:
   * false when it changed nothing. `at` is ms. Idempotent.
   */
  noteTicketStatus(
    id: string,
    helpdesk: string,
    ticketId: string,
    status: TicketStatus,
    at: number,
  ): Promise<boolean>
  /** The tickets before the current one, newest first. */
  earlierTickets(id: string, helpdesk: string): Promise<TicketState[]>
  /** Where helpdesks keep this conversation. */
  tickets(id: string): Promise<{ helpdesk: string; ticket: string }[]>
  /** The same, with the tickets that were before. */
  allTickets(id: string): Promise<{ helpdesk: string; ticket: string }[]>
  /** The next event opens a new ticket, which knows of none before it. */
  forgetTickets(id: string): Promise<void>
}

/** So many tickets before the current one are remembered. */
const keptEarlier = 20

// A status is `<status> <since>`. What is gone is of no use to anybody any more.
const keep = `
local key, ticket, status, earlier = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local ref, most, ttl = ARGV[4], tonumber(ARGV[5]), ARGV[6]
local was = redis.call('HGET', key, ticket)
if was and was ~= ref then
  local state, since = (redis.call('HGET', key, status) or 'open 0'):match('^(%S+) (%S+)$')
  local list = {}
  if state ~= 'gone' then list[1] = { ticket = was, status = state, since = tonumber(since) } end
  for _, one in ipairs(cjson.decode(redis.call('HGET', key, earlier) or '[]')) do
    if #list < most and one.ticket ~= ref and one.ticket ~= was then list[#list + 1] = one end
  end
  if #list > 0 then redis.call('HSET', key, earlier, cjson.encode(list)) end
end
if was ~= ref then
  redis.call('HSET', key, ticket, ref)
  redis.call('HDEL', key, status)
end
redis.call('SET', KEYS[2], ARGV[7], 'PX', ttl)
redis.call('PEXPIRE', key, ttl)`

const noteStatus = `
local key, ticket, field = KEYS[1], ARGV[1], ARGV[2]
local id, status, at = ARGV[3], ARGV[4], ARGV[5]
local ref = redis.call('HGET', key, ticket)
if not ref or ref:match('^%S+') ~= id then return 0 end
local was, since = (redis.call('HGET', key, field) or 'open 0'):match('^(%S+) (%S+)$')
if was == status then return since == at and 1 or 0 end
if tonumber(at) < tonumber(since) then return 0 end
redis.call('HSET', key, field, status .. ' ' .. at)
return 2`

// The names of the tickets' keys follow from the hash, so they are no KEYS: records are not laid out for a cluster.
const forget = `
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local helpdesk = all[i]:match('^ticket:(.*)$')
  if helpdesk then redis.call('DEL', ARGV[1] .. helpdesk .. ':' .. all[i + 1]:match('^%S*')) end
  if helpdesk or all[i]:match('^ticketStatus:') or all[i]:match('^earlierTickets:') then
    redis.call('HDEL', KEYS[1], all[i])
  end
end`

export interface TicketSettings {
  prefix: string
  /** ms */
  conversationMs: number
  /** Takes what became of tickets for the story of their customers. Without it nobody is told. */
  tellStory?: ((entries: TimelineEntry[]) => Promise<void>) | undefined
}

/** Which tickets a conversation has, in the hash that is its record. */
export function ticketRecords(
  redis: Redis,
  { prefix, conversationMs, tellStory }: TicketSettings,
  keyOf: (id: string) => string,
): TicketRecords {
  async function ticketState(id: string, helpdesk: string): Promise<TicketState | undefined> {
    const [ticket, state] = await redis.hmget(keyOf(id), ticketField(helpdesk), statusField(helpdesk))
    if (ticket == null) return undefined
    const [status = 'open', since = 0] = state?.split(' ') ?? []
    return { ticket, status: status as TicketStatus, since: Number(since) }
  }

  async function keepTicket(id: string, helpdesk: string, ref: string, at = Date.now()): Promise<void> {
    const fields = [ticketField(helpdesk), statusField(helpdesk), earlierField(helpdesk)]
    const keys = [keyOf(id), ticketKey(prefix, helpdesk, ticketIdOf(ref))]
    await redis.eval(keep, keys.length, ...keys, ...fields, ref, keptEarlier, conversationMs, id)
    await tellStory?.([entry(id, helpdesk, ref, 'open', at)])
  }

  async function noteTicketStatus(
    ...[id, helpdesk, ticketId, status, at]: Parameters<TicketRecords['noteTicketStatus']>
  ): Promise<boolean> {
    const fields = [ticketField(helpdesk), statusField(helpdesk)]
    const noted = await redis.eval(noteStatus, 1, keyOf(id), ...fields, ticketId, status, at)
    if (noted === 0) return false
    // Told once more too: whoever noted it may have died before it was in the story.
    const told = entry(id, helpdesk, ticketId, status, at)
    const kind = status === 'open' ? 'ticket_reopened' : `ticket_${status}`
    await tellStory?.([{ ...told, id: `${told.id}:${at}`, kind }])
    return noted === 2
  }

  async function tickets(id: string) {
    const fields = Object.entries(await redis.hgetall(keyOf(id)))
    return fields.flatMap(([field, ticket]) =>
      named(field, ticketField(''), (helpdesk) => [{ helpdesk, ticket }]),
    )
  }

  async function allTickets(id: string) {
    const fields = Object.entries(await redis.hgetall(keyOf(id)))
    return fields.flatMap(([field, text]) => [
      ...named(field, ticketField(''), (helpdesk) => [{ helpdesk, ticket: text }]),
      ...named(field, earlierField(''), (helpdesk) =>
        readEarlier(text).map(({ ticket }) => ({ helpdesk, ticket })),
      ),
    ])
  }

  return {
    ticket: async (id, helpdesk) => (await redis.hget(keyOf(id), ticketField(helpdesk))) ?? undefined,
    ticketState,
    keepTicket,
    noteTicketStatus,
    earlierTickets: async (id, helpdesk) =>
      readEarlier((await redis.hget(keyOf(id), earlierField(helpdesk))) ?? '[]'),
    tickets,
    allTickets,
    forgetTickets: async (id) => void (await redis.eval(forget, 1, keyOf(id), ticketKeyPrefix(prefix))),
    conversationOf: async (helpdesk, ticketId) =>
      (await redis.get(ticketKey(prefix, helpdesk, ticketId))) ?? undefined,
  }
}

function entry(id: string, helpdesk: string, ref: string, status: string, at: number): TimelineEntry {
  const ticketId = ticketIdOf(ref)
  return {
    id: `ticket:${helpdesk}:${ticketId}:${status}`,
    conversationId: id,
    at,
    kind: 'ticket_opened',
    by: 'system',
    ticket: { helpdesk, id: ticketId },
  }
}

/** What callbacks call it: a TicketRef may hold more for its adapter behind a blank. */
export function ticketIdOf(ref: string): string {
  return /^\S*/.exec(ref)?.[0] ?? ref
}

function named<T>(field: string, beginning: string, of: (helpdesk: string) => T[]): T[] {
  return field.startsWith(beginning) ? of(field.slice(beginning.length)) : []
}

function readEarlier(text: string): TicketState[] {
  return JSON.parse(text) as TicketState[]
}

function ticketField(helpdesk: string): string {
  return `ticket:${helpdesk}`
}

function statusField(helpdesk: string): string {
  return `ticketStatus:${helpdesk}`
}

function earlierField(helpdesk: string): string {
  return `earlierTickets:${helpdesk}`
}
