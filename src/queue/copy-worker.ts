import { Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import type { CopyJob } from '../domain/copy-job.ts'
import type { Log } from '../domain/log.ts'
import { backOff } from '../lanes/back-off.ts'
import { bullPrefix, copiesQueue } from './queues.ts'
import { restOnError } from './rest-on-error.ts'

export interface CopyWorker {
  /** Ends what is under way; other workers take it up. */
  close(): Promise<void>
}

export interface CopyTry {
  failed: number
  crashed: number
  since: number
  signal: AbortSignal
}

/** Takes the files that are to be fetched, some at once. What `copy` throws is tried again later, until it does not throw. */
export function copyWorker(deps: {
  connection: Redis
  prefix: string
  concurrency: number
  copy: (job: CopyJob, one: CopyTry) => Promise<void>
  log: Log
  random: () => number
}): CopyWorker {
  const stopping = new AbortController()
  const worker = new Worker<CopyJob>(
    copiesQueue,
    async ({ data, attemptsMade, stalledCounter, timestamp }) => {
      await deps.copy(data, {
        failed: attemptsMade,
        crashed: stalledCounter,
        since: timestamp,
        signal: stopping.signal,
      })
    },
    {
      connection: deps.connection,
      prefix: bullPrefix(deps.prefix),
      concurrency: deps.concurrency,
      settings: { backoffStrategy: (attempts: number) => backOff(attempts - 1, deps.random) },
      // The lock is renewed while a copy goes on. It ends soon after a worker that died, so that another goes on.
      lockDuration: 10_000,
      stalledInterval: 5000,
      // Whoever copies counts crashes itself.
      maxStalledCount: 1_000_000,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    },
  )
  restOnError(worker, deps.connection, copiesQueue, deps.log)
  return {
    close: async () => {
      stopping.abort()
      await worker.close()
    },
  }
}
