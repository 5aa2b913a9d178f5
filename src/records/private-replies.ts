import type { Redis } from 'ioredis'
import { pipelineResults } from '../domain/pipeline-results.ts'
import type { CommentRef } from './comments.ts'
import { linkKey, privateInKey, privateReplyKey, replyKey } from './record-keys.ts'
import type { RecordSettings } from './record-keys.ts'

/** The thread that a person's conversation goes on from. */
export interface Link {
  /** The conversation of the comment. */
  comment: string
  commentId: string
  /** What we wrote. */
  text: string
  replyId: string
}

export interface PrivateReplies {
  /** The reply that is the comment's only private one; null while it has none. */
  of(ref: CommentRef): Promise<string | null>
  /** Makes it this comment's only private reply, unless there is one: answers which it is. */
  claim(ref: CommentRef, replyId: string): Promise<string>
  /** It was certainly not sent, so another may be. */
  release(ref: CommentRef, replyId: string): Promise<void>
  /** The person's conversation goes on from a comment. `isTold`: the helpdesk shows it there already. Idempotent. */
  link(conversationId: string, link: Link, isTold: boolean): Promise<void>
  /** What is to be shown in the person's conversation, together with this event and no other one. */
  toTell(conversationId: string, eventId: string): Promise<Link | undefined>
  /** Where a conversation goes on, or where it comes from. */
  linkedTo(conversationId: string): Promise<string | null>
}

/** A comment can be answered in private for seven days after it was written. */
const claimMs = 9 * 86_400_000

// Only who holds it may let go of it.
const letGo = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end`

// Told by the event that asks first; to that one it is told as often as it asks.
const takeTelling = `
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
redis.call('HSETNX', KEYS[1], 'toldBy', ARGV[1])
if redis.call('HGET', KEYS[1], 'toldBy') ~= ARGV[1] then return false end
return redis.call('HGETALL', KEYS[1])`

export function privateReplies(redis: Redis, { prefix, conversationMs }: RecordSettings): PrivateReplies {
  const keyOf = ({ pageId, commentId }: CommentRef) => privateReplyKey(prefix, pageId, commentId)

  async function link(conversationId: string, made: Link, isTold: boolean): Promise<void> {
    const key = linkKey(prefix, conversationId)
    const [known, toldBy] = await redis.hmget(key, 'replyId', 'toldBy')
    const told = isTold ? made.replyId : known === made.replyId ? toldBy : null
    const writing = redis
      .multi()
      .del(key)
      .hset(key, { ...made, ...(told == null ? {} : { toldBy: told }) })
      .pexpire(key, conversationMs)
      .set(privateInKey(prefix, made.comment), made.replyId, 'PX', conversationMs)
    pipelineResults(await writing.exec())
  }

  async function toTell(conversationId: string, eventId: string): Promise<Link | undefined> {
    const found = await redis.eval(takeTelling, 1, linkKey(prefix, conversationId), eventId)
    if (!Array.isArray(found)) return undefined
    const fields = new Map<string, string>()
    for (let at = 0; at < found.length; at += 2) fields.set(String(found[at]), String(found[at + 1]))
    const [comment = '', commentId = '', text = '', replyId = ''] = [
      'comment',
      'commentId',
      'text',
      'replyId',
    ].map((name) => fields.get(name))
    return { comment, commentId, text, replyId }
  }

  async function linkedTo(conversationId: string): Promise<string | null> {
    const [from, replyId] = await Promise.all([
      redis.hget(linkKey(prefix, conversationId), 'comment'),
      redis.get(privateInKey(prefix, conversationId)),
    ])
    // Who that is stands with the reply alone, which is erased with the person.
    return from ?? (replyId === null ? null : redis.hget(replyKey(prefix, replyId), 'to'))
  }

  return {
    of: (ref) => redis.get(keyOf(ref)),
    async claim(ref, replyId) {
      const claiming = redis.multi().set(keyOf(ref), replyId, 'PX', claimMs, 'NX').get(keyOf(ref))
      return String(pipelineResults(await claiming.exec()).at(-1))
    },
    release: async (ref, replyId) => void (await redis.eval(letGo, 1, keyOf(ref), replyId)),
    link,
    toTell,
    linkedTo,
  }
}
