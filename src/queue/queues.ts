import { Queue } from 'bullmq'
import type { Redis } from 'ioredis'

/** All BullMQ keys share one hash tag, as Redis Cluster needs, and the prefix of everything else we keep. */
export function bullPrefix(prefix: string): string {
  return `${prefix}:{queue}`
}

export const deliveriesQueue = 'deliveries'

/** Files of customers that are to be copied. */
export const copiesQueue = 'attachments'

/** People whose profile is to be asked for. */
export const profilesQueue = 'profiles'

/** One queue of alarms per destination, so that alarms for a slow helpdesk never stand before another's. */
export function alarmQueue(destination: string): string {
  return `lanes-${destination}`
}

export function openQueue(name: string, connection: Redis, prefix: string): Queue {
  const queue = new Queue(name, {
    connection,
    prefix: bullPrefix(prefix),
    // Without it an add before the first connect hangs instead of failing.
    skipWaitingForReady: true,
    // The check asks at once and its failure is final: a Redis that is not there yet would mean 503 for good.
    // Our own start-up check reads the version.
    skipVersionCheck: true,
    // We never read BullMQ's event stream; ten thousand entries per queue would only cost memory.
    streams: { events: { maxLen: 10 } },
    defaultJobOptions: { removeOnComplete: true, attempts: 1, stackTraceLimit: 1 },
  })
  // The connection itself tells that Redis is away, once; without a listener BullMQ prints it again, and not as JSON.
  queue.on('error', () => {})
  return queue
}
