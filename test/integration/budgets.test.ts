import { fc, test as prop } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import type { RateKind } from '../../src/records/budgets.ts'
import { budgetKit, granted, mostInWindow, simulate, waits } from '../support/budget-kit.ts'
import { openConnection } from '../support/lane-connections.ts'
import { watchScriptKeys } from '../support/lane-monitor.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })

describe('the limit', () => {
  test('is granted at once, and then not before a window has passed', async () => {
    const kit = budgetKit(redis.client)
    expect(granted(await kit.askMany(100))).toBe(100)
    const [wait] = waits([await kit.ask()])
    expect(wait).toBeGreaterThan(500)
    expect(wait).toBeLessThanOrEqual(1020)
    await kit.pass(500)
    expect(granted(await kit.askMany(50))).toBe(0)
    await kit.pass(520)
    expect(granted(await kit.askMany(150))).toBe(100)
  })

  test('slides: what was granted late comes back late', async () => {
    const kit = budgetKit(redis.client)
    expect(granted(await kit.askMany(60))).toBe(60)
    await kit.pass(700)
    expect(granted(await kit.askMany(60))).toBe(40)
    await kit.pass(321)
    expect(granted(await kit.askMany(100))).toBe(60)
    await kit.pass(700)
    expect(granted(await kit.askMany(100))).toBe(40)
  })

  test.each<[RateKind, number, number]>([
    ['text', 100, 1000],
    ['media', 10, 1000],
    ['privateReply', 750, 3_600_000],
    ['profile', 10, 600_000],
    ['conversations', 2, 1000],
    ['lookups', 90, 1000],
  ])('of %s is its own', async (kind, limit, windowMs) => {
    const kit = budgetKit(redis.client)
    await kit.askMany(100, { kind: kind === 'text' ? 'media' : 'text' })
    expect(granted(await kit.askMany(limit + 5, { kind }))).toBe(limit)
    await kit.pass(windowMs * 0.5)
    expect(granted(await kit.askMany(limit, { kind }))).toBe(0)
    await kit.pass(windowMs * 0.52)
    expect(granted(await kit.askMany(limit + 5, { kind }))).toBe(limit)
  })

  const moves = fc.array(
    fc.record({
      passMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 1500 })),
      others: fc.nat({ max: 12 }),
      urgent: fc.nat({ max: 12 }),
      process: fc.nat({ max: 1 }),
    }),
    { maxLength: 30 },
  )

  prop.prop([moves, fc.integer({ min: 1, max: 20 }), fc.constantFrom(0, 2, 10), fc.boolean()], {
    numRuns: 80,
  })(
    'is never exceeded in any window, and reached whenever somebody asks',
    async (steps, limit, marginPercent, withUrgent) => {
      const text = { limit, windowMs: 1000 }
      const first = budgetKit(redis.client)
      const kit = budgetKit(redis.client, { limits: { ...first.settings.limits, text }, marginPercent })
      const processes = [kit, kit.open(redis.client)]
      const grants: number[] = []
      for (const { passMs, others, urgent, process } of steps) {
        await kit.pass(passMs)
        const before = await kit.now()
        const asks = [...Array<boolean>(others).fill(false), ...Array<boolean>(urgent).fill(withUrgent)]
        const taken = await Promise.all(
          asks.map((urgent) => processes[process]!.take({ pageId: '1', kind: 'text', urgent })),
        )
        grants.push(...taken.filter((one) => one.granted).map(kit.grantedAt))
        // Where callers of both sorts ask, some slots are kept for who of the other sort waits.
        const inWindow = grants.filter((at) => at > before - 10 * (100 + marginPercent)).length
        if (!withUrgent && granted(taken) < taken.length) expect(inWindow).toBeGreaterThanOrEqual(limit)
      }
      expect(mostInWindow(grants, 10 * (100 + marginPercent))).toBeLessThanOrEqual(limit)
    },
  )

  test('holds over several connections that ask as fast as they can', async () => {
    const kit = budgetKit(redis.client)
    const processes = [1, 2, 3].map(() => kit.open(openConnection(redis.url)))
    const grants: number[] = []
    await Promise.all(
      processes.map(async ({ take }) => {
        // Until the third window has begun.
        while (grants.length <= 200) {
          const asks = Array.from({ length: 8 }, () => take({ pageId: '1', kind: 'text', urgent: false }))
          for (const one of await Promise.all(asks)) if (one.granted) grants.push(one.at)
        }
      }),
    )
    expect(mostInWindow(grants, 1020)).toBe(100)
  })
})

describe('promises', () => {
  test('are evenly spaced after the first free slot', async () => {
    const kit = budgetKit(redis.client)
    await kit.askMany(100)
    const told = waits(await kit.askMany(500))
    expect(told).toHaveLength(500)
    expect(Math.min(...told)).toBeGreaterThan(500)
    // They went to Redis in three batches, at different times.
    const gaps = told.slice(1).map((wait, n) => wait - told[n]!)
    expect(gaps.filter((gap) => Math.abs(gap - 10.2) < 0.01).length).toBeGreaterThan(490)
  })

  test('lie no further ahead than a minute, so that all notice when there is more room', async () => {
    const kit = budgetKit(redis.client)
    const told = waits(await kit.askMany(8000))
    expect(Math.max(...told)).toBeGreaterThan(59_000)
    expect(Math.max(...told)).toBeLessThan(62_000)
  })

  test('that nobody claims cost nothing: whoever comes then gets the whole limit', async () => {
    const kit = budgetKit(redis.client)
    await kit.askMany(1000)
    await kit.askMany(50, { urgent: true })
    await kit.pass(1021)
    // For those who wrote the urgent ones a slot each is kept until it is clear that they will not come.
    expect(granted(await kit.askMany(100))).toBeGreaterThanOrEqual(50)
    await kit.pass(5000)
    expect(granted(await kit.askMany(150))).toBe(100)
  })

  test('are kept free from newcomers while those who have them come back, and no longer', async () => {
    const kit = budgetKit(redis.client)
    const named = (n: number) => kit.ask({ caller: `lane ${n}` })
    const told = await Promise.all(Array.from({ length: 300 }, (_, n) => named(n)))
    const callers = [...told.keys()].filter((n) => !told[n]!.granted)
    await kit.pass(Math.min(...waits(told)) + 50)
    // Asked in one breath, so that they come to Redis together.
    const [back, newcomers] = await Promise.all([
      Promise.all(callers.slice(0, 4).map(named)),
      kit.askMany(100),
    ])
    expect([granted(back), granted(newcomers)]).toEqual([4, 0])
    // The others never come. What they would have used is there for all.
    await kit.pass(300)
    expect(granted(await kit.askMany(150))).toBe(100 - 4)
  })

  test('bring callers back so that at least 95 % of the limit is used, and never more than all of it', async () => {
    const kit = budgetKit(redis.client)
    let seed = 1
    const lateMs = () => 2 + ((seed = (seed * 48_271) % 2_147_483_647) % 12)
    const callers = Array.from({ length: 150 }, () => ({ urgent: false }))
    const grants = await simulate(kit, callers, { forMs: 8000, lateMs })
    const times = grants.map((one) => one.at)
    expect(mostInWindow(times, 1000)).toBe(100)
    const later = times.filter((at) => at >= 1000)
    expect(later.length / 700).toBeGreaterThanOrEqual(0.95)
    // Each has its turn: 150 callers, 100 a second, after a first second that others had.
    expect(Math.max(...grants.map((one) => one.waited))).toBeLessThan(3000)
    const shares = callers.map((_, id) => grants.filter((one) => one.caller === id).length)
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(3)
  })
})

describe('urgent callers', () => {
  test('wait about a window at most, however many others wait', async () => {
    const kit = budgetKit(redis.client)
    await kit.askMany(5000)
    const told = waits(await kit.askMany(20, { urgent: true }))
    expect(Math.max(...told)).toBeLessThan(1020 + 20 * 10)
    await kit.pass(Math.min(...told) + 20 * 10)
    const [others, urgent] = await Promise.all([kit.askMany(200), kit.askMany(20, { urgent: true })])
    expect(granted(urgent)).toBe(20)
    expect(granted(others)).toBe(80)
  })

  test('go first when others would take every slot', async () => {
    const kit = budgetKit(redis.client)
    const callers = [
      ...Array.from({ length: 120 }, () => ({ urgent: false })),
      ...Array.from({ length: 5 }, (_, n) => ({ urgent: true, from: 1500 + 130 * n })),
    ]
    const again = (caller: { urgent: boolean }) => (caller.urgent ? 700 : 0)
    const grants = await simulate(kit, callers, { forMs: 6000, lateMs: () => 5, again })
    const urgent = grants.filter((one) => one.urgent)
    expect(urgent.length).toBeGreaterThan(15)
    expect(Math.max(...urgent.map((one) => one.waited))).toBeLessThan(1100)
    // They are few, so the others have nearly everything.
    expect(grants.filter((one) => one.at >= 1000).length / 500).toBeGreaterThanOrEqual(0.94)
  })

  test('leave a tenth to the others, however many they are', async () => {
    const kit = budgetKit(redis.client)
    const callers = Array.from({ length: 300 }, (_, n) => ({ urgent: n % 2 === 0 }))
    const grants = await simulate(kit, callers, { forMs: 6000, lateMs: () => 4 })
    const later = grants.filter((one) => one.at >= 1100)
    const others = later.filter((one) => !one.urgent).length
    expect(later.length / 490).toBeGreaterThanOrEqual(0.94)
    expect(others / later.length).toBeGreaterThanOrEqual(0.09)
    expect(others / later.length).toBeLessThan(0.15)
  })

  test('and others both get on where the limit is a single call', async () => {
    const kit = budgetKit(redis.client)
    const limits = { ...kit.settings.limits, text: { limit: 1, windowMs: 100 } }
    const single = budgetKit(redis.client, { limits })
    const callers = Array.from({ length: 6 }, (_, n) => ({ urgent: n > 0 }))
    const grants = await simulate(single, callers, { forMs: 6000, lateMs: () => 1 })
    const others = grants.filter((one) => !one.urgent).length
    expect(grants.length).toBeGreaterThanOrEqual(55)
    expect(others / grants.length).toBeGreaterThan(0.07)
    expect(others / grants.length).toBeLessThan(0.2)
  })
})

describe('Pages', () => {
  test('do not touch each other, and every key is named and ends by itself', async () => {
    const kit = budgetKit(redis.client)
    const watch = await watchScriptKeys(redis.client)
    await kit.askMany(200, { pageId: 'busy' })
    await kit.askMany(200, { pageId: 'busy', urgent: true })
    await kit.hold('busy', 60_000)
    await kit.noteUsage('busy', { percent: 100, regainMs: 0 })
    expect((await watch.end()).undeclared).toEqual([])
    const keys = await kit.keys()
    expect(keys).toHaveLength(3)
    for (const key of keys) {
      expect(key).toContain('{rate:busy}')
      expect(await redis.client.pttl(key)).toBeGreaterThan(0)
    }
    expect(granted(await kit.askMany(100, { pageId: 'calm' }))).toBe(100)
  })

  test('that are asked for together need one script each', async () => {
    const kit = budgetKit(redis.client)
    await kit.ask()
    const watch = await watchScriptKeys(redis.client)
    const asks = Array.from({ length: 200 }, (_, n) => kit.ask({ pageId: String(n % 4) }))
    expect(granted(await Promise.all(asks))).toBe(200)
    // The first asks alone, since nobody else was there yet.
    expect((await watch.end()).scripts).toBe(5)
  })

  test('keep no more than the last grants', async () => {
    const kit = budgetKit(redis.client)
    for (let round = 0; round < 4; round++) {
      await kit.askMany(150)
      await kit.pass(1030)
    }
    const [log] = await kit.keys()
    expect(await redis.client.llen(log!)).toBe(100)
  })

  test('may call on a full Redis', async () => {
    const kit = budgetKit(redis.client)
    await redis.client.config('SET', 'maxmemory', '1')
    try {
      await expect(redis.client.set('any', 1)).rejects.toThrow('OOM')
      expect(granted(await kit.askMany(120))).toBe(100)
      await kit.hold('1', 5000)
      await kit.noteUsage('1', { percent: 90, regainMs: 0 })
      expect(await kit.ask()).toMatchObject({ why: 'META_HOLD' })
    } finally {
      await redis.client.config('SET', 'maxmemory', '0')
    }
  })

  test('are not closed for long by a clock that goes back', async () => {
    const kit = budgetKit(redis.client)
    await kit.askMany(500)
    await kit.pass(-3_600_000)
    // What was granted may have been a moment ago.
    const told = waits(await kit.askMany(50))
    expect(told).toHaveLength(50)
    expect(Math.max(...told)).toBeLessThan(1600)
    await kit.pass(1021)
    expect(granted(await kit.askMany(150))).toBe(100)
  })
})
