import type { Redis } from 'ioredis'
import { ownWriteKey } from './record-keys.ts'

/** Longer than any helpdesk tells of the same message again, ms. */
const keptMs = 72 * 3_600_000

/** What we wrote into helpdesks, by their ids of it: it comes back to us as if somebody there had said it. */
export interface OwnWrites {
  /** Idempotent. */
  keep(helpdesk: string, message: string): Promise<void>
  isOurs(helpdesk: string, message: string): Promise<boolean>
}

export function ownWrites(redis: Redis, { prefix }: { prefix: string }): OwnWrites {
  return {
    keep: async (helpdesk, message) =>
      void (await redis.set(ownWriteKey(prefix, helpdesk, message), '1', 'PX', keptMs)),
    isOurs: async (helpdesk, message) => (await redis.exists(ownWriteKey(prefix, helpdesk, message))) === 1,
  }
}
