import type { Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import { laneKeys } from '../../src/lanes/keys.ts'
import { delivery, journal } from '../../src/queue/journal.ts'
import { deliveriesQueue, openQueue } from '../../src/queue/queues.ts'
import { deliveryBytes, interleaved } from './deliveries.ts'

/** One of the two that are compared: how its work gets into Redis, and how one sees that all of it is done. */
export interface Pipeline {
  queue: Queue
  fill(bodies: readonly Buffer[]): Promise<void>
  isDone(): Promise<boolean>
}

/** As many as 64 connections would have under way, so that the journal's batches are those of real load. */
const writers = 64
const bulk = 500

export function ours(redis: Redis): Pipeline {
  const prefix = 'deskbridge'
  const queue = openQueue(deliveriesQueue, redis, prefix)
  const write = journal(queue, () => {}).write
  const { dirty } = laneKeys(prefix, 0)
  return {
    queue,
    async fill(bodies) {
      let at = 0
      const writer = async () => {
        for (let body = bodies[at++]; body; body = bodies[at++]) await write(delivery(body, Date.now()))
      }
      await Promise.all(Array.from({ length: writers }, writer))
    },
    // A lane with something in it is always in dirty; its last commit takes it out.
    isDone: async () => (await redis.zcard(dirty)) === 0 && (await isEmpty(queue)),
  }
}

export function plain(redis: Redis): Pipeline {
  const queue = openQueue('events', redis, 'bench-plain')
  return {
    queue,
    async fill(bodies) {
      for (let from = 0; from < bodies.length; from += bulk) {
        const some = bodies.slice(from, from + bulk)
        await queue.addBulk(some.map((body) => ({ name: 'event', data: delivery(body, Date.now()) })))
      }
    },
    isDone: () => isEmpty(queue),
  }
}

async function isEmpty(queue: Queue): Promise<boolean> {
  return (await queue.getJobCountByTypes('wait', 'active', 'delayed')) === 0
}

let turns = 0

/** New events of the same conversations at each call. */
export function newBodies(total: number, perConversation: number): Buffer[] {
  const run = `e2e${++turns}`
  return Array.from(interleaved(total, perConversation), ([conversation, seq]) =>
    deliveryBytes(run, conversation, seq),
  )
}
