import { randomUUID } from 'node:crypto'
import { Worker } from 'bullmq'
import { expect, onTestFinished, test } from 'vitest'
import { delivery } from '../../src/queue/journal.ts'
import type { DeliveryBatch } from '../../src/queue/journal.ts'
import { bullPrefix, deliveriesQueue, openQueue } from '../../src/queue/queues.ts'
import { splitWorker } from '../../src/queue/split-worker.ts'
import { openConnection } from '../support/lane-connections.ts'
import { gate } from '../support/lane-drain.ts'
import { memoryLog } from '../support/lane-kit.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })

/** A queue of deliveries that are numbers, and workers on it that write down which they split. */
function deliveries() {
  const prefix = `t${randomUUID().slice(0, 8)}`
  const connection = openConnection(redis.url)
  const queue = openQueue(deliveriesQueue, connection, prefix)
  onTestFinished(() => queue.close())
  const began: number[] = []
  const ended: number[] = []
  const log = memoryLog()
  let watchers: (() => void)[] = []

  return {
    prefix,
    connection,
    queue,
    began,
    ended,
    log,
    async add(...numbers: number[]): Promise<void> {
      for (const n of numbers) {
        const batch: DeliveryBatch = { v: 1, deliveries: [delivery(Buffer.from(String(n)), 1)] }
        await queue.add('deliveries', batch)
      }
    },
    async worker(split: (n: number) => Promise<void>, own = openConnection(redis.url)) {
      const opened = await splitWorker({
        connection: own,
        prefix,
        log,
        async split(batch) {
          const n = Number(batch.deliveries[0]!.body)
          began.push(n)
          await split(n)
          ended.push(n)
          for (const one of watchers.splice(0)) one()
        },
      })
      let isClosed = false
      async function close(): Promise<void> {
        if (isClosed) return
        isClosed = true
        await opened.close()
      }
      onTestFinished(close)
      return { close }
    },
    async splits(count: number): Promise<void> {
      while (ended.length < count) await new Promise<void>((resolve) => watchers.push(resolve))
    },
  }
}

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

test('two workers keep the order of arrival, and one splits at a time', async () => {
  const { add, worker, splits, began, ended, queue } = deliveries()
  let running = 0
  let most = 0
  const split = async () => {
    most = Math.max(most, ++running)
    await turn()
    await redis.client.ping()
    running--
  }
  await Promise.all([worker(split), worker(split)])
  await add(...numbers(40))
  await splits(40)
  expect(began).toEqual(numbers(40))
  expect(ended).toEqual(numbers(40))
  expect(most).toBe(1)
  expect(await queue.getGlobalConcurrency()).toBe(1)
})

test('what cannot be split now is tried again in place, before its followers', async () => {
  const { add, worker, splits, began, log } = deliveries()
  let fails = 3
  await add(0, 1, 2)
  const split = () => (fails-- > 0 ? Promise.reject(new Error('OOM command not allowed')) : Promise.resolve())
  await Promise.all([worker(split), worker(split)])
  await splits(3)
  expect(began).toEqual([0, 0, 0, 0, 1, 2])
  expect(log.lines).toMatchObject([
    { level: 'warn', fields: { tries: 0 } },
    { level: 'warn', fields: { tries: 1 } },
    { level: 'warn', fields: { tries: 2 } },
  ])
})

test('a worker that stops while a split fails leaves it to the next one, first in line', async () => {
  const { add, worker, splits, began, ended, queue } = deliveries()
  const failed = gate()
  await add(0, 1, 2)
  const first = await worker(async () => {
    void failed.pass()
    throw new Error('OOM command not allowed')
  })
  await failed.reached
  await first.close()
  expect(await queue.getJobCounts('failed', 'active', 'waiting')).toEqual({
    failed: 0,
    active: 0,
    waiting: 3,
  })
  const before = began.length
  await worker(() => Promise.resolve())
  await splits(3)
  expect(began.slice(before)).toEqual([0, 1, 2])
  expect(ended).toEqual([0, 1, 2])
})

test('a worker that stops finishes the split that is under way, and begins no other', async () => {
  const { add, worker, ended, queue } = deliveries()
  const door = gate()
  await add(0, 1)
  const first = await worker(() => door.pass())
  await door.reached
  const closed = first.close()
  door.open()
  await closed
  expect(ended).toEqual([0])
  expect(await queue.getJobCountByTypes('waiting')).toBe(1)
})

test('what a dead worker had begun is taken by the other one, first, when its lock is over', async () => {
  const { add, worker, splits, began, prefix, queue } = deliveries()
  await add(0, 1, 2)
  await queue.setGlobalConcurrency(1)
  // Takes a delivery as a worker does, and then never renews its lock nor says anything more.
  const dead = new Worker(deliveriesQueue, null, {
    connection: openConnection(redis.url),
    prefix: bullPrefix(prefix),
    lockDuration: 3000,
  })
  const taken = await dead.getNextJob('token of the dead')
  await dead.close()
  expect(taken?.data).toMatchObject({ deliveries: [{ body: '0' }] })
  expect(await redis.client.pttl(`${bullPrefix(prefix)}:${deliveriesQueue}:${taken?.id}:lock`)).toBeLessThan(
    3001,
  )
  await worker(() => Promise.resolve())
  await splits(3)
  expect(began).toEqual([0, 1, 2])
})

test('one at a time holds again after Redis came back empty', async () => {
  const { worker, queue, prefix } = deliveries()
  const own = openConnection(redis.url)
  await worker(() => Promise.resolve(), own)
  await redis.client.hdel(`${bullPrefix(prefix)}:${deliveriesQueue}:meta`, 'concurrency')
  expect(await queue.getGlobalConcurrency()).toBeNull()
  own.disconnect(true)
  await expect.poll(() => queue.getGlobalConcurrency()).toBe(1)
})
