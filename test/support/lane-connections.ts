import { once } from 'node:events'
import type { Redis } from 'ioredis'
import { onTestFinished } from 'vitest'
import { workerConnection } from '../../src/queue/connections.ts'

/** A worker's connection, closed after everything that the test opens later. */
export function openConnection(url: string): Redis {
  const connection = workerConnection(url)
  onTestFinished(async () => {
    if (connection.status === 'end') return
    const ended = once(connection, 'end')
    connection.disconnect()
    await ended
  })
  return connection
}
