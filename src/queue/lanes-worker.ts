import { Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import type { Log } from '../domain/log.ts'
import type { Drain } from '../lanes/drain.ts'
import type { Alarm } from './alarms.ts'
import { alarmQueue, bullPrefix } from './queues.ts'

export interface LanesWorker {
  close(): Promise<void>
}

/** Takes the alarms of one destination and offers their lanes to its drain. */
export function lanesWorker(deps: {
  connection: Redis
  prefix: string
  destination: string
  drain: Drain
  log: Log
}): LanesWorker {
  const worker = new Worker<Alarm>(
    alarmQueue(deps.destination),
    async (job) => {
      await deps.drain.offer(job.data.lanes)
    },
    {
      connection: deps.connection,
      prefix: bullPrefix(deps.prefix),
      // Two, so that the next alarm is already here when the slots of the first are given out.
      concurrency: 2,
      lockDuration: 10_000,
      stalledInterval: 5000,
      // Lanes count crashes themselves; an alarm may stall as often as it likes.
      maxStalledCount: 1_000_000,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    },
  )
  worker.on('error', (error) =>
    deps.log.warn({ err: error.message, destination: deps.destination }, 'alarms'),
  )
  return {
    close: async () => {
      await deps.drain.stop()
      await worker.close()
    },
  }
}
