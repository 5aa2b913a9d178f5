import type { Redis } from 'ioredis'
import { pipelineResults } from '../domain/pipeline-results.ts'
import { commentKey, postKey, threadKey } from './record-keys.ts'
import type { RecordSettings } from './record-keys.ts'

export interface CommentRef {
  pageId: string
  commentId: string
}

/** What is known of a comment. Neither who wrote it nor, unless the Page did, what it says is kept. */
export interface CommentRecord {
  /** The conversation that its thread is. */
  conversationId: string
  /** When it was written, ms by Meta's clock. */
  at: number
  byPage: boolean
  /** Of the Page's own only. */
  text: string | null
}

export interface Comments {
  /** In the order in which they are asked for. */
  find(refs: CommentRef[]): Promise<(CommentRecord | undefined)[]>
  /**
   * Keeps what was seen of comments, in one round trip; of customers' not what they say. Idempotent: what is known
   * already stays.
   */
  note(seen: (CommentRef & CommentRecord & { eventId?: string })[]): Promise<void>
  /** Ids of the events that told what a comment says; also of one that is there no longer. */
  toldBy(ref: CommentRef): Promise<string[]>
  /** These are there no longer. Which events told of them stays known. */
  forget(gone: (CommentRef & Pick<CommentRecord, 'conversationId'>)[]): Promise<void>
  /** The newest comment of a customer's in a thread. */
  newest(conversationId: string): Promise<string | undefined>
  keepPosts(posts: { pageId: string; postId: string; text: string }[]): Promise<void>
  /** What a post of the Page says, or the beginning of it. */
  postText(pageId: string, postId: string): Promise<string | null>
}

const recordFields = ['conversationId', 'at', 'byPage', 'text'] as const
/** Before the ids of events, in the names of fields beside those. */
const told = 'told:'

/** So many comments of a thread are remembered, for when the newest is removed. */
const keptNewest = 20
/** Of what the Page itself says in public so much is kept, characters. */
const longestText = 500

export function comments(redis: Redis, { prefix, conversationMs }: RecordSettings): Comments {
  const keyOf = ({ pageId, commentId }: CommentRef) => commentKey(prefix, pageId, commentId)

  async function find(refs: CommentRef[]): Promise<(CommentRecord | undefined)[]> {
    if (refs.length === 0) return []
    const pipeline = redis.pipeline()
    for (const ref of refs) pipeline.hgetall(keyOf(ref))
    const found = pipelineResults(await pipeline.exec()) as Record<string, string>[]
    return found.map((fields) =>
      fields['conversationId'] === undefined
        ? undefined
        : {
            conversationId: fields['conversationId'],
            at: Number(fields['at'] ?? 0),
            byPage: fields['byPage'] === '1',
            text: fields['text'] ?? null,
          },
    )
  }

  async function note(seen: Parameters<Comments['note']>[0]): Promise<void> {
    if (seen.length === 0) return
    const pipeline = redis.pipeline()
    for (const one of seen) {
      const key = keyOf(one)
      pipeline.hsetnx(key, 'conversationId', one.conversationId).hsetnx(key, 'at', one.at)
      if (one.eventId !== undefined) pipeline.hset(key, `${told}${one.eventId}`, one.at)
      if (one.byPage) pipeline.hset(key, { byPage: '1', text: (one.text ?? '').slice(0, longestText) })
      pipeline.pexpire(key, conversationMs)
      if (one.byPage) continue
      const thread = threadKey(prefix, one.conversationId)
      pipeline.zadd(thread, one.at, one.commentId).zremrangebyrank(thread, 0, -1 - keptNewest)
      pipeline.pexpire(thread, conversationMs)
    }
    pipelineResults(await pipeline.exec())
  }

  async function forget(gone: (CommentRef & { conversationId: string })[]): Promise<void> {
    if (gone.length === 0) return
    const pipeline = redis.pipeline()
    for (const one of gone) {
      pipeline.hdel(keyOf(one), ...recordFields)
      pipeline.zrem(threadKey(prefix, one.conversationId), one.commentId)
    }
    pipelineResults(await pipeline.exec())
  }

  async function toldBy(ref: CommentRef): Promise<string[]> {
    const fields = Object.entries(await redis.hgetall(keyOf(ref)))
    const events = fields.filter(([field]) => field.startsWith(told))
    return events.toSorted(([, a], [, b]) => Number(a) - Number(b)).map(([field]) => field.slice(told.length))
  }

  async function keepPosts(posts: { pageId: string; postId: string; text: string }[]): Promise<void> {
    if (posts.length === 0) return
    const pipeline = redis.pipeline()
    for (const { pageId, postId, text } of posts) {
      pipeline.set(postKey(prefix, pageId, postId), text.slice(0, longestText), 'PX', conversationMs)
    }
    pipelineResults(await pipeline.exec())
  }

  return {
    find,
    note,
    toldBy,
    forget,
    newest: async (conversationId) => (await redis.zrevrange(threadKey(prefix, conversationId), 0, 0))[0],
    keepPosts,
    postText: (pageId, postId) => redis.get(postKey(prefix, pageId, postId)),
  }
}
