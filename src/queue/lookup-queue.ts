import { hash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import type { LookupJob } from '../domain/lookup-job.ts'
import { openQueue, profilesQueue } from './queues.ts'

export interface LookupQueue {
  /** Idempotent: who is in the queue already is not added again. One round trip. */
  add(conversationIds: readonly string[]): Promise<void>
  /** What a worker is at is waited for, some seconds at most; that does not find the record any more, and keeps nothing. */
  drop(conversationIds: readonly string[]): Promise<void>
  /** People who are still to be looked up. */
  count(): Promise<number>
  close(): Promise<void>
}

const dropPatienceMs = 10_000
const pollMs = 50

/** People whose profile is to be asked for. A queue of their own: a name must never stand before a text. */
export function lookupQueue(connection: Redis, prefix: string): LookupQueue {
  const queue = openQueue(profilesQueue, connection, prefix)

  async function drop(id: string): Promise<void> {
    const end = performance.now() + dropPatienceMs
    // 0 while a worker holds it.
    while ((await queue.remove(jobId(id))) === 0 && performance.now() < end) await wait(pollMs)
  }

  return {
    async add(ids) {
      if (ids.length === 0) return
      // How long is decided by whoever looks up, by age; here it only has to be often enough.
      const opts = { attempts: 1_000_000, backoff: { type: 'custom' }, removeOnFail: true }
      const jobs = ids.map((conversationId) => {
        const data: LookupJob = { v: 1, conversationId }
        return { name: 'look up', data, opts: { ...opts, jobId: jobId(conversationId) } }
      })
      await queue.addBulk(jobs)
    },
    async drop(ids) {
      await Promise.all(ids.map(drop))
    },
    count: () => queue.getJobCountByTypes('waiting', 'active', 'delayed'),
    close: () => queue.close(),
  }
}

/** A conversation has one job, whatever its id holds. */
function jobId(conversationId: string): string {
  return hash('sha256', conversationId, 'base64url')
}
