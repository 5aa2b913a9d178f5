import { Redis } from 'ioredis'
import type { RedisOptions } from 'ioredis'

const everywhere = {
  // BullMQ waits up to 20 s between tries; a Redis that is back should be noticed within half a second.
  retryStrategy: (times: number) => Math.min(times * 50, 500),
  connectTimeout: 2000,
} satisfies RedisOptions

/**
 * For whoever answers a request: fails within the command timeout when Redis hangs, and at once when it is gone,
 * instead of queueing in memory what the caller believes to be stored.
 */
export function ingestConnection(url: string, commandTimeout = 1500): Redis {
  return new Redis(url, {
    ...everywhere,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout,
    autoResendUnfulfilledCommands: false,
    // A peer that vanished without a word: TCP alone would notice after a quarter of an hour, ms.
    socketTimeout: 5000,
  })
}

/** For workers: commands wait for Redis to come back. BullMQ demands maxRetriesPerRequest null. */
export function workerConnection(url: string): Redis {
  // Longer than a blocking fetch is silent (10 s). What is sent again after it is refused as stale or a duplicate.
  return new Redis(url, { ...everywhere, maxRetriesPerRequest: null, socketTimeout: 15_000 })
}

/** Resolves when the connection is ready or `ms` have passed; says which. */
export async function isReadyWithin(redis: Redis, ms: number): Promise<boolean> {
  if (redis.status === 'ready') return true
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const onReady = () => resolve(true)
  redis.once('ready', onReady)
  const timer = setTimeout(() => resolve(false), ms)
  const ready = await promise
  clearTimeout(timer)
  redis.off('ready', onReady)
  return ready
}

/** Errors that mean Redis could not be asked or would not write, as opposed to our own faults. */
export function isStoreError(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (['ReplyError', 'MaxRetriesPerRequestError', 'AbortError'].includes(error.name)) return true
  return /^(Command timed out|Connection is closed|Stream isn't writeable|Connection not yet|connect E|read E|write E)/.test(
    error.message,
  )
}
