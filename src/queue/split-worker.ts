import { setTimeout as delay } from 'node:timers/promises'
import { WaitingError, Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import type { Log } from '../domain/log.ts'
import { bullPrefix, deliveriesQueue, openQueue } from './queues.ts'
import type { DeliveryBatch } from './journal.ts'

export interface SplitWorker {
  close(): Promise<void>
}

/**
 * Takes journalled deliveries, one job at a time over all workers, so that arrival order is kept.
 *
 * A job never fails: BullMQ would put it behind its followers. What goes wrong with Redis is tried again in place, and
 * a worker that dies leaves the job active until its lock ends, when the stalled check puts it back at the front.
 * Splitting a job twice is harmless, also by two workers at once: every append is deduplicated by event.
 */
export async function splitWorker(deps: {
  connection: Redis
  prefix: string
  split: (batch: DeliveryBatch) => Promise<void>
  log: Log
}): Promise<SplitWorker> {
  const stopping = new AbortController()
  const prefix = bullPrefix(deps.prefix)
  const queue = openQueue(deliveriesQueue, deps.connection, deps.prefix)
  // Kept in Redis, for all workers. Set again whenever Redis comes back, since it may have come back empty.
  const limit = () => queue.setGlobalConcurrency(1)
  await limit()
  const onReady = () => {
    limit().catch((error: unknown) =>
      deps.log.warn({ err: String(error) }, 'could not set the global concurrency'),
    )
  }
  deps.connection.on('ready', onReady)

  async function stopsWithin(ms: number): Promise<boolean> {
    return delay(ms, false, { signal: stopping.signal }).catch(() => true)
  }

  const worker = new Worker<DeliveryBatch>(
    deliveriesQueue,
    async (job, token) => {
      for (let tries = 0; ; tries++) {
        try {
          return await deps.split(job.data)
        } catch (error) {
          const err = error instanceof Error ? error.message : 'unknown'
          deps.log.warn(
            { err, tries, deliveries: job.data.deliveries.length },
            'split failed, will be tried again',
          )
          if (await stopsWithin(Math.min(100 * 2 ** tries, 2000))) {
            // Back to the front of the queue: failing it would put it where nobody takes it from.
            await job.moveToWait(token)
            throw new WaitingError()
          }
        }
      }
    },
    {
      connection: deps.connection,
      prefix,
      concurrency: 1,
      // Short, because everyone's next event waits while a dead worker's lock runs.
      lockDuration: 3000,
      stalledInterval: 1000,
      maxStalledCount: 1_000_000,
      removeOnComplete: { count: 0 },
    },
  )
  worker.on('error', (error) => deps.log.warn({ err: error.message }, 'deliveries'))
  return {
    close: async () => {
      deps.connection.off('ready', onReady)
      stopping.abort()
      await worker.close()
      await queue.close()
    },
  }
}
