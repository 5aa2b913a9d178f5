import type { Redis } from 'ioredis'
import { pipelineResults } from '../domain/pipeline-results.ts'
import type { Reply, ReplyFailure, ReplyPart, ReplyRecord, ReplyStatus } from '../domain/reply.ts'
import { replyKey, sentKey } from './record-keys.ts'
import type { RecordSettings } from './record-keys.ts'

/** A part of a reply that Meta took. */
export interface SentPart {
  replyId: string
  part: number
  /** Null for what has none, such as typing. */
  mid: string | null
  /** Where it is. A private reply is in the person's conversation, though the comment's was where it was written. */
  conversationId: string
  /** When Meta took it, ms; by Meta's clock when an echo told it. */
  at: number
}

export interface Replies {
  /** Opens the record, once; answers the fingerprint of the request that opened it, which may be an earlier one. */
  open(reply: Reply, opened: { fingerprint: string; parts: number }): Promise<string>
  get(id: string): Promise<ReplyRecord | undefined>
  update(
    id: string,
    change: Partial<Pick<ReplyRecord, 'status' | 'possibleRepeat' | 'failure'>>,
  ): Promise<void>
  /**
   * Which parts are known to have reached Meta, and whether one may have, in an earlier life of this reply. `to`: the
   * conversation that it went to, where that is another than the one that it was written in.
   */
  sent(id: string): Promise<{ parts: ReadonlySet<number>; mayHaveBeenSent: boolean; to: string | null }>
  /** Meta's answer or echo proves that these were sent. Many at once, in one round trip; idempotent. */
  noteSent(parts: SentPart[], proof: 'answer' | 'echo'): Promise<void>
}

/** Nobody asks later than this what became of typing, ms; and agents type all day. */
const momentMs = 3_600_000

/** Receipts move so many of a conversation's newest messages; Meta tells of each soon, or never. */
const waitingForReceipt = 50

const keepOn = `redis.call('PEXPIRE', KEYS[1], redis.call('HEXISTS', KEYS[1], 'moment') == 1 and ARGV[2] or ARGV[1])`

// The first that is told stays: whoever is late has lost the lane, and somebody else sent it again. The echo knows Meta's
// own time; our answer's must not overwrite it. Of a reply that was erased nothing is noted any more.
const noteParts = `
local proof, most, ttl = ARGV[1], ARGV[2], ARGV[3]
for i = 1, #KEYS / 2 do
  local reply, sent = KEYS[2 * i - 1], KEYS[2 * i]
  local field, mid, member, at, place = unpack(ARGV, 5 * i - 1, 5 * i + 3)
  if redis.call('HEXISTS', reply, 'erased') == 0 then
    redis.call('HSETNX', reply, field, mid)
    local home = redis.call('HGET', reply, 'conversationId')
    if home and home ~= place then redis.call('HSET', reply, 'to', place) end
    if redis.call('HEXISTS', reply, 'moment') == 0 then redis.call('PEXPIRE', reply, ttl) end
    if member ~= '' then
      if proof == 'echo' then redis.call('ZADD', sent, at, member)
      else redis.call('ZADD', sent, 'NX', at, member) end
      redis.call('ZREMRANGEBYRANK', sent, 0, -1 - most)
      redis.call('PEXPIRE', sent, ttl)
    end
  end
end`

export function replies(redis: Redis, settings: RecordSettings): Replies {
  const { prefix, replyMs } = settings
  const keyOf = (id: string) => replyKey(prefix, id)

  async function open(reply: Reply, opened: { fingerprint: string; parts: number }): Promise<string> {
    const key = keyOf(reply.id)
    const opening = redis
      .multi()
      .hsetnx(key, 'fingerprint', opened.fingerprint)
      .hsetnx(key, 'conversationId', reply.conversationId)
      .hsetnx(key, 'status', 'queued')
      .hsetnx(key, 'parts', opened.parts)
    if (reply.source) opening.hsetnx(key, 'source', JSON.stringify(reply.source))
    if (isMoment(reply)) opening.hsetnx(key, 'moment', 1)
    opening.pexpire(key, isMoment(reply) ? momentMs : replyMs).hget(key, 'fingerprint')
    return String(pipelineResults(await opening.exec()).at(-1))
  }

  async function get(id: string): Promise<ReplyRecord | undefined> {
    const fields = await redis.hgetall(keyOf(id))
    return fields['conversationId'] === undefined ? undefined : readRecord(id, fields)
  }

  async function update(id: string, change: Parameters<Replies['update']>[1]): Promise<void> {
    const fields: Record<string, string> = {}
    if (change.status !== undefined) fields['status'] = change.status
    if (change.possibleRepeat !== undefined) fields['possibleRepeat'] = String(change.possibleRepeat)
    // Whatever it is now, it is no longer what it failed of before.
    fields['failure'] = change.failure ? JSON.stringify(change.failure) : ''
    const key = keyOf(id)
    pipelineResults(await redis.multi().hset(key, fields).eval(keepOn, 1, key, replyMs, momentMs).exec())
  }

  async function sent(id: string) {
    const fields = await redis.hgetall(keyOf(id))
    const parts = new Set(
      Object.keys(fields).flatMap((field) => /^(?:mid|echo):(\d+)$/.exec(field)?.[1] ?? []),
    )
    return {
      parts: new Set([...parts].map(Number)),
      mayHaveBeenSent: fields['possibleRepeat'] === 'true',
      to: fields['to'] ?? null,
    }
  }

  async function noteSent(parts: SentPart[], proof: 'answer' | 'echo'): Promise<void> {
    if (parts.length === 0) return
    const keys = parts.flatMap(({ replyId, conversationId }) => [
      keyOf(replyId),
      sentKey(prefix, conversationId),
    ])
    const args = parts.flatMap(({ replyId, part, mid, conversationId, at }) => [
      `${proof === 'echo' ? 'echo' : 'mid'}:${part}`,
      mid ?? '',
      mid === null ? '' : `${replyId}|${part}|${mid}`,
      at,
      conversationId,
    ])
    await redis.eval(noteParts, keys.length, ...keys, proof, waitingForReceipt, replyMs, ...args)
  }

  return { open, get, update, sent, noteSent }
}

/** What shows for a moment that somebody is there. */
function isMoment({ message }: Reply): boolean {
  return message.typing !== undefined || message.seen === true
}

export function readRecord(id: string, fields: Record<string, string>): ReplyRecord {
  const count = Number(fields['parts'] ?? 1)
  const failed = fields['failure'] !== undefined && fields['failure'] !== ''
  const noted = fields['status'] as ReplyStatus
  const parts = Array.from({ length: count }, (_, part): ReplyPart => {
    const mid = fields[`echo:${part}`] ?? fields[`mid:${part}`]
    if (mid === undefined)
      return { mid: null, status: failed ? 'failed' : noted === 'sent' ? 'queued' : noted }
    return { mid: mid === '' ? null : mid, status: (fields[`state:${part}`] as ReplyStatus) ?? 'sent' }
  })
  // An answer or echo proves that a part was sent, whatever we had come to believe of the whole.
  const isSent = parts.every((part) => replySteps.indexOf(part.status) >= replySteps.indexOf('sent'))
  const least = replySteps.find((status) => parts.some((part) => part.status === status))
  return {
    id,
    conversationId: fields['conversationId'] ?? '',
    status: isSent ? least! : failed ? 'failed' : noted === 'sent' ? 'sending' : noted,
    possibleRepeat: fields['possibleRepeat'] === 'true',
    parts,
    ...(isSent || !failed ? {} : { failure: JSON.parse(fields['failure']!) as ReplyFailure }),
  }
}

/** How far a reply is; `failed` stands beside it. */
export const replySteps: readonly ReplyStatus[] = ['queued', 'sending', 'sent', 'delivered', 'read']
