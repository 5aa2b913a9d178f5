import { describe, expect, test } from 'vitest'
import type { DrainDeps, Work } from '../../src/lanes/drain.ts'
import type { Verdict } from '../../src/lanes/lanes.ts'
import { StepError } from '../../src/domain/step-error.ts'
import { drainKit } from '../support/lane-drain.ts'
import { laneKit } from '../support/lane-kit.ts'
import type { LaneKit } from '../support/lane-kit.ts'
import { poll } from '../support/poll.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })

const done: Verdict = { verdict: 'done' }
const wait = (delayMs: number): Verdict => ({ verdict: 'wait', code: 'RATE_LIMITED', delayMs })

/** A drain that wakes by itself, with no timer beside it, and what it claimed. */
function waking(kit: LaneKit, work: Work, more: Partial<DrainDeps> = {}) {
  const claims: { asked: string[]; got: string[] }[] = []
  const own = drainKit(kit, {
    work,
    wakeWithinMs: 5000,
    lanes: {
      ...kit.lanes,
      claim: async (asked) => {
        const tasks = await kit.lanes.claim(asked)
        claims.push({ asked, got: tasks.map((task) => task.lane) })
        return tasks
      },
    },
    ...more,
  })
  const isEmpty = (count: number) => () =>
    own.settled.filter((one) => one.result === 'empty').length === count
  return { ...own, claims, empty: (count: number) => own.until(isEmpty(count)) }
}

describe('a lane that is put off for a short time', () => {
  test('comes back by itself, once, and is not refused', async () => {
    const kit = laneKit(redis.client)
    let tries = 0
    const own = waking(kit, () => Promise.resolve(++tries === 1 ? wait(30) : done))
    await kit.append('out:1:anna', 'a')
    await own.drain.offer(['out:1:anna'])
    await own.empty(1)
    const lanes = ['out:1:anna']
    expect(own.claims).toEqual([
      { asked: lanes, got: lanes },
      { asked: lanes, got: lanes },
    ])
    await own.drain.stop()
  })

  test('comes back after a retry, too', async () => {
    const kit = laneKit(redis.client)
    let tries = 0
    const busy = new StepError('busy', { code: 'BUSY', verdict: 'retry', arrived: 'no' })
    // With no jitter the first retry is after half a second.
    const own = waking(kit, () => (++tries === 1 ? Promise.reject(busy) : Promise.resolve(done)), {
      random: () => 0,
    })
    await kit.append('out:1:anna', 'a')
    await own.drain.offer(['out:1:anna'])
    await own.empty(1)
    expect(own.claims).toHaveLength(2)
    await own.drain.stop()
  })

  test('one of many is never too early, so that none is left to the timer', async () => {
    const kit = laneKit(redis.client)
    const lanes = Array.from({ length: 300 }, (_, n) => `out:1:person${n}`)
    const tries = new Map(lanes.map((lane) => [lane, 0]))
    const own = waking(
      kit,
      (task) => {
        const tried = tries.get(task.lane)!
        tries.set(task.lane, tried + 1)
        return Promise.resolve(
          tried < 4 ? wait(0.1 + ((Number(task.payload) * 7.3 + tried * 31) % 80)) : done,
        )
      },
      { concurrency: 64 },
    )
    await kit.lanes.append(lanes.map((lane, n) => ({ lane, id: lane, payload: String(n) })))
    await own.drain.offer(lanes)
    await own.empty(300)
    const refused = own.claims.flatMap(({ asked, got }) => asked.filter((lane) => !got.includes(lane)))
    expect(refused).toEqual([])
    expect(own.claims.flatMap((one) => one.got)).toHaveLength(300 * 5)
    // Many at a time.
    expect(own.claims.length).toBeLessThan(1000)
    await own.drain.stop()
  })
})

describe('it is a hint only', () => {
  test('a lane that is forgotten is found by the timer', async () => {
    const kit = laneKit(redis.client)
    const own = waking(kit, () => Promise.resolve(wait(20)))
    await kit.append('out:1:anna', 'a')
    await own.drain.offer(['out:1:anna'])
    await own.until(() => own.settled.length === 1)
    // As good as a crash: nobody remembers the lane any more.
    await own.drain.stop()
    await poll(
      () => kit.lanes.due(),
      (due) => due.includes('out:1:anna'),
    )
    expect(own.claims).toHaveLength(1)
    expect(await kit.claimOne('out:1:anna')).toMatchObject({ payload: 'a', claims: 1 })
  })

  test('a lane that somebody else works on meanwhile is left to them', async () => {
    const kit = laneKit(redis.client)
    const own = waking(kit, () => Promise.resolve(wait(60)))
    await kit.append('out:1:anna', 'a', 'b')
    await own.drain.offer(['out:1:anna'])
    await own.until(() => own.settled.length === 1)
    await kit.waitEnds('out:1:anna')
    const task = await kit.claimOne('out:1:anna')
    await poll(
      () => Promise.resolve(own.claims.length),
      (count) => count === 2,
    )
    expect(own.claims[1]).toEqual({ asked: ['out:1:anna'], got: [] })
    expect(await kit.lanes.commit([{ task, verdict: 'done' }])).toMatchObject([{ payload: 'b' }])
    await own.drain.stop()
  })

  test('without the setting the timer alone wakes', async () => {
    const kit = laneKit(redis.client)
    const own = waking(kit, () => Promise.resolve(wait(20)), { wakeWithinMs: 0 })
    await kit.append('out:1:anna', 'a')
    await own.drain.offer(['out:1:anna'])
    await poll(
      () => kit.lanes.due(),
      (due) => due.includes('out:1:anna'),
    )
    expect(own.claims).toHaveLength(1)
    await own.drain.stop()
  })

  test('a stop leaves no timer', async () => {
    const kit = laneKit(redis.client)
    const timers = () => process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length
    const lanes = Array.from({ length: 200 }, (_, n) => `out:1:person${n}`)
    const own = waking(kit, () => Promise.resolve(wait(4000)), { concurrency: 200 })
    for (const lane of lanes) await kit.append(lane, 'a')
    await own.drain.offer(lanes)
    await own.until(() => own.settled.length === 200)
    await redis.client.ping()
    const before = timers()
    await own.drain.stop()
    // The test runner has some of its own, which come and go.
    expect(before - timers()).toBeGreaterThan(150)
  })
})
