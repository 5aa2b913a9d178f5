import type { Redis } from 'ioredis'
import { pipelineResults } from '../domain/pipeline-results.ts'
import { sentKey } from './record-keys.ts'

/**
 * Which messages of a conversation are ours, by Meta's id of them. The Conversations API does not tell what we wrote
 * into `metadata`, so this is how a backfill knows our own messages from those of others. The newest of each
 * conversation are known, and more of them than the 20 that Meta tells.
 */
export interface OwnMessages {
  mids(conversationIds: string[]): Promise<Set<string>>
}

export function ownMessages(redis: Redis, { prefix }: { prefix: string }): OwnMessages {
  return {
    async mids(conversationIds) {
      if (conversationIds.length === 0) return new Set()
      const pipeline = redis.pipeline()
      for (const id of new Set(conversationIds)) pipeline.zrange(sentKey(prefix, id), '0', '-1')
      const members = pipelineResults(await pipeline.exec()).flat() as string[]
      // `<reply>|<part>|<mid>`
      return new Set(members.map((member) => member.split('|').slice(2).join('|')))
    },
  }
}
