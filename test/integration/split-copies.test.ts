import { describe, expect, test } from 'vitest'
import type { CopyJob } from '../../src/domain/copy-job.ts'
import { delivery } from '../../src/queue/journal.ts'
import type { DeliveryBatch } from '../../src/queue/journal.ts'
import { splitDeliveries } from '../../src/queue/split-deliveries.ts'
import { laneKit, memoryLog, noTrace } from '../support/lane-kit.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })
const job: CopyJob = { v: 1, id: 'att_1', conversation: '1:…', type: 'image', url: 'https://cdn.example/a' }

/** Splitting, with what it does in which order. */
function open(jobs: CopyJob[] = [job]) {
  const kit = laneKit(redis.client)
  const done: string[] = []
  const failures: string[] = []
  const step = async (what: string) => {
    done.push(what)
    if (failures[0] === what) throw new Error(`${failures.shift()} failed`)
    return Promise.resolve()
  }
  const split = splitDeliveries({
    lanes: {
      append: async (items) => {
        await step('append')
        return kit.lanes.append(items)
      },
    },
    conversations: { note: () => Promise.resolve() },
    replies: { noteSent: () => Promise.resolve() },
    deadLetters: kit.deadLetters,
    lastDeliveries: { note: () => Promise.resolve() },
    ring: () => step('ring'),
    trace: noTrace,
    log: memoryLog(),
    notice: () => step('notice'),
    onEvent: () => {},
    copies: {
      note: async () => {
        await step('note')
        return jobs
      },
      fetch: (wanted) => step(`fetch ${wanted.map(({ id }) => id).join()}`),
    },
  })
  return { kit, done, failures, split }
}

const messaging = [
  { sender: { id: '2' }, recipient: { id: '1' }, timestamp: 1, message: { mid: 'm', text: 'a' } },
]
const body = JSON.stringify({ object: 'page', entry: [{ id: '1', time: 1, messaging }] })
const batch: DeliveryBatch = { v: 1, deliveries: [delivery(Buffer.from(body), 1)] }

describe('files of a delivery', () => {
  test('are noted before their event can be seen, and fetched after the alarm', async () => {
    const { done, split } = open()
    await split(batch)
    expect(done).toEqual(['note', 'append', 'notice', 'ring', 'fetch att_1'])
  })

  test('that are none are not asked for', async () => {
    const { done, split } = open([])
    await split(batch)
    expect(done).toEqual(['note', 'append', 'notice', 'ring'])
  })

  test('that could not be added are added when the delivery is split again, and the event stays one', async () => {
    const { kit, done, failures, split } = open()
    failures.push('fetch att_1')
    await expect(split(batch)).rejects.toThrow('fetch att_1 failed')
    // The text is in its lane and was rung for, whatever becomes of the file.
    expect(await kit.payloads('in:1:2')).toHaveLength(1)
    await split(batch)
    expect(done.filter((what) => what.startsWith('fetch'))).toHaveLength(2)
    expect(await kit.payloads('in:1:2')).toHaveLength(1)
  })

  test('that could not be noted are not forwarded as links of Meta by mistake', async () => {
    const { kit, failures, split } = open()
    failures.push('note')
    await expect(split(batch)).rejects.toThrow('note failed')
    expect(await kit.payloads('in:1:2')).toEqual([])
  })
})
