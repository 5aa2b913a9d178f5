import { randomUUID } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { delivery } from '../../src/queue/journal.ts'
import { deliveriesQueue, openQueue } from '../../src/queue/queues.ts'
import { splitUntil } from '../../src/queue/split-until.ts'
import { splitWorker } from '../../src/queue/split-worker.ts'
import { openConnection } from '../support/lane-connections.ts'
import { gate } from '../support/lane-drain.ts'
import { laneKit, memoryLog } from '../support/lane-kit.ts'
import { noAnswer, outbound, replyNumber } from '../support/lane-replies.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })

/** A reply whose first send got no answer, 20 seconds ago: longer than its echo is waited for. */
async function unanswered() {
  const out = outbound(laneKit(redis.client))
  await out.accept(replyNumber(1))
  out.answers.push(noAnswer('unknown'))
  await out.turn()
  const sentAt = out.clock.now
  out.clock.now += 20_000
  return { ...out, sentAt }
}

test('what Meta told while nobody split it is waited for, however late it is', async () => {
  const out = await unanswered()
  const splitUntil = () => Promise.resolve(out.sentAt + 14_999)
  expect(await out.turn({ splitUntil })).toEqual(['wait WAITING_FOR_ECHO'])
  out.clock.now += 3_600_000
  expect(await out.turn({ splitUntil })).toEqual(['wait WAITING_FOR_ECHO'])
  expect(out.calls).toHaveLength(1)
  await out.echo(1, 'm_echo')
  expect(await out.turn({ splitUntil })).toEqual(['done'])
  expect(out.calls).toHaveLength(1)
  expect(await out.record(1)).toMatchObject({ status: 'sent', possibleRepeat: false })
})

test('it is sent again when all that came in time is split, and newer deliveries still wait', async () => {
  const out = await unanswered()
  expect(await out.turn({ splitUntil: () => Promise.resolve(out.sentAt + 15_000) })).toEqual(['done'])
  expect(out.calls).toHaveLength(2)
  expect(await out.record(1)).toMatchObject({ status: 'sent', possibleRepeat: true })
})

test('an echo that is noted in the middle of a try is seen by it', async () => {
  const out = await unanswered()
  const splitUntil = async () => {
    await out.echo(1, 'm_echo')
    return out.clock.now
  }
  expect(await out.turn({ splitUntil })).toEqual(['done'])
  expect(out.calls).toHaveLength(1)
})

test('the journal says until when it is split: what waits and what is being split is not', async () => {
  const prefix = `t${randomUUID().slice(0, 8)}`
  const connection = openConnection(redis.url)
  const queue = openQueue(deliveriesQueue, connection, prefix)
  onTestFinished(() => queue.close())
  const batch = { v: 1, deliveries: [delivery(Buffer.from('{}'), 1)] }
  const began = Date.now()
  expect(await splitUntil(queue, connection)).toBeGreaterThanOrEqual(began)

  await queue.add('deliveries', batch, { timestamp: 1000 })
  await queue.add('deliveries', batch, { timestamp: 2000 })
  await queue.add('deliveries', batch, { timestamp: 3000 })
  expect(await splitUntil(queue, connection), 'the oldest of those that wait').toBe(1000)

  const [first, second] = [gate(), gate()]
  const gates = [first, second]
  const worker = await splitWorker({
    connection: openConnection(redis.url),
    prefix,
    log: memoryLog(),
    split: async () => gates.shift()?.pass(),
  })
  onTestFinished(() => {
    for (const one of [first, second]) one.open()
    return worker.close()
  })
  await first.reached
  expect(await splitUntil(queue, connection), 'the one that is being split').toBe(1000)
  first.open()
  await expect.poll(() => splitUntil(queue, connection)).toBe(2000)
  second.open()
  await expect.poll(() => splitUntil(queue, connection)).toBeGreaterThanOrEqual(began)
})
