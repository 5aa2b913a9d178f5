import { Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import type { Log } from '../domain/log.ts'
import type { Drain } from '../lanes/drain.ts'
import type { Alarm } from './alarms.ts'
import { alarmQueue, bullPrefix } from './queues.ts'
import { restOnError } from './rest-on-error.ts'

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
  restOnError(worker, deps.connection, alarmQueue(deps.destination), deps.log)
  return {
    close: async () => {
      // Closed first: a drain that stops takes no lanes, and the alarms must stay for other workers.
      const closed = worker.close()
      await deps.drain.stop()
      await closed
    },
  }
}
