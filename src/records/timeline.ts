import type { Redis } from 'ioredis'
import { timelineKey, timelineTextsKey } from './record-keys.ts'
import type { RecordSettings } from './record-keys.ts'

/** One thing that happened with a customer. */
export interface TimelineEntry {
  /** Of the event, the reply or what became of a ticket: what is told twice is there once. */
  id: string
  conversationId: string
  /** ms since the epoch. */
  at: number
  /** Of the event, or one of `reply`, `notification`, `receipt`, `private_reply`, `comment_hidden`, `ticket_opened` … */
  kind: string
  by: 'customer' | 'agent' | 'bot' | 'system'
  text?: string
  /** Who it was, where that is known beside `by`. */
  name?: string
  ticket?: { helpdesk: string; id: string }
  /** Of replies, whose records know what became of them. */
  replyId?: string
  /** Of labels that were put on the person, or taken off. */
  label?: { name: string; isOn: boolean }
  /** Meta's id of whoever wrote it in public, so that it can be erased with them. */
  author?: string
  /** It was taken back: what it said is not kept. */
  removed?: true
}

export interface Timeline {
  /** One command for all of them. Idempotent: what is there stays as it is. */
  add(entries: TimelineEntry[]): Promise<void>
  /** What these entries said is kept no longer, only that something was said. Idempotent. */
  takeBack(conversationId: string, entryIds: readonly string[]): Promise<void>
  /** The newest of these conversations, before the cursor, in order; `before` leads to those before them. */
  page(
    ids: string[],
    wanted: { limit: number; before?: string | undefined },
  ): Promise<{ entries: TimelineEntry[]; before: string | null }>
  /** What is known of one conversation, newest first. */
  all(id: string): Promise<TimelineEntry[]>
}

/** So many entries of one conversation are kept, the newest. */
export const keptEntries = 500
/** So much is kept of what was said, characters. */
const longestText = 1000

// For each entry its number among the conversations, its id, its time and what it says. One script for a whole batch.
const addAll = `
local ttl, most = ARGV[1], tonumber(ARGV[2])
for i = 3, #ARGV, 4 do
  local order, texts = KEYS[2 * ARGV[i] - 1], KEYS[2 * ARGV[i]]
  if redis.call('HSETNX', texts, ARGV[i + 1], ARGV[i + 3]) == 1 then
    redis.call('ZADD', order, ARGV[i + 2], ARGV[i + 1])
  end
end
for i = 1, #KEYS, 2 do
  local over = redis.call('ZCARD', KEYS[i]) - most
  if over > 0 then
    local gone = redis.call('ZPOPMIN', KEYS[i], over)
    for j = 1, #gone, 2 do redis.call('HDEL', KEYS[i + 1], gone[j]) end
  end
  redis.call('PEXPIRE', KEYS[i], ttl)
  redis.call('PEXPIRE', KEYS[i + 1], ttl)
end`

/** What was erased since it was read must not come back. */
const replaceEntry = `
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then redis.call('HSET', KEYS[1], ARGV[1], ARGV[3]) end`

/** The story of each conversation: what was said and done, by whom, across tickets. */
export function timeline(redis: Redis, { prefix, conversationMs }: RecordSettings): Timeline {
  async function add(entries: TimelineEntry[]): Promise<void> {
    if (entries.length === 0) return
    const ids = [...new Set(entries.map(({ conversationId }) => conversationId))]
    const numbers = new Map(ids.map((id, at) => [id, at + 1]))
    const keys = ids.flatMap((id) => [timelineKey(prefix, id), timelineTextsKey(prefix, id)])
    const args = entries.flatMap((entry) => [
      numbers.get(entry.conversationId)!,
      entry.id,
      entry.at,
      JSON.stringify(shortened(entry)),
    ])
    await redis.eval(addAll, keys.length, ...keys, conversationMs, keptEntries, ...args)
  }

  async function takeBack(conversationId: string, entryIds: readonly string[]): Promise<void> {
    if (entryIds.length === 0) return
    const key = timelineTextsKey(prefix, conversationId)
    const found = await redis.hmget(key, ...entryIds)
    for (const [at, told] of found.entries()) {
      if (told === null) continue
      const { text: _text, ...rest } = JSON.parse(told) as TimelineEntry
      const emptied = JSON.stringify({ ...rest, removed: true })
      await redis.eval(replaceEntry, 1, key, entryIds[at]!, told, emptied)
    }
  }

  async function all(id: string): Promise<TimelineEntry[]> {
    const texts = await redis.hvals(timelineTextsKey(prefix, id))
    return texts.map((text) => JSON.parse(text) as TimelineEntry).toSorted(newestFirst)
  }

  async function page(ids: string[], { limit, before }: Parameters<Timeline['page']>[1]) {
    const found = mergeOnes((await Promise.all([...new Set(ids)].map(all))).flat())
    const edge = before === undefined ? undefined : readCursor(before)
    const older = found
      .toSorted(newestFirst)
      .filter((one) => edge === undefined || newestFirst(edge, one) < 0)
    const entries = older.slice(0, limit)
    const last = entries.at(-1)
    const isMore = older.length > limit && last !== undefined
    return { entries: entries.toReversed(), before: isMore ? writeCursor(last) : null }
  }

  return { add, takeBack, page, all }
}

/** What stands in two conversations is told once, by the one that says more. */
function mergeOnes(entries: TimelineEntry[]): TimelineEntry[] {
  const merged = new Map<string, TimelineEntry>()
  for (const one of entries) {
    if (merged.get(one.id)?.text === undefined) merged.set(one.id, one)
  }
  return [...merged.values()]
}

function shortened(entry: TimelineEntry): TimelineEntry {
  const { text } = entry
  if (text === undefined || text.length <= longestText) return entry
  return { ...entry, text: `${text.slice(0, longestText)}…` }
}

type Place = Pick<TimelineEntry, 'at' | 'id'>

/** Those of the same moment in an order that is the same every time, too. */
function newestFirst(one: Place, other: Place): number {
  return other.at - one.at || (one.id < other.id ? 1 : one.id > other.id ? -1 : 0)
}

function writeCursor({ at, id }: Place): string {
  return Buffer.from(`${at} ${id}`).toString('base64url')
}

/** A cursor that none of ours is leads to nothing. */
function readCursor(cursor: string): Place {
  const [, at, id] = /^(\d+) (.*)$/s.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  return { at: Number(at ?? 0), id: id ?? '' }
}
