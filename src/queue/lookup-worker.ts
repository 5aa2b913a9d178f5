import { DelayedError, Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import type { LookupJob } from '../domain/lookup-job.ts'
import type { Log } from '../domain/log.ts'
import { backOff } from '../lanes/back-off.ts'
import { bullPrefix, profilesQueue } from './queues.ts'
import { restOnError } from './rest-on-error.ts'

export interface LookupWorker {
  /** Ends what is under way; other workers take it up. */
  close(): Promise<void>
}

export interface LookupTry {
  /** Tries that have failed. */
  failed: number
  /** When the job was added, ms since the epoch. */
  since: number
  /** Aborts when the worker stops. */
  signal: AbortSignal
}

/**
 * Takes the people who are to be looked up, some at once. `lookUp` answers when to come back, ms, or undefined when it is
 * done with; what it throws is tried again later, with back-off.
 */
export function lookupWorker(deps: {
  connection: Redis
  prefix: string
  concurrency: number
  lookUp: (conversationId: string, one: LookupTry) => Promise<number | undefined>
  log: Log
  random: () => number
}): LookupWorker {
  const stopping = new AbortController()
  const worker = new Worker<LookupJob>(
    profilesQueue,
    async (job, token) => {
      const { data, attemptsMade, timestamp } = job
      const one = { failed: attemptsMade, since: timestamp, signal: stopping.signal }
      const waitMs = await deps.lookUp(data.conversationId, one)
      if (waitMs === undefined) return
      await job.moveToDelayed(Date.now() + Math.ceil(waitMs), token)
      // Says to BullMQ that the job was moved, and counts no attempt.
      throw new DelayedError()
    },
    {
      connection: deps.connection,
      prefix: bullPrefix(deps.prefix),
      concurrency: deps.concurrency,
      settings: { backoffStrategy: (attempts: number) => backOff(attempts - 1, deps.random) },
      lockDuration: 10_000,
      stalledInterval: 5000,
      maxStalledCount: 1_000_000,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    },
  )
  restOnError(worker, deps.connection, profilesQueue, deps.log)
  return {
    close: async () => {
      stopping.abort()
      await worker.close()
    },
  }
}
