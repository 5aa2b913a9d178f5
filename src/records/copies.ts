import type { Redis } from 'ioredis'
import { pipelineResults } from '../domain/pipeline-results.ts'

/** What is known of a copy: waiting, until its file is kept or was given up on. */
export type CopyRecord =
  | { state: 'waiting'; expiresAt: number }
  | { state: 'copied'; expiresAt: number; name: string | null; contentType: string; bytes: number }
  | { state: 'failed'; expiresAt: number; reason: string }
  | { state: 'erased' }

export interface Copies {
  /** Opens those that nobody knows yet; the others stay as they are. `expiresAt` is ms since the epoch. */
  open(copies: readonly NewCopy[], expiresAt: number): Promise<void>
  /** In the order of the ids. */
  get(ids: readonly string[]): Promise<(CopyRecord | undefined)[]>
  /** Answers the state that it has then: another than `copied` means that the file must go. */
  keepCopied(
    id: string,
    file: { contentType: string; bytes: number },
  ): Promise<CopyRecord['state'] | undefined>
  /** Changes only what waits. */
  keepFailed(id: string, reason: string): Promise<CopyRecord['state'] | undefined>
  /** Ids of all copies of a conversation that have not expired. */
  ofConversation(conversationId: string): Promise<string[]>
  /** From now on they can neither be opened nor copied; nothing of the person's is left in them. */
  keepErased(ids: readonly string[]): Promise<void>
  /** Takes these off the conversation's list. */
  forget(conversationId: string, ids: readonly string[]): Promise<void>
}

export interface NewCopy {
  id: string
  conversationId: string
  name: string | null
}

/** How long an erased copy is remembered, so that nothing that is still under way brings it back, ms. */
const erasedMs = 3 * 86_400_000

const openCopy = `
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'state', 'waiting', 'expiresAt', ARGV[1], 'name', ARGV[2])
return redis.call('PEXPIREAT', KEYS[1], ARGV[1])`

// One that was given up on may still arrive by another worker; one that was erased, or has expired, may not.
const settle = `
local state = redis.call('HGET', KEYS[1], 'state')
if state == 'waiting' or (state == 'failed' and ARGV[1] == 'copied') then
  redis.call('HSET', KEYS[1], 'state', unpack(ARGV))
  return ARGV[1]
end
return state`

const eraseCopy = `
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'state', 'erased')
return redis.call('PEXPIRE', KEYS[1], ARGV[1])`

export function copies(redis: Redis, { prefix }: { prefix: string }): Copies {
  const keyOf = (id: string) => `${prefix}:copy:${id}`
  const indexOf = (conversationId: string) => `${prefix}:copies:${conversationId}`

  async function settled(id: string, ...fields: string[]): Promise<CopyRecord['state'] | undefined> {
    const state = await redis.eval(settle, 1, keyOf(id), ...fields)
    return typeof state === 'string' ? (state as CopyRecord['state']) : undefined
  }

  return {
    async open(fresh, expiresAt) {
      if (fresh.length === 0) return
      const writes = redis.pipeline()
      for (const { id, conversationId, name } of fresh) {
        writes
          .eval(openCopy, 1, keyOf(id), expiresAt, name ?? '')
          .zadd(indexOf(conversationId), expiresAt, id)
          .zremrangebyscore(indexOf(conversationId), '-inf', Date.now())
          .pexpireat(indexOf(conversationId), expiresAt)
      }
      pipelineResults(await writes.exec())
    },
    async get(ids) {
      if (ids.length === 0) return []
      const reads = redis.pipeline()
      for (const id of ids) reads.hgetall(keyOf(id))
      return pipelineResults(await reads.exec()).map((fields) => record(fields as Record<string, string>))
    },
    keepCopied: (id, { contentType, bytes }) =>
      settled(id, 'copied', 'contentType', contentType, 'bytes', String(bytes)),
    keepFailed: (id, reason) => settled(id, 'failed', 'reason', reason),
    ofConversation: (conversationId) => redis.zrange(indexOf(conversationId), '0', '-1'),
    async keepErased(ids) {
      if (ids.length === 0) return
      const writes = redis.pipeline()
      for (const id of ids) writes.eval(eraseCopy, 1, keyOf(id), String(erasedMs))
      pipelineResults(await writes.exec())
    },
    async forget(conversationId, ids) {
      if (ids.length > 0) await redis.zrem(indexOf(conversationId), ...ids)
    },
  }
}

function record(fields: Record<string, string>): CopyRecord | undefined {
  const { state, expiresAt, name = '', contentType, bytes, reason } = fields
  if (state === 'erased') return { state }
  if (state === 'waiting') return { state, expiresAt: Number(expiresAt) }
  if (state === 'failed') return { state, expiresAt: Number(expiresAt), reason: reason ?? 'unexpected' }
  if (state !== 'copied' || contentType === undefined) return undefined
  return { state, expiresAt: Number(expiresAt), name: name || null, contentType, bytes: Number(bytes) }
}
