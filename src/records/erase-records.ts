import type { Redis } from 'ioredis'
import { parseConversationId } from '../domain/conversation.ts'
import { replyKey, ticketKeyPrefix, timelineKey, timelineTextsKey } from './record-keys.ts'

export interface ErasedRecords {
  replies: number
  /** Everything else that bore the conversation in its name. */
  records: number
}

export interface RecordErasure {
  /**
   * Erases what is kept under the name of these conversations, and the records of what was said in them. `except` names
   * keys that stay. Looks at every key there is, as the rewriting of the files that follows does, too: no index of
   * replies by conversation has to be kept for everybody, all the time, and a record of a later version is found as well.
   * Idempotent.
   */
  erase(conversationIds: readonly string[], except?: readonly string[]): Promise<ErasedRecords>
}

/** Longer than the echo of a message that was just sent may take, ms. Meta redelivers for up to 36 hours. */
const mournMs = 72 * 3_600_000

// What is left of a reply is that it is erased: a holder that is late, or an echo, must not note its fate again.
const eraseReplies = `#!lua flags=allow-oom
local wanted, erased = {}, 0
for i = 2, #ARGV do wanted[ARGV[i]] = true end
for _, key in ipairs(KEYS) do
  local id, to = unpack(redis.call('HMGET', key, 'conversationId', 'to'))
  if (id and wanted[id]) or (to and wanted[to]) then
    redis.call('DEL', key)
    redis.call('HSET', key, 'erased', 1)
    redis.call('PEXPIRE', key, ARGV[1])
    erased = erased + 1
  end
end
return erased`

// Of tickets that were followed up nothing else knows any more whose they were.
const eraseTickets = `#!lua flags=allow-oom
local wanted = {}
for _, id in ipairs(ARGV) do wanted[id] = true end
for _, key in ipairs(KEYS) do
  local id = redis.call('GET', key)
  if id and wanted[id] then redis.call('DEL', key) end
end`

// Of a thread that several people write in only what they said themselves goes.
const eraseAuthors = `#!lua flags=allow-oom
for i = 1, #KEYS, 2 do
  local texts = redis.call('HGETALL', KEYS[i + 1])
  for j = 2, #texts, 2 do
    for _, author in ipairs(ARGV) do
      if string.find(texts[j], author, 1, true) then
        redis.call('HDEL', KEYS[i + 1], texts[j - 1])
        redis.call('ZREM', KEYS[i], texts[j - 1])
      end
    end
  end
end`

/** Timelines that one script looks through: others must not wait for long. */
const timelinesAtOnce = 20

/** Keys that one look answers, and that one script works on. */
const keysAtOnce = 1000

export function recordErasure(redis: Redis, { prefix }: { prefix: string }): RecordErasure {
  // The lanes' own keys begin with a hash tag; whoever seized the lanes has emptied them.
  const isLanes = (key: string) => key.startsWith(`${prefix}:{`)
  const isReply = (key: string) => key.startsWith(replyKey(prefix, ''))
  const isTicket = (key: string) => key.startsWith(ticketKeyPrefix(prefix))

  /** In JSON nobody else's words can look like this. */
  async function eraseFromThreads(found: string[], ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const { pageId, psid } = parseConversationId(id) ?? { psid: null }
      if (psid === null) continue
      const beginning = timelineTextsKey(prefix, `${pageId}:`)
      const threads = found
        .filter((key) => key.startsWith(beginning))
        .map((key) => key.slice(timelineTextsKey(prefix, '').length))
        .filter((thread) => parseConversationId(thread)?.psid === null)
      for (let at = 0; at < threads.length; at += timelinesAtOnce) {
        const some = threads.slice(at, at + timelinesAtOnce)
        const keys = some.flatMap((one) => [timelineKey(prefix, one), timelineTextsKey(prefix, one)])
        await redis.eval(eraseAuthors, keys.length, ...keys, `"author":${JSON.stringify(psid)}`)
      }
    }
  }

  return {
    async erase(ids, except = []) {
      const endings = ids.map((id) => `:${id}`)
      const erased: ErasedRecords = { replies: 0, records: 0 }
      for await (const keys of redis.scanStream({ match: `${prefix}:*`, count: keysAtOnce })) {
        const found = keys as string[]
        const replies = found.filter(isReply)
        const named = found.filter(
          (key) =>
            !isLanes(key) &&
            !isTicket(key) &&
            !except.includes(key) &&
            endings.some((ending) => key.endsWith(ending)),
        )
        const tickets = found.filter(isTicket)
        if (tickets.length > 0) await redis.eval(eraseTickets, tickets.length, ...tickets, ...ids)
        await eraseFromThreads(found, ids)
        if (named.length > 0) erased.records += await redis.unlink(...named)
        if (replies.length > 0) {
          const keysAndIds = [...replies, mournMs, ...ids]
          erased.replies += Number(await redis.eval(eraseReplies, replies.length, ...keysAndIds))
        }
      }
      return erased
    },
  }
}
