import type { Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import type { Log } from '../domain/log.ts'

const restMs = 500

/**
 * BullMQ fetches again at once after every error that is no connection error: a Redis that is full, reads its file or
 * is a replica would be asked thousands of times a second, with a log line each. So the worker rests in between.
 */
export function restOnError(
  worker: Pick<Worker, 'on' | 'pause' | 'resume' | 'closing'>,
  connection: Pick<Redis, 'status'>,
  name: string,
  log: Log,
): void {
  let resting = false
  worker.on('error', (error) => {
    // A lost connection tells of itself, once, and BullMQ waits for it by itself.
    if (resting || worker.closing || connection.status !== 'ready') return
    resting = true
    log.warn({ queue: name, err: error.message }, 'Redis refuses; resting a moment')
    worker.pause(true).catch(() => {
      // Only the flag matters, and that is set before anything can fail.
    })
    setTimeout(() => {
      resting = false
      if (!worker.closing) void worker.resume()
    }, restMs)
  })
}
