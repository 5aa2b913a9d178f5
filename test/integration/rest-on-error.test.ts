import { expect, test } from 'vitest'
import { workerConnection } from '../../src/queue/connections.ts'
import { lanesWorker } from '../../src/queue/lanes-worker.ts'
import { alarmQueue, openQueue } from '../../src/queue/queues.ts'
import type { Log } from '../../src/domain/log.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })

test('a Redis that refuses is asked again after a rest, not thousands of times a second, and then all goes on', async () => {
  const connection = workerConnection(redis.url)
  const queue = openQueue(alarmQueue('desk'), connection, 'rest')
  await queue.add('alarm', { lanes: ['in:1:anna'] })
  await redis.client.config('SET', 'maxmemory', '1')
  const offered = Promise.withResolvers<string[]>()
  const warned: number[] = []
  const warnedThrice = Promise.withResolvers<void>()
  const log: Log = {
    info: () => {},
    error: () => {},
    warn: () => {
      if (warned.push(performance.now()) === 3) warnedThrice.resolve()
    },
  }
  const drain = {
    offer: (lanes: string[]) => Promise.resolve(offered.resolve(lanes)),
    stop: () => Promise.resolve(),
  }
  const worker = lanesWorker({ connection, prefix: 'rest', destination: 'desk', drain, log })
  await warnedThrice.promise
  expect(warned[2]! - warned[0]!).toBeGreaterThan(800)
  await redis.client.config('SET', 'maxmemory', '0')
  expect(await offered.promise).toEqual(['in:1:anna'])
  await worker.close()
  await queue.close()
  connection.disconnect()
})
