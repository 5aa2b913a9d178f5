import type { Redis } from 'ioredis'
import { pipelineResults } from '../domain/pipeline-results.ts'
import type { OutgoingAttachment } from '../domain/outgoing.ts'
import { uploadKey } from './record-keys.ts'

/** A file that Meta has; only the Page that uploaded it can send it. */
export interface Upload {
  pageId: string
  type: OutgoingAttachment['type']
  attachmentId: string
}

export interface Uploads {
  /** Answers when it expires, ms since the epoch. */
  keep(id: string, upload: Upload): Promise<number>
  get(id: string): Promise<Upload | undefined>
}

/** Meta's attachment ids expire after 90 days; ours before, so that none expires on its way. */
export const uploadMs = 85 * 86_400_000

export function uploads(redis: Redis, { prefix }: { prefix: string }): Uploads {
  return {
    async keep(id, upload) {
      const key = uploadKey(prefix, id)
      pipelineResults(
        await redis
          .multi()
          .hset(key, { ...upload })
          .pexpire(key, uploadMs)
          .exec(),
      )
      return Date.now() + uploadMs
    },
    async get(id) {
      const { pageId, type, attachmentId } = await redis.hgetall(uploadKey(prefix, id))
      if (pageId === undefined || attachmentId === undefined) return undefined
      return { pageId, type: type as Upload['type'], attachmentId }
    },
  }
}
