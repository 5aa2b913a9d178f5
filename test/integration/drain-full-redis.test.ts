import { expect, onTestFinished, test } from 'vitest'
import { alarms } from '../../src/queue/alarms.ts'
import { lanesWorker } from '../../src/queue/lanes-worker.ts'
import { laneTimer } from '../../src/queue/timer.ts'
import type { Verdict } from '../../src/lanes/lanes.ts'
import { openConnection } from '../support/lane-connections.ts'
import { drainKit } from '../support/lane-drain.ts'
import { laneKit, memoryLog } from '../support/lane-kit.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })

test('a Redis over its memory is drained, though it takes no alarm', async () => {
  const kit = laneKit(redis.client, { graceMs: 1 })
  const names = Array.from({ length: 30 }, (_, n) => `in:1:person${n}`)
  for (const lane of names) await kit.append(lane, ...Array.from({ length: 60 }, (_, n) => String(n)))

  const effects = new Map<string, string[]>()
  const done: Verdict = { verdict: 'done' }
  const connection = openConnection(redis.url)
  const bells = alarms(connection, kit.prefix, ['main'], () => 'main')
  const own = drainKit(kit, {
    work: (task) => {
      effects.set(task.lane, [...(effects.get(task.lane) ?? []), task.payload])
      return Promise.resolve(done)
    },
    ring: (lanes) => bells.ring(lanes),
  })
  await redis.client.config('SET', 'maxmemory', '1')
  await expect(bells.ring(names)).rejects.toThrow('OOM')

  const log = memoryLog()
  const worker = lanesWorker({ connection, prefix: kit.prefix, destination: 'main', drain: own.drain, log })
  const offer = (lanes: string[]) => void own.drain.offer(lanes)
  const timer = laneTimer({ lanes: kit.lanes, alarms: bells, offer, log })
  onTestFinished(async () => {
    await redis.client.config('SET', 'maxmemory', '0')
    timer.stop()
    await worker.close()
    await bells.close()
  })
  await own.until(() => own.settled.filter((one) => one.result === 'empty').length === names.length)
  expect([...effects.keys()].toSorted()).toEqual(names.toSorted())
  const order = Array.from({ length: 60 }, (_, n) => String(n))
  for (const lane of names) expect(effects.get(lane)).toEqual(order)
})
