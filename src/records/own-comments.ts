import { hash } from 'node:crypto'
import type { Redis } from 'ioredis'
import { pipelineResults } from '../domain/pipeline-results.ts'
import type { CommentRef } from './comments.ts'
import { commentKey, ownCommentsKey } from './record-keys.ts'
import type { RecordSettings } from './record-keys.ts'

/** A public answer that is about to leave. */
export interface ExpectedComment {
  replyId: string
  conversationId: string
  /** The comment that it answers. */
  answered: string
  text: string
  /** When it leaves, ms by our clock. */
  at: number
}

/** A comment of the Page that came back from Meta. */
export interface SeenComment {
  conversationId: string
  parentId: string | null
  text: string | null
  /** ms, by Meta's clock. */
  at: number
}

/**
 * Which comments of a Page are answers of ours. Comments carry no metadata of ours, so those of which Graph's answer has
 * not told the id are known by what they answer and say.
 */
export interface OwnComments {
  /** To be told before it leaves: its copy may come back before Graph's answer does. Sent again, it stays as it was. */
  expect(comment: ExpectedComment): Promise<void>
  /** The reply that this comment is; undefined when somebody else wrote it for the Page. */
  recognise(comment: SeenComment): Promise<string | undefined>
  /** It is ours. `isOnly`: it was sent once, so that no other copy of it is to be expected. Idempotent. */
  keep(
    own: CommentRef & { replyId: string },
    expected: Pick<ExpectedComment, 'conversationId' | 'text'> & { isOnly: boolean },
  ): Promise<void>
  isOurs(commentId: string, pageId: string): Promise<boolean>
}

/** Meta redelivers a feed for up to 36 hours. */
const expectedMs = 48 * 3_600_000
/** Meta's times of comments are whole seconds by its own clock, ms. */
const clockMs = 5000

export function ownComments(redis: Redis, { prefix, conversationMs }: RecordSettings): OwnComments {
  const keyOf = (conversationId: string) => ownCommentsKey(prefix, conversationId)
  type Kept = Pick<ExpectedComment, 'replyId' | 'answered' | 'at'>

  async function read(conversationId: string, text: string): Promise<Kept | undefined> {
    const kept = await redis.hget(keyOf(conversationId), mark(text))
    return kept === null ? undefined : (JSON.parse(kept) as Kept)
  }

  async function expect({ conversationId, text, ...comment }: ExpectedComment): Promise<void> {
    const before = await read(conversationId, text)
    const key = keyOf(conversationId)
    const writing = redis.multi()
    if (before?.replyId !== comment.replyId) writing.hset(key, mark(text), JSON.stringify(comment))
    pipelineResults(await writing.pexpire(key, expectedMs).exec())
  }

  async function recognise({ conversationId, parentId, text, at }: SeenComment): Promise<string | undefined> {
    if (parentId === null || text === null) return undefined
    const kept = await read(conversationId, text)
    if (!kept || at < kept.at - clockMs) return undefined
    // What answers an answer may be told as answering the comment that began the thread.
    const answers = kept.answered === parentId || conversationId.endsWith(`:comment:${parentId}`)
    return answers ? kept.replyId : undefined
  }

  return {
    expect,
    recognise,
    async keep({ pageId, commentId, replyId }, { conversationId, text, isOnly }) {
      const key = commentKey(prefix, pageId, commentId)
      const writing = redis
        .multi()
        .hset(key, { reply: replyId, byPage: '1' })
        .hsetnx(key, 'conversationId', conversationId)
        .pexpire(key, conversationMs)
      if (isOnly) writing.hdel(keyOf(conversationId), mark(text))
      pipelineResults(await writing.exec())
    },
    isOurs: async (commentId, pageId) =>
      (await redis.hexists(commentKey(prefix, pageId, commentId), 'reply')) === 1,
  }
}

/** Meta may tidy up the white space of what it is given. */
function mark(text: string): string {
  const tidy = text.normalize('NFC').replace(/\s+/g, ' ').trim()
  return hash('sha256', tidy, 'base64url').slice(0, 22)
}
