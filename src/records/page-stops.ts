import { hash } from 'node:crypto'
import type { Redis } from 'ioredis'
import { pipelineResults } from '../domain/pipeline-results.ts'
import { parkedKey, stopsKey } from './record-keys.ts'

/** Why a Page cannot send: its token is dead, it lacks a permission, or Meta restricts it. */
export type StopReason = 'token' | 'permission' | 'restricted'

export interface PageStop {
  reason: StopReason
  /** Graph's error, as `190/460`. */
  graph: string
  /** ms since the epoch. */
  since: number
  /** Of the token that was refused: another one in the config ends the stop. */
  tokenMark: string
  /** How often it was tried again. */
  probes: number
  /** When it is tried next, ms since the epoch. */
  probeAt: number
  /** The one lane that may try to send meanwhile; null while nobody may. */
  trialLane: string | null
}

export interface PageStops {
  all(): Promise<Map<string, PageStop>>
  put(pageId: string, stop: PageStop): Promise<void>
  /** True when there was one. */
  end(pageId: string): Promise<boolean>
  /** Remembers that a lane waits for its Page, so that it can be woken. */
  park(pageId: string, lane: string, now: number): Promise<void>
  /** Hands out lanes that have been parked since before a time, oldest first, and forgets them. */
  unpark(pageId: string, before: number, limit: number): Promise<string[]>
  parked(pageIds: string[]): Promise<number[]>
  /** Nobody shall find these lanes here any more. */
  forget(pageId: string, lanes: string[]): Promise<void>
  /** True for one caller at a time, over all workers. */
  mayProbe(pageId: string, forMs: number): Promise<boolean>
}

/** Tells tokens apart without keeping them. */
export function tokenMark(accessToken: string): string {
  return hash('sha256', accessToken, 'base64url').slice(0, 16)
}

const takeParked = `
local lanes = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
if #lanes > 0 then redis.call('ZREM', KEYS[1], unpack(lanes)) end
return lanes`

/** A lane that waits parks itself again every few minutes; whatever is older waits for a Page that is gone, ms. */
const parkedForMs = 24 * 3_600_000

/** A stop that ended meanwhile must not begin again. */
const replaceField = `
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then redis.call('HSET', KEYS[1], ARGV[1], ARGV[3]) end`

export function pageStops(redis: Redis, { prefix }: { prefix: string }): PageStops {
  const key = stopsKey(prefix)

  async function all(): Promise<Map<string, PageStop>> {
    const stops = Object.entries(await redis.hgetall(key))
    return new Map(stops.map(([pageId, stop]) => [pageId, JSON.parse(stop) as PageStop]))
  }

  async function parked(pageIds: string[]): Promise<number[]> {
    const pipeline = redis.pipeline()
    for (const pageId of pageIds) pipeline.zcard(parkedKey(prefix, pageId))
    return pipelineResults(await pipeline.exec()).map(Number)
  }

  async function forget(pageId: string, lanes: string[]): Promise<void> {
    await redis.zrem(parkedKey(prefix, pageId), ...lanes)
    const text = await redis.hget(key, pageId)
    if (text === null) return
    const stop = JSON.parse(text) as PageStop
    if (stop.trialLane === null || !lanes.includes(stop.trialLane)) return
    // Due at once: the lane that was to try has nothing to try any more.
    const after: PageStop = { ...stop, trialLane: null, probeAt: 0 }
    await redis.eval(replaceField, 1, key, pageId, text, JSON.stringify(after))
  }

  return {
    all,
    parked,
    put: async (pageId, stop) => void (await redis.hset(key, pageId, JSON.stringify(stop))),
    end: async (pageId) => (await redis.hdel(key, pageId)) === 1,
    park: async (pageId, lane, now) => {
      const key = parkedKey(prefix, pageId)
      pipelineResults(await redis.multi().zadd(key, now, lane).pexpire(key, parkedForMs).exec())
    },
    forget,
    unpark: async (pageId, before, limit) =>
      (await redis.eval(takeParked, 1, parkedKey(prefix, pageId), before, limit)) as string[],
    mayProbe: async (pageId, forMs) =>
      (await redis.set(`${key}:probe:${pageId}`, 1, 'PX', forMs, 'NX')) === 'OK',
  }
}
