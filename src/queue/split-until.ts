import type { Queue } from 'bullmq'
import type { Redis } from 'ioredis'

/**
 * Until when all that the webhook acknowledged is split, ms since the epoch: what Meta told before that is known. Costs
 * two round trips, and nothing of what waits is read.
 */
export async function splitUntil(queue: Queue, redis: Redis): Promise<number> {
  const now = Date.now()
  const oldest = await queue.getRanges(['wait', 'active'], 0, 0, true)
  if (oldest.length === 0) return now
  const times = await Promise.all(oldest.map((id) => redis.hget(queue.toKey(id), 'timestamp')))
  // One without a time was split this very moment, and what stands behind it was not looked at.
  return Math.min(now, ...times.map(Number))
}
