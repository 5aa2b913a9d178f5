import { describe, expect, test } from 'vitest'
import { budgetKit, granted, waits } from '../support/budget-kit.ts'
import { watchScriptKeys } from '../support/lane-monitor.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })

describe('Meta that is nearly used up', () => {
  test.each([
    [50, 100],
    [80, 100],
    [85, 77],
    [90, 55],
    [99, 14],
    [100, 10],
    [250, 10],
  ])('at %i percent leaves %i of 100 calls', async (percent, left) => {
    const kit = budgetKit(redis.client)
    await kit.noteUsage('1', { percent, regainMs: 0 })
    expect(granted(await kit.askMany(150))).toBe(left)
    expect(granted(await kit.askMany(150, { kind: 'media' }))).toBe(Math.max(1, Math.floor(left / 10)))
    await kit.pass(1021)
    expect(granted(await kit.askMany(150))).toBe(left)
  })

  test('stretches the window where less than one call would be left', async () => {
    const kit = budgetKit(redis.client)
    await kit.noteUsage('1', { percent: 100, regainMs: 0 })
    expect(granted(await kit.askMany(5, { kind: 'conversations' }))).toBe(1)
    await kit.pass(4500)
    expect(granted(await kit.askMany(5, { kind: 'conversations' }))).toBe(0)
    await kit.pass(650)
    expect(granted(await kit.askMany(5, { kind: 'conversations' }))).toBe(1)
  })

  test('counts what is already used: a lower limit gives nothing on top', async () => {
    const kit = budgetKit(redis.client)
    expect(granted(await kit.askMany(60))).toBe(60)
    await kit.noteUsage('1', { percent: 90, regainMs: 0 })
    expect(granted(await kit.askMany(60))).toBe(0)
  })

  test('is over when Meta says less, whichever process hears it', async () => {
    const kit = budgetKit(redis.client)
    const other = kit.open(redis.client)
    await kit.noteUsage('1', { percent: 100, regainMs: 0 })
    // A process that has not asked knows of nothing to take back, and writes nothing.
    await other.noteUsage('1', { percent: 5, regainMs: 0 })
    expect(granted(await kit.askMany(20))).toBe(10)
    await other.take({ pageId: '1', kind: 'media', urgent: false })
    await other.noteUsage('1', { percent: 5, regainMs: 0 })
    expect(granted(await kit.askMany(150))).toBe(90)
  })

  test('is forgotten after five minutes without news', async () => {
    const kit = budgetKit(redis.client)
    await kit.noteUsage('1', { percent: 100, regainMs: 0 })
    await kit.pass(299_000)
    expect(granted(await kit.askMany(150))).toBe(10)
    await kit.pass(2000)
    expect(granted(await kit.askMany(150))).toBe(100)
  })

  test('costs no write while nothing changes', async () => {
    const kit = budgetKit(redis.client)
    await kit.noteUsage('1', { percent: 79, regainMs: 0 })
    expect(await kit.keys()).toEqual([])
    await kit.noteUsage('1', { percent: 91.2, regainMs: 0 })
    const watch = await watchScriptKeys(redis.client)
    await kit.noteUsage('1', { percent: 91.7, regainMs: 0 })
    expect((await watch.end()).scripts).toBe(0)
    await kit.noteUsage('1', { percent: 92, regainMs: 0 })
    await kit.pass(61_000)
    await kit.noteUsage('1', { percent: 92, regainMs: 0 })
    expect((await watch.end()).scripts).toBe(2 + 1)
  })
})

describe('a hold', () => {
  const held = async (kit: ReturnType<typeof budgetKit>, more = {}) => {
    const taken = await kit.ask(more)
    if (taken.granted) return 0
    expect(taken.why).toBe('META_HOLD')
    return taken.waitMs
  }

  test('keeps all calls of its Page for that long, and no other Page', async () => {
    const kit = budgetKit(redis.client)
    await kit.hold('1', 30_000)
    const [key] = await kit.keys()
    expect(await redis.client.pttl(key!)).toBeGreaterThan(30_000)
    for (const kind of ['text', 'media', 'privateReply', 'profile', 'conversations', 'lookups'] as const) {
      for (const urgent of [false, true]) expect(await held(kit, { kind, urgent })).toBeGreaterThan(29_000)
    }
    expect(await kit.ask({ pageId: '2' })).toMatchObject({ granted: true })
    await kit.pass(29_000)
    expect(await held(kit)).toBeGreaterThan(0)
    await kit.pass(1100)
    expect(granted(await kit.askMany(50))).toBe(50)
  })

  test('comes from what the headers say, too', async () => {
    const kit = budgetKit(redis.client)
    await kit.noteUsage('1', { percent: 0, regainMs: 120_000 })
    expect(await held(kit)).toBeGreaterThan(119_000)
  })

  test('is never shortened, lasts a second at least and a day at most', async () => {
    const kit = budgetKit(redis.client)
    await kit.hold('1', 20_000)
    await kit.hold('1', 3000)
    await kit.hold('1', 0)
    expect(await held(kit)).toBeGreaterThan(19_000)
    await kit.hold('2', 1)
    expect(await held(kit, { pageId: '2' })).toBeGreaterThan(100)
    await kit.hold('3', 1e12)
    const longest = await held(kit, { pageId: '3' })
    expect(longest).toBeGreaterThan(86_000_000)
    expect(longest).toBeLessThanOrEqual(86_400_000)
  })

  test('lets callers come back one by one when it is over', async () => {
    const kit = budgetKit(redis.client)
    await kit.hold('1', 10_000)
    const told = waits(await kit.askMany(300))
    expect(Math.min(...told)).toBeGreaterThan(9500)
    expect(Math.max(...told) - Math.min(...told)).toBeGreaterThan(2900)
  })

  test('without a time from Meta doubles with each refusal, and begins anew after some quiet', async () => {
    const kit = budgetKit(redis.client)
    const spans = []
    for (let refusal = 0; refusal < 12; refusal++) {
      await kit.hold('1', 0)
      // Calls that were under way are refused as well, and say nothing new.
      await kit.hold('1', 0)
      const ms = await held(kit)
      spans.push(Math.round(ms / 1000))
      await kit.pass(ms + 1)
    }
    expect(spans).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600])
    await kit.pass(301_000)
    await kit.hold('1', 0)
    expect(Math.round((await held(kit)) / 1000)).toBe(2)
  })
})
