import { afterEach, describe, expect, test, vi } from 'vitest'
import { StepError } from '../../src/domain/step-error.ts'
import type { Hold } from '../../src/lanes/hold.ts'
import type { Task, Verdict } from '../../src/lanes/lanes.ts'
import { drainKit, gate } from '../support/lane-drain.ts'
import { laneKit } from '../support/lane-kit.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })

const lane = 'in:1:anna'
const done: Verdict = { verdict: 'done' }

describe('a holder whose lease was taken over', () => {
  test('commits nothing and stops', async () => {
    const kit = laneKit(redis.client)
    await kit.append(lane, 'a', 'b', 'c')
    const door = gate()
    const frozen = drainKit(kit, {
      work: async () => {
        await door.pass()
        return done
      },
    })
    await frozen.drain.offer([lane])
    await door.reached
    await kit.leaseEnds(lane)
    const doors = { second: gate() }
    const other = drainKit(kit, {
      work: async (task) => {
        if (task.payload === 'b') await doors.second.pass()
        return done
      },
    })
    await other.drain.offer([lane])
    await doors.second.reached
    door.open()
    await frozen.until(() => frozen.counted.length === 2)
    expect(frozen.settled).toMatchObject([{ payload: 'a', verdict: 'done', result: 'stale' }])
    expect(frozen.counted).toEqual(['done', 'stale COMMIT_REFUSED'])
    doors.second.open()
    await other.until(() => other.settled.length === 3)
    expect(other.settled.map(({ payload, result }) => [payload, result])).toEqual([
      ['a', 'next'],
      ['b', 'next'],
      ['c', 'empty'],
    ])
  })

  test('is told so when it saves, and then its verdict is not even sent', async () => {
    const kit = laneKit(redis.client)
    await kit.append(lane, 'a')
    const saved: boolean[] = []
    const own = drainKit(kit, {
      work: async (_task, hold) => {
        await kit.leaseEnds(lane)
        await kit.claimOne(lane)
        saved.push(await hold.save('half'))
        return done
      },
    })
    await own.drain.offer([lane])
    await own.drain.stop()
    expect(saved).toEqual([false])
    expect(own.counted).toEqual(['stale LEASE_LOST'])
    expect(own.settled).toMatchObject([{ verdict: 'save', result: 'stale' }])
    expect(await kit.payloads(lane)).toEqual(['a'])
    expect((await kit.state(lane))['progress']).toBeUndefined()
  })

  test('repeats nothing but the one head in flight when its commit got no answer', async () => {
    const kit = laneKit(redis.client)
    await kit.append(lane, 'a', 'b')
    const effects: string[] = []
    const work = (task: Task) => {
      effects.push(task.payload)
      return Promise.resolve(done)
    }
    const cut = drainKit(kit, { work, commit: () => Promise.reject(new Error('Connection is closed')) })
    await cut.drain.offer([lane])
    await cut.drain.stop()
    expect(cut.log.lines).toMatchObject([{ level: 'warn', fields: { code: 'COMMIT_FAILED' } }])
    expect(await kit.lanes.claim([lane]), 'still leased').toEqual([])
    await kit.leaseEnds(lane)
    expect(await kit.lanes.due()).toEqual([lane])
    const next = drainKit(kit, { work })
    await next.drain.offer([lane])
    await next.until(() => next.settled.length === 2)
    expect(effects).toEqual(['a', 'a', 'b'])
  })
})

describe('save', () => {
  test('keeps what was reached over a retry, for this head only', async () => {
    const kit = laneKit(redis.client)
    await kit.append(lane, 'a', 'b')
    const seen: string[] = []
    const own = drainKit(kit, {
      work: async (task, hold) => {
        seen.push(`${task.payload} ${task.progress}`)
        if (task.payload !== 'a') return done
        if (task.progress === 'ticket') return done
        expect(await hold.save(task.progress === 'half' ? 'ticket' : 'half')).toBe(true)
        throw new StepError('busy', { code: 'BUSY', verdict: 'retry', arrived: 'no' })
      },
    })
    for (let n = 0; n < 3; n++) {
      await kit.waitEnds(lane)
      await own.drain.offer([lane])
      const kept = () => own.settled.filter((one) => one.result === 'kept').length
      await own.until(() => kept() > n || own.settled.some((one) => one.result === 'empty'))
    }
    expect(seen).toEqual(['a ', 'a half', 'a ticket', 'b '])
  })

  test('survives a crash, and a lane that was given back', async () => {
    const kit = laneKit(redis.client)
    await kit.append(lane, 'a')
    const first = await kit.claimOne(lane)
    await kit.lanes.commit([{ task: first, verdict: 'save', progress: 'half' }])
    await kit.leaseEnds(lane)
    const second = await kit.claimOne(lane)
    expect(second.progress).toBe('half')
    await kit.lanes.commit([{ task: second, verdict: 'free' }])
    expect((await kit.claimOne(lane)).progress).toBe('half')
  })

  test('renews the lease', async () => {
    const kit = laneKit(redis.client)
    await kit.append(lane, 'a')
    const claimable: number[] = []
    const own = drainKit(kit, {
      work: async (_task, hold) => {
        await kit.leaseEnds(lane)
        await hold.save('half')
        claimable.push((await kit.lanes.claim([lane])).length, (await kit.lanes.due()).length)
        return done
      },
    })
    await own.drain.offer([lane])
    await own.drain.stop()
    expect(claimable).toEqual([0, 0])
    expect(own.settled.at(-1)).toMatchObject({ verdict: 'stop', result: 'empty' })
  })
})

describe('the signal', () => {
  afterEach(() => void vi.useRealTimers())

  test('aborts before half of the lease is over; a save starts the time anew', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const kit = laneKit(redis.client, { leaseMs: 10_000 })
    await kit.append(lane, 'a')
    const started = Promise.withResolvers<Hold>()
    const door = gate()
    const own = drainKit(kit, {
      work: async (_task, hold) => {
        started.resolve(hold)
        await door.pass()
        return done
      },
    })
    await own.drain.offer([lane])
    const hold = await started.promise
    vi.advanceTimersByTime(4000)
    expect(hold.signal.aborted).toBe(false)
    expect(await hold.save('half')).toBe(true)
    vi.advanceTimersByTime(4000)
    expect(hold.signal.aborted).toBe(false)
    vi.advanceTimersByTime(999)
    expect(hold.signal.aborted).toBe(true)
    door.open()
    await own.drain.stop()
  })

  test('is not heard of again once the work is over', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const kit = laneKit(redis.client, { leaseMs: 10_000 })
    await kit.append(lane, 'a')
    const holds: Hold[] = []
    const own = drainKit(kit, {
      work: (_task, hold) => {
        holds.push(hold)
        return Promise.resolve(done)
      },
    })
    await own.drain.offer([lane])
    await own.until(() => own.settled.length === 1)
    vi.advanceTimersByTime(10_000)
    expect(holds.map((one) => one.signal.aborted)).toEqual([false])
  })
})
