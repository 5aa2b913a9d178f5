import type { Redis } from 'ioredis'
import type { CopyJob } from '../domain/copy-job.ts'
import { copiesQueue, openQueue } from './queues.ts'

export interface CopyQueue {
  /** Idempotent: what is in the queue already is not added again. */
  add(jobs: readonly CopyJob[]): Promise<void>
  /** What a worker is working on stays; it sees by the record that it is not wanted any more. */
  drop(ids: readonly string[]): Promise<void>
  /** Files that are still to be fetched, and those that are being fetched. */
  count(): Promise<number>
  close(): Promise<void>
}

/** The files that are to be fetched, one job for each. A queue of their own: they must never stand before a text. */
export function copyQueue(connection: Redis, prefix: string): CopyQueue {
  const queue = openQueue(copiesQueue, connection, prefix)
  return {
    async add(jobs) {
      const opts = {
        // How often and how long is decided by whoever copies, by age; here it only has to be often enough.
        attempts: 1_000_000,
        backoff: { type: 'custom' },
        removeOnFail: true,
      }
      if (jobs.length === 0) return
      await queue.addBulk(jobs.map((data) => ({ name: 'copy', data, opts: { ...opts, jobId: data.id } })))
    },
    async drop(ids) {
      await Promise.all(
        ids.map(async (id) => {
          await queue.remove(id)
        }),
      )
    },
    count: () => queue.getJobCountByTypes('waiting', 'active', 'delayed'),
    close: () => queue.close(),
  }
}
