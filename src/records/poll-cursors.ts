import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import { pollKey } from './record-keys.ts'

/** A turn to poll a helpdesk; nobody else has one meanwhile. */
export interface PollTurn {
  /** Undefined at the very first look. */
  cursor: string | undefined
  /**
   * Moves on what is durable. False when the turn was lost on the way: then somebody else looks, from the cursor before,
   * and nothing is kept.
   */
  keep(cursor: string): Promise<boolean>
  /** A sign of life. False when the turn was lost. */
  renew(): Promise<boolean>
  /** Nobody looks for so long, ms. */
  end(restMs: number): Promise<void>
}

export interface PollCursors {
  /** A turn of so many ms, or how long to wait for one. */
  begin(helpdesk: string, turnMs: number): Promise<PollTurn | { waitMs: number }>
}

// `rest` is there while nobody needs to look, `turn` while somebody does.
const beginTurn = `
local waits = math.max(redis.call('PTTL', KEYS[2]), redis.call('PTTL', KEYS[3]))
if waits > 0 then return waits end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
return redis.call('HGET', KEYS[1], 'cursor') or ''`

// Whoever was too slow has lost the turn, and must not set the cursor back.
const keepCursor = `
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
if ARGV[3] then redis.call('HSET', KEYS[1], 'cursor', ARGV[3]) end
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return 1`

const endTurn = `
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return end
redis.call('DEL', KEYS[2])
redis.call('SET', KEYS[3], '1', 'PX', ARGV[2])`

export function pollCursors(redis: Redis, { prefix }: { prefix: string }): PollCursors {
  return {
    async begin(helpdesk, turnMs) {
      const key = pollKey(prefix, helpdesk)
      const keys = [key, `${key}:turn`, `${key}:rest`]
      const token = randomUUID()
      const answer = await redis.eval(beginTurn, keys.length, ...keys, token, turnMs)
      if (typeof answer === 'number') return { waitMs: answer }
      const found = String(answer)
      return {
        cursor: found === '' ? undefined : found,
        keep: async (cursor) =>
          (await redis.eval(keepCursor, keys.length, ...keys, token, turnMs, cursor)) === 1,
        renew: async () => (await redis.eval(keepCursor, keys.length, ...keys, token, turnMs)) === 1,
        end: async (restMs) =>
          void (await redis.eval(endTurn, keys.length, ...keys, token, Math.max(1, Math.ceil(restMs)))),
      }
    },
  }
}
