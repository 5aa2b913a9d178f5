import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { Log } from '../../src/domain/log.ts'
import { deadLetters } from '../../src/lanes/dead-letters.ts'
import { laneKeys, shardOf } from '../../src/lanes/keys.ts'
import { laneScripts } from '../../src/lanes/lane-scripts.ts'
import { laneStatuses } from '../../src/lanes/lane-status.ts'
import { lanes } from '../../src/lanes/lanes.ts'
import type { LaneSettings, Task } from '../../src/lanes/lanes.ts'

/** Longer than any test: what has this lease or delay ends only when the test says so. */
export const never = 1_000_000_000

const defaults: Omit<LaneSettings, 'prefix'> = {
  shards: 2,
  leaseMs: never,
  graceMs: never,
  seenMs: never,
  deadLetterMs: never,
}

export type LaneKit = ReturnType<typeof laneKit>

/** The lanes of one test, under a prefix of their own, and a clock for them that the test moves. */
export function laneKit(redis: Redis, overrides: Partial<LaneSettings> = {}) {
  const settings: LaneSettings = { ...defaults, prefix: `t${randomUUID().slice(0, 8)}`, ...overrides }
  const run = laneScripts(redis)
  const opened = lanes(run, settings)
  const keysOf = (lane: string) => laneKeys(settings.prefix, shardOf(lane, settings.shards))

  return {
    redis,
    settings,
    prefix: settings.prefix,
    lanes: opened,
    deadLetters: deadLetters(redis, run, settings),
    statuses: laneStatuses(redis, settings),
    keysOf,
    /** Appends payloads; each is its own id. */
    append: (lane: string, ...payloads: string[]) =>
      opened.append(payloads.map((payload) => ({ lane, id: `${lane}/${payload}`, payload }))),
    async claimOne(lane: string): Promise<Task> {
      const [task] = await opened.claim([lane])
      if (!task) throw new Error(`${lane} was refused`)
      return task
    },
    state: (lane: string) => redis.hgetall(keysOf(lane).state(lane)),
    async payloads(lane: string): Promise<string[]> {
      const items = await redis.lrange(keysOf(lane).items(lane), 0, -1)
      return items.map((item) => item.replace(/^\d+:\d+r?:/, ''))
    },
    async isDirty(lane: string): Promise<boolean> {
      return (await redis.zscore(keysOf(lane).dirty, lane)) !== null
    },
    /** The clock moves on until the lease of this lane's holder is over, and the timer would look at it. */
    leaseEnds: (lane: string) => pass(redis, keysOf(lane), lane, 'until'),
    /** The clock moves on to the lane's next try. */
    waitEnds: (lane: string) => pass(redis, keysOf(lane), lane, 'not_before'),
    /** The clock moves on until the timer would look at the lane. */
    async lookIsDue(lane: string): Promise<void> {
      await redis.zadd(keysOf(lane).dirty, 'XX', 1, lane)
    },
  }
}

async function pass(redis: Redis, keys: ReturnType<typeof laneKeys>, lane: string, field: string) {
  if ((await redis.hexists(keys.state(lane), field)) === 1) await redis.hset(keys.state(lane), field, 1)
  await redis.zadd(keys.dirty, 'XX', 1, lane)
}

export type Logged = { level: 'info' | 'warn' | 'error'; fields: object; message: string }

/** A log that keeps its lines. */
export function memoryLog(): Log & { lines: Logged[] } {
  const lines: Logged[] = []
  const at = (level: Logged['level']) => (fields: object, message: string) => {
    lines.push({ level, fields, message })
  }
  return { lines, info: at('info'), warn: at('warn'), error: at('error') }
}

export const noTrace = () => {}
