import { setTimeout as delay } from 'node:timers/promises'
import { WaitingError, Worker } from 'bullmq'
import type { Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import type { Log } from '../domain/log.ts'
import { bullPrefix, deliveriesQueue, openQueue } from './queues.ts'
import type { DeliveryBatch } from './journal.ts'
import { restOnError } from './rest-on-error.ts'

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
  const onReady = () => {
    limit().catch((error: unknown) => deps.log.warn({ err: String(error) }, 'could not limit the splitters'))
  }
  deps.connection.on('ready', onReady)
  // A full Redis refuses to be told again what it holds already, and must not keep us from draining it.
  while (!(await isLimited(queue, limit))) await delay(1000)

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
          deps.log.warn({ err, tries }, 'split failed, will be tried again')
          if (await stopsWithin(Math.min(100 * 2 ** tries, 2000))) {
            // Back to the front of the queue: failing it would put it where nobody takes it from.
            // If even that is refused, the job stays active, and the stalled check puts it there.
            await job
              .moveToWait(token)
              .catch((refused: unknown) => deps.log.warn({ err: String(refused) }, 'not moved'))
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
      // Jobs that came while another worker was splitting wake nobody; so nobody may sleep long, s.
      drainDelay: 1,
    },
  )
  restOnError(worker, deps.connection, deliveriesQueue, deps.log)
  // Only a job that was split can end here, when Redis refused to be told so. Once more is harmless, and empties it.
  worker.on('failed', (job) => {
    deps.log.error({ job: job?.id ?? null }, 'a split job was taken for failed; it is split again')
    job
      ?.retry('failed')
      .catch((error: unknown) => deps.log.error({ err: String(error) }, 'see `deliveries` failed'))
  })
  return {
    close: async () => {
      deps.connection.off('ready', onReady)
      stopping.abort()
      await worker.close()
      await queue.close()
    },
  }
}

async function isLimited(queue: Queue, limit: () => Promise<unknown>): Promise<boolean> {
  try {
    await limit()
    return true
  } catch {
    // What it says now is what counts; the next second asks again.
    return (await queue.getGlobalConcurrency().catch(() => null)) === 1
  }
}
