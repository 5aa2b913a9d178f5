import type { Redis } from 'ioredis'
import { laneKeys, shardOf } from './keys.ts'

/** What ops want to know of a lane: how much waits, since when, and what keeps it. */
export interface LaneStatus {
  waiting: number
  /** ms since the epoch; null when the lane is empty. */
  oldestSince: number | null
  attempts: number
  /** Why the head was not finished the last time. */
  lastCode: string | null
  /** No try before this, ms since the epoch. */
  notBefore: number | null
}

export interface LaneTotals {
  /** Lanes with something to do. */
  waiting: number
  /** Of these, lanes whose time has come and that nobody has looked at. Grows when no worker runs. */
  due: number
}

export interface LaneStatuses {
  of(lane: string): Promise<LaneStatus>
  totals(now: number): Promise<LaneTotals>
}

export function laneStatuses(redis: Redis, settings: { prefix: string; shards: number }): LaneStatuses {
  async function of(lane: string): Promise<LaneStatus> {
    const keys = laneKeys(settings.prefix, shardOf(lane, settings.shards))
    const [waiting, head, [attempts, code, notBefore]] = await Promise.all([
      redis.llen(keys.items(lane)),
      redis.lindex(keys.items(lane), 0),
      redis.hmget(keys.state(lane), 'attempts', 'code', 'not_before') as Promise<[string, string, string]>,
    ])
    return {
      waiting,
      oldestSince: head === null ? null : parseInt(head.split(':', 2)[1] ?? '', 10),
      attempts: Number(attempts ?? 0),
      lastCode: code ?? null,
      notBefore: notBefore ? Number(notBefore) : null,
    }
  }

  async function totals(now: number): Promise<LaneTotals> {
    const sums = { waiting: 0, due: 0 }
    for (let shard = 0; shard < settings.shards; shard++) {
      const { dirty } = laneKeys(settings.prefix, shard)
      const [waiting, due] = await Promise.all([redis.zcard(dirty), redis.zcount(dirty, '-inf', now)])
      sums.waiting += waiting
      sums.due += due
    }
    return sums
  }

  return { of, totals }
}
