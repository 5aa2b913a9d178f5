import type { Redis } from 'ioredis'
import { pipelineResults } from '../domain/pipeline-results.ts'
import type { Reply, ReplyFailure, ReplyRecord, ReplyStatus } from '../domain/reply.ts'
import { replyKey } from './record-keys.ts'
import type { RecordSettings } from './record-keys.ts'

export interface Replies {
  /** Opens the record, once; answers the fingerprint of the request that opened it, which may be an earlier one. */
  open(reply: Reply, fingerprint: string): Promise<string>
  get(id: string): Promise<ReplyRecord | undefined>
  update(
    id: string,
    change: Partial<Pick<ReplyRecord, 'status' | 'mid' | 'possibleRepeat' | 'failure'>>,
  ): Promise<void>
  /** Meta's echo proves that the reply was sent. Many at once, in one round trip; idempotent. */
  noteEchoes(echoes: { replyId: string; mid: string }[]): Promise<void>
  /** The mid that an echo brought back for this reply, if one came. */
  echoed(id: string): Promise<string | undefined>
  /** Whether an earlier life of it, before a dead letter was replayed, may have reached the person. */
  mayHaveBeenSent(id: string): Promise<boolean>
}

export function replies(redis: Redis, settings: RecordSettings): Replies {
  const keyOf = (id: string) => replyKey(settings.prefix, id)

  async function open(reply: Reply, fingerprint: string): Promise<string> {
    const key = keyOf(reply.id)
    const opened = redis
      .multi()
      .hsetnx(key, 'fingerprint', fingerprint)
      .hsetnx(key, 'conversationId', reply.conversationId)
      .hsetnx(key, 'status', 'queued')
      .pexpire(key, settings.replyMs)
      .hget(key, 'fingerprint')
    return String(pipelineResults(await opened.exec()).at(-1))
  }

  async function get(id: string): Promise<ReplyRecord | undefined> {
    const fields = await redis.hgetall(keyOf(id))
    if (fields['conversationId'] === undefined) return undefined
    const { failure, echo } = fields
    // The echo proves that it was sent, whatever we had come to believe.
    const wasSent = echo !== undefined
    return {
      id,
      conversationId: fields['conversationId'],
      status: wasSent ? 'sent' : (fields['status'] as ReplyStatus),
      possibleRepeat: fields['possibleRepeat'] === 'true',
      mid: fields['mid'] ?? echo ?? null,
      ...(wasSent || failure === undefined || failure === ''
        ? {}
        : { failure: JSON.parse(failure) as ReplyFailure }),
    }
  }

  async function update(id: string, change: Parameters<Replies['update']>[1]): Promise<void> {
    const fields: Record<string, string> = {}
    if (change.status !== undefined) fields['status'] = change.status
    if (change.mid != null) fields['mid'] = change.mid
    if (change.possibleRepeat !== undefined) fields['possibleRepeat'] = String(change.possibleRepeat)
    // Whatever it is now, it is no longer what it failed of before.
    fields['failure'] = change.failure ? JSON.stringify(change.failure) : ''
    pipelineResults(await redis.multi().hset(keyOf(id), fields).pexpire(keyOf(id), settings.replyMs).exec())
  }

  async function noteEchoes(echoes: { replyId: string; mid: string }[]): Promise<void> {
    const pipeline = redis.pipeline()
    for (const { replyId, mid } of echoes) {
      pipeline.hset(keyOf(replyId), 'echo', mid)
      pipeline.pexpire(keyOf(replyId), settings.replyMs)
    }
    pipelineResults(await pipeline.exec())
  }

  async function echoed(id: string): Promise<string | undefined> {
    return (await redis.hget(keyOf(id), 'echo')) ?? undefined
  }

  async function mayHaveBeenSent(id: string): Promise<boolean> {
    return (await redis.hget(keyOf(id), 'possibleRepeat')) === 'true'
  }

  return { open, get, update, noteEchoes, echoed, mayHaveBeenSent }
}
