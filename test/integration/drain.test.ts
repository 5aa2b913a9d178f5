import { describe, expect, test } from 'vitest'
import { StepError } from '../../src/domain/step-error.ts'
import type { Task, Verdict } from '../../src/lanes/lanes.ts'
import { drainKit, gate } from '../support/lane-drain.ts'
import { laneKit } from '../support/lane-kit.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })

const done: Verdict = { verdict: 'done' }
const busy = () => new StepError('busy', { code: 'BUSY', verdict: 'retry', arrived: 'no' })
const refused = () => new StepError('no', { code: 'REFUSED', verdict: 'permanent', arrived: 'no' })
const numbers = (count: number) => Array.from({ length: count }, (_, n) => String(n))

describe('order and fairness', () => {
  test('each lane keeps its order through failures, and no more heads are worked on than allowed', async () => {
    const kit = laneKit(redis.client)
    const names = numbers(20).map((n) => `in:1:person${n}`)
    const effects = new Map(names.map((lane) => [lane, [] as string[]]))
    let running = 0
    let most = 0
    const work = async (task: Task) => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setImmediate(resolve))
      running--
      // A third of the heads fail, some of them several times.
      const dice = Number(task.payload) * 7919 + task.attempts * 31 + task.lane.length
      if (dice % 3 === 0) throw busy()
      effects.get(task.lane)!.push(task.payload)
      return done
    }
    const own = drainKit(kit, { work, concurrency: 5 })
    for (const lane of names) await kit.append(lane, ...numbers(10))

    let rounds = 0
    for (let waiting = names; waiting.length > 0; rounds++) {
      const before = own.settled.length
      await own.drain.offer(waiting)
      const isOver = (lane: string) =>
        own.settled.slice(before).some((one) => one.lane === lane && one.result !== 'next')
      await own.until(() => waiting.every(isOver))
      const kept = own.settled.slice(before).filter((one) => one.result === 'kept')
      waiting = kept.map((one) => one.lane)
      for (const lane of waiting) await kit.waitEnds(lane)
    }

    expect(Object.fromEntries(effects)).toEqual(Object.fromEntries(names.map((lane) => [lane, numbers(10)])))
    expect(most).toBe(5)
    expect(rounds).toBeGreaterThan(3)
    expect(await redis.keys(`${kit.prefix}*items*`)).toEqual([])
  })

  test('a lane that fails does not delay the others', async () => {
    const kit = laneKit(redis.client)
    const tries: string[] = []
    const work = (task: Task) => {
      tries.push(`${task.lane} ${task.payload}`)
      return task.lane === 'in:1:bad' ? Promise.reject(busy()) : Promise.resolve(done)
    }
    const own = drainKit(kit, { work, concurrency: 1 })
    for (const lane of ['in:1:bad', 'in:1:good', 'in:1:fine']) await kit.append(lane, 'a', 'b')
    await own.drain.offer(['in:1:bad', 'in:1:good', 'in:1:fine'])
    await own.until(() => own.settled.filter((one) => one.result === 'empty').length === 2)
    expect(tries).toEqual(['in:1:bad a', 'in:1:good a', 'in:1:good b', 'in:1:fine a', 'in:1:fine b'])
    expect(await kit.payloads('in:1:bad')).toEqual(['a', 'b'])
  })

  test.each([
    { name: 'all are done', work: () => Promise.resolve(done) },
    { name: 'all die', work: () => Promise.reject(refused()) },
  ])('after 50 items a lane gives its slot to others and is rung for again, when $name', async ({ work }) => {
    const kit = laneKit(redis.client)
    const worked: string[] = []
    const own = drainKit(kit, {
      concurrency: 1,
      work: (task) => {
        worked.push(task.lane)
        return work()
      },
    })
    await kit.append('in:1:long', ...numbers(70))
    await kit.append('in:1:short', 'only')
    await own.drain.offer(['in:1:long', 'in:1:short'])
    await own.until(() => own.settled.some((one) => one.result === 'empty'))
    expect(worked).toEqual([...Array<string>(50).fill('in:1:long'), 'in:1:short'])
    expect(own.rings).toEqual([['in:1:long']])
    expect((await kit.statuses.of('in:1:long')).waiting).toBe(20)
    // Whoever comes for the alarm, or the timer should the alarm be lost, finds the lane free.
    expect(await kit.lanes.due()).toEqual(['in:1:long'])
    expect((await kit.claimOne('in:1:long')).payload).toBe('50')
  })

  test('an alarm that cannot be sent at the end of a turn ends nothing else', async () => {
    const kit = laneKit(redis.client)
    const own = drainKit(kit, {
      concurrency: 1,
      work: () => Promise.resolve(done),
      ring: () => Promise.reject(new Error('OOM command not allowed')),
    })
    await kit.append('in:1:long', ...numbers(60))
    await own.drain.offer(['in:1:long'])
    // Resolves only when the slot of the first turn is free again.
    await own.drain.offer(['in:1:long'])
    await own.until(() => own.settled.some((one) => one.result === 'empty'))
    expect(own.log.lines).toMatchObject([{ level: 'warn', fields: { lane: 'in:1:…' } }])
  })
})

describe('offer', () => {
  test('waits for room, and resolves when its lanes are claimed, not when they are worked off', async () => {
    const kit = laneKit(redis.client)
    const gates = new Map(['in:1:a', 'in:1:b', 'in:1:c'].map((lane) => [lane, gate()]))
    const own = drainKit(kit, {
      concurrency: 2,
      work: async (task) => {
        await gates.get(task.lane)!.pass()
        return done
      },
    })
    for (const lane of gates.keys()) await kit.append(lane, 'x')
    let isResolved = false
    const offered = own.drain.offer([...gates.keys()]).then(() => (isResolved = true))
    await Promise.all([gates.get('in:1:a')!.reached, gates.get('in:1:b')!.reached])
    await kit.redis.ping()
    expect(isResolved).toBe(false)
    gates.get('in:1:a')!.open()
    await offered
    await gates.get('in:1:c')!.reached
    for (const one of gates.values()) one.open()
    await own.drain.stop()
    expect(own.settled.map((one) => one.result)).toEqual(['empty', 'empty', 'empty'])
  })

  test('lanes that are refused leave their slots at once', async () => {
    const kit = laneKit(redis.client)
    const own = drainKit(kit, { concurrency: 1, work: () => Promise.resolve(done) })
    await kit.append('in:1:taken', 'x')
    await kit.claimOne('in:1:taken')
    await kit.append('in:1:free', 'x')
    await own.drain.offer(['in:1:taken', 'in:1:empty', 'in:1:taken', 'in:1:free'])
    await own.until(() => own.settled.length === 1)
    expect(own.settled).toMatchObject([{ lane: 'in:1:free', result: 'empty' }])
  })

  test('a claim that fails rejects the offer and costs no slot', async () => {
    const kit = laneKit(redis.client)
    let fails = true
    const own = drainKit(kit, {
      concurrency: 1,
      work: () => Promise.resolve(done),
      lanes: {
        ...kit.lanes,
        claim: (names) =>
          fails ? Promise.reject(new Error('Connection is closed')) : kit.lanes.claim(names),
      },
    })
    await kit.append('in:1:a', 'x')
    await expect(own.drain.offer(['in:1:a'])).rejects.toThrow('Connection is closed')
    fails = false
    await own.drain.offer(['in:1:a'])
    await own.until(() => own.settled.length === 1)
  })
})

describe('items that are done together', () => {
  test('a head takes with it what its holder saw behind it, and what came meanwhile stays', async () => {
    const kit = laneKit(redis.client)
    const tried: string[] = []
    const seen: string[][] = []
    const own = drainKit(kit, {
      work: async (task, hold) => {
        tried.push(task.payload)
        const behind = await hold.behind(2)
        seen.push(behind)
        if (tried.length === 1) await kit.append('in:1:a', 'late')
        return { ...done, items: 1 + behind.length }
      },
    })
    await kit.append('in:1:a', ...numbers(4))
    await own.drain.offer(['in:1:a'])
    await own.until(() => own.settled.length === 2)
    expect(tried).toEqual(['0', '3'])
    expect(seen).toEqual([['1', '2'], ['late']])
    expect(own.settled.map(({ result }) => result)).toEqual(['next', 'empty'])
    expect(await kit.payloads('in:1:a')).toEqual([])
  })

  test('who lost the lane sees nothing behind its head, and takes nothing with it', async () => {
    const kit = laneKit(redis.client)
    await kit.append('in:1:a', ...numbers(3))
    const task = await kit.claimOne('in:1:a')
    await kit.leaseEnds('in:1:a')
    await kit.claimOne('in:1:a')
    expect(await kit.lanes.behind(task, 10)).toEqual([])
    expect(await kit.lanes.commit([{ task, verdict: 'done', items: 3 }])).toEqual(['stale'])
    expect(await kit.payloads('in:1:a')).toEqual(numbers(3))
  })
})

describe('stop', () => {
  test('finishes what is under way, gives back the rest, and rings for none of it', async () => {
    const kit = laneKit(redis.client)
    const door = gate()
    const own = drainKit(kit, {
      concurrency: 1,
      work: async () => {
        await door.pass()
        return done
      },
    })
    await kit.append('in:1:a', 'first', 'second', 'third')
    await kit.append('in:1:b', 'x')
    const offered = own.drain.offer(['in:1:a', 'in:1:b'])
    await door.reached
    const stopped = own.drain.stop()
    door.open()
    await Promise.all([stopped, offered])
    await own.drain.offer(['in:1:b'])
    expect(own.settled).toMatchObject([{ payload: 'first', verdict: 'stop', result: 'more' }])
    expect(own.rings).toEqual([])
    // Free for the next worker, without a claim on its account.
    expect(await kit.claimOne('in:1:a')).toMatchObject({ payload: 'second', claims: 1 })
    expect(await kit.claimOne('in:1:b')).toMatchObject({ payload: 'x', claims: 1 })
  })

  test('gives back untried what a claim brings after it', async () => {
    const kit = laneKit(redis.client)
    const door = gate()
    const tried: string[] = []
    const own = drainKit(kit, {
      work: (task) => {
        tried.push(task.payload)
        return Promise.resolve(done)
      },
      lanes: {
        ...kit.lanes,
        claim: async (names) => {
          const tasks = await kit.lanes.claim(names)
          await door.pass()
          return tasks
        },
      },
    })
    await kit.append('in:1:a', 'x')
    const offered = own.drain.offer(['in:1:a'])
    await door.reached
    const stopped = own.drain.stop()
    door.open()
    await Promise.all([offered, stopped])
    expect(tried).toEqual([])
    expect(await kit.claimOne('in:1:a')).toMatchObject({ payload: 'x', claims: 1 })
  })
})
