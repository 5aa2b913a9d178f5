import type { Redis } from 'ioredis'
import { pipelineResults } from '../domain/pipeline-results.ts'
import type { RunScript } from './lane-scripts.ts'
import { laneKeys, parseLane, shardOf } from './keys.ts'

/** A lane that was taken from whoever held it, and emptied. */
export interface Seized {
  lane: string
  epoch: string
  /** How many items it held. */
  dropped: number
  /** For how long whoever held it may still be at work, ms: its commits are stale, but a call of its may be under way. */
  busyMs: number
}

/** For whoever erases a conversation: it must neither be worked on nor come back meanwhile. */
export interface LaneSeizure {
  /** Lanes of these conversations that hold something, for whichever helpdesk. Looks at every lane that does. */
  find(conversationIds: readonly string[]): Promise<string[]>
  /** Drops what waits. What is appended from then on waits until `release`; or, when that never comes, about a minute. */
  seize(lanes: string[]): Promise<Seized[]>
  /** Whether somebody from whom they were taken may still be at work. */
  areBusy(seized: Seized[]): Promise<boolean>
  /** Answers the lanes that have something to do. Idempotent; leaves alone what somebody else holds by now. */
  release(seized: Seized[]): Promise<string[]>
}

/** Longer than an erasure takes, beside the wait for holders; then a lane whose eraser died is free again, ms. */
const seizeMs = 60_000

export function laneSeizure(
  redis: Redis,
  run: RunScript,
  settings: { prefix: string; shards: number; leaseMs: number; graceMs: number },
): LaneSeizure {
  const keysOf = (lane: string) => laneKeys(settings.prefix, shardOf(lane, settings.shards))

  async function find(conversationIds: readonly string[]): Promise<string[]> {
    const found = new Set<string>()
    const shards = new Set(conversationIds.map((id) => shardOf(`in:${id}`, settings.shards)))
    for (const shard of shards) {
      const { dirty } = laneKeys(settings.prefix, shard)
      for await (const page of redis.zscanStream(dirty, { count: 1000 })) {
        const lanes = (page as string[]).filter((_, at) => at % 2 === 0)
        for (const lane of lanes)
          if (conversationIds.includes(parseLane(lane).conversationId)) found.add(lane)
      }
    }
    return [...found]
  }

  async function seize(lanes: string[]): Promise<Seized[]> {
    const seized: Seized[] = []
    for (const lane of lanes) {
      const keys = keysOf(lane)
      const touched = [keys.dirty, keys.counters, keys.state(lane), keys.items(lane)]
      const [[epoch, dropped, busyMs]] = (await run('seize', touched, [
        settings.leaseMs + seizeMs,
        settings.graceMs,
        lane,
      ])) as [[number, number, number]]
      seized.push({ lane, epoch: String(epoch), dropped, busyMs })
    }
    return seized
  }

  async function areBusy(seized: Seized[]): Promise<boolean> {
    const pipeline = redis.pipeline()
    for (const { lane } of seized) pipeline.hexists(keysOf(lane).state(lane), 'busy')
    return pipelineResults(await pipeline.exec()).includes(1)
  }

  async function release(seized: Seized[]): Promise<string[]> {
    const waiting: string[] = []
    for (const { lane, epoch } of seized) {
      const keys = keysOf(lane)
      const touched = [keys.dirty, keys.state(lane), keys.items(lane)]
      const [hasWork] = (await run('release', touched, [lane, epoch])) as [number]
      if (hasWork === 1) waiting.push(lane)
    }
    return waiting
  }

  return { find, seize, areBusy, release }
}
