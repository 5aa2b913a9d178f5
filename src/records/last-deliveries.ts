import type { Redis } from 'ioredis'

/** When a delivery that spoke of a Page was last received. After an outage it tells where a backfill has to begin. */
export interface LastDeliveries {
  /** Keeps the newest time of each Page; ms since the epoch. Idempotent. */
  note(received: ReadonlyMap<string, number>): Promise<void>
  /** Null when none is known. */
  at(pageId: string): Promise<number | null>
}

export function lastDeliveriesKey(prefix: string): string {
  return `${prefix}:last-deliveries`
}

// A delivery that comes again, or a backfilled one, is older than what was received since.
const noteNewest = `
for i = 1, #ARGV, 2 do
  if tonumber(ARGV[i + 1]) > (tonumber(redis.call('HGET', KEYS[1], ARGV[i])) or 0) then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  end
end`

export function lastDeliveries(redis: Redis, { prefix }: { prefix: string }): LastDeliveries {
  const key = lastDeliveriesKey(prefix)
  return {
    async note(received) {
      if (received.size > 0) await redis.eval(noteNewest, 1, key, ...[...received].flat())
    },
    async at(pageId) {
      const found = await redis.hget(key, pageId)
      return found === null ? null : Number(found)
    },
  }
}
