import { describe, expect, test } from 'vitest'
import { laneSeizure } from '../../src/lanes/seize-lanes.ts'
import { laneScripts } from '../../src/lanes/lane-scripts.ts'
import { drainKit, gate } from '../support/lane-drain.ts'
import { laneKit } from '../support/lane-kit.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })
const lane = 'in:1:anna'
const other = 'in:1:bert'
const leaseMs = 60_000

function open() {
  const kit = laneKit(redis.client, { leaseMs })
  const seizure = laneSeizure(redis.client, laneScripts(redis.client), kit.settings)
  const keys = kit.keysOf(lane)
  return {
    kit,
    ...seizure,
    seizeOne: async () => (await seizure.seize([lane]))[0]!,
    traces: () => redis.client.exists(keys.state(lane), keys.items(lane)),
  }
}

describe('a lane that is seized', () => {
  test('loses what waits in it, and nobody can claim it until it is released; others stay as they are', async () => {
    const { kit, seize, release, traces } = open()
    await kit.append(lane, 'a', 'b')
    await kit.append(other, 'c')
    const seized = await seize([lane, 'out:1:anna'])
    expect(seized.map(({ dropped, busyMs }) => [dropped, busyMs])).toEqual([
      [2, 0],
      [0, 0],
    ])
    expect(await kit.lanes.claim([lane])).toEqual([])
    expect(await kit.payloads(other)).toEqual(['c'])
    expect(await release(seized)).toEqual([])
    expect(await traces()).toBe(0)
    expect(await kit.isDirty(lane)).toBe(false)
    expect(await kit.isDirty('out:1:anna')).toBe(false)
  })

  test('keeps what is appended meanwhile, for when it is released', async () => {
    const { kit, seizeOne, release } = open()
    await kit.append(lane, 'old')
    const seized = await seizeOne()
    await kit.append(lane, 'new')
    expect(await kit.lanes.claim([lane])).toEqual([])
    expect(await kit.lanes.wake([lane])).toBe(0)
    expect(await release([seized])).toEqual([lane])
    expect((await kit.claimOne(lane)).payload).toBe('new')
  })

  test('stays in dirty, so that the timer finds what came, should the eraser die', async () => {
    const { kit, seizeOne } = open()
    await seizeOne()
    await kit.append(lane, 'new')
    expect(await kit.isDirty(lane)).toBe(true)
    await kit.leaseEnds(lane)
    expect(await kit.lanes.due()).toEqual([lane])
    expect((await kit.claimOne(lane)).payload).toBe('new')
  })

  test('leaves no trace, should the eraser die and nothing come', async () => {
    const { kit, seizeOne, traces } = open()
    await seizeOne()
    await kit.leaseEnds(lane)
    expect(await kit.lanes.due()).toEqual([lane])
    expect(await kit.lanes.claim([lane])).toEqual([])
    expect([await traces(), await kit.isDirty(lane)]).toEqual([0, false])
  })

  test('tells for how long its holder may be at work, and only then', async () => {
    const { kit, seizeOne, release, areBusy } = open()
    await kit.append(lane, 'a')
    const working = await kit.claimOne(lane)
    const first = await seizeOne()
    expect(first.busyMs).toBeGreaterThan(leaseMs - 10_000)
    expect(first.busyMs).toBeLessThanOrEqual(leaseMs)
    // Somebody else who erases waits for the same holder, and not for the first eraser.
    const second = await seizeOne()
    expect(second.busyMs).toBeGreaterThan(leaseMs - 10_000)
    expect(second.busyMs).toBeLessThanOrEqual(first.busyMs)
    expect(await areBusy([second])).toBe(true)
    await kit.lanes.commit([{ task: working, verdict: 'done' }])
    expect(await areBusy([second]), 'and is told by both erasures when it has ended').toBe(false)
    expect(await release([first]), 'the first eraser holds it no longer').toEqual([])
    expect(await kit.lanes.claim([lane])).toEqual([])
    await release([second])
    await kit.append(lane, 'b')
    const task = await kit.claimOne(lane)
    await kit.lanes.commit([{ task, verdict: 'retry', delayMs: 60_000, code: 'X' }])
    expect((await seizeOne()).busyMs, 'who gave the lane up is not at work').toBe(0)
  })

  test('that somebody else holds by now is left to them', async () => {
    const { kit, seizeOne, release } = open()
    const seized = await seizeOne()
    await kit.append(lane, 'new')
    await kit.leaseEnds(lane)
    const task = await kit.claimOne(lane)
    expect(await release([seized])).toEqual([])
    expect(await kit.lanes.commit([{ task, verdict: 'done' }])).toEqual(['empty'])
  })

  test('is seized on a full Redis, too', async () => {
    const { kit, seizeOne, release } = open()
    await kit.append(lane, 'a')
    await redis.client.config('SET', 'maxmemory', '1')
    try {
      const seized = await seizeOne()
      expect(seized.dropped).toBe(1)
      expect(await release([seized])).toEqual([])
    } finally {
      await redis.client.config('SET', 'maxmemory', '0')
    }
  })
})

describe('whoever works on a lane that is seized', () => {
  const verdicts = [
    { verdict: 'done' },
    { verdict: 'stop' },
    { verdict: 'free' },
    { verdict: 'save', progress: 'p' },
    { verdict: 'retry', delayMs: 1, code: 'X' },
    { verdict: 'wait', delayMs: 1, code: 'X' },
    { verdict: 'defer', delayMs: 1, code: 'X' },
    { verdict: 'dead', code: 'X', message: 'x' },
  ] as const

  test.each(verdicts)('can commit nothing: $verdict', async (verdict) => {
    const { kit, seizeOne, release, areBusy } = open()
    await kit.append(lane, 'old')
    const task = await kit.claimOne(lane)
    const seized = await seizeOne()
    await kit.append(lane, 'new')
    expect(await areBusy([seized])).toBe(true)
    expect(await kit.lanes.commit([{ task, ...verdict }])).toEqual(['stale'])
    // With a verdict its work is over; with progress it is in the midst of it.
    expect(await areBusy([seized])).toBe(verdict.verdict === 'save')
    expect(await kit.payloads(lane)).toEqual(['new'])
    expect(await kit.deadLetters.count()).toBe(0)
    await release([seized])
    expect(await kit.lanes.commit([{ task, ...verdict }])).toEqual(['stale'])
    expect((await kit.claimOne(lane)).payload).toBe('new')
  })

  test('ends quietly, and works on what came later once it is released', async () => {
    const { kit, seizeOne, release } = open()
    const door = gate()
    const done: string[] = []
    const own = drainKit(kit, {
      work: async (task, hold) => {
        if (task.payload === 'old') {
          await door.pass()
          if (!(await hold.save('half-way'))) return { verdict: 'free' }
        }
        done.push(task.payload)
        return { verdict: 'done' }
      },
    })
    await kit.append(lane, 'old', 'older')
    await own.drain.offer([lane])
    await door.reached
    const seized = await seizeOne()
    await kit.append(lane, 'new')
    door.open()
    await own.until(() => own.counted.includes('stale LEASE_LOST'))
    expect(done).toEqual([])
    await own.drain.offer(await release([seized]))
    await own.until(() => own.settled.some(({ result }) => result === 'empty'))
    expect(done).toEqual(['new'])
    await own.drain.stop()
  })
})
