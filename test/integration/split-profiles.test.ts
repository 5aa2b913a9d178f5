import { describe, expect, test } from 'vitest'
import { delivery } from '../../src/queue/journal.ts'
import type { DeliveryBatch } from '../../src/queue/journal.ts'
import { splitDeliveries } from '../../src/queue/split-deliveries.ts'
import { laneKit, memoryLog, noTrace } from '../support/lane-kit.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })

/** Splitting, with what it does in which order. */
async function split(strangers: string[]) {
  const kit = laneKit(redis.client)
  const done: string[] = []
  const work = splitDeliveries({
    lanes: {
      append: async (items) => {
        const fresh = await kit.lanes.append(items)
        done.push('append')
        return fresh
      },
    },
    conversations: { note: () => Promise.resolve() },
    replies: { noteSent: () => Promise.resolve() },
    deadLetters: kit.deadLetters,
    lastDeliveries: { note: () => Promise.resolve() },
    ring: () => Promise.resolve(void done.push('ring')),
    trace: noTrace,
    log: memoryLog(),
    notice: () => Promise.resolve(),
    onEvent: () => {},
    profiles: {
      strangers: (events) => {
        done.push(`asks for ${events.length}`)
        return Promise.resolve(strangers)
      },
      lookUp: (ids) => Promise.resolve(void done.push(`look up ${ids.join()}`)),
    },
  })
  const messaging = [
    { sender: { id: '2' }, recipient: { id: '1' }, timestamp: 1, message: { mid: 'm', text: 'a' } },
  ]
  const body = JSON.stringify({ object: 'page', entry: [{ id: '1', time: 1, messaging }] })
  const batch: DeliveryBatch = { v: 1, deliveries: [delivery(Buffer.from(body), 1)] }
  await work(batch)
  return done
}

describe('people of a delivery', () => {
  test('are asked for while it is appended, and looked up after the alarm', async () => {
    expect(await split(['1:2'])).toEqual(['asks for 1', 'append', 'ring', 'look up 1:2'])
  })

  test('who are known are not looked up', async () => {
    expect(await split([])).toEqual(['asks for 1', 'append', 'ring'])
  })
})
