import { fc, test as prop } from '@fast-check/vitest'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { wakeLater } from '../../src/lanes/wake-later.ts'
import type { WakeLaterSettings } from '../../src/lanes/wake-later.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** An offer that ends when the test says so, and keeps what it was given. */
function harness(settings: Partial<WakeLaterSettings> = {}) {
  const offers: { at: number; lanes: string[] }[] = []
  const errors: unknown[] = []
  const began = performance.now()
  const later = wakeLater({
    offer: (lanes) => {
      offers.push({ at: performance.now() - began, lanes })
      return Promise.resolve()
    },
    onError: (error) => errors.push(error),
    withinMs: 60_000,
    maxLanes: 100,
    ...settings,
  })
  return { ...later, offers, errors }
}

prop.prop([fc.integer({ min: 0, max: 59_999 })])(
  'a lane comes a little after its time, and never before it',
  async (delayMs) => {
    const { remember, offers } = harness()
    remember('a', delayMs)
    await vi.advanceTimersByTimeAsync(delayMs * 1.01 + 10)
    expect(offers).toHaveLength(1)
    expect(offers[0]!.at).toBeGreaterThanOrEqual(delayMs + 1)
    expect(offers[0]!.at).toBeLessThanOrEqual(delayMs * 1.001 + 5)
  },
)

test('lanes whose time is the same go together, the others by themselves', async () => {
  const { remember, offers } = harness()
  for (const lane of ['a', 'b', 'c']) remember(lane, 100)
  remember('d', 300)
  await vi.advanceTimersByTimeAsync(1000)
  expect(offers.map((one) => one.lanes)).toEqual([['a', 'b', 'c'], ['d']])
})

test('what comes due while an offer waits for room goes together into the next', async () => {
  const room = Promise.withResolvers<void>()
  const offers: string[][] = []
  const { remember } = harness({
    offer: (lanes) => {
      offers.push(lanes)
      return offers.length === 1 ? room.promise : Promise.resolve()
    },
  })
  for (const [n, lane] of ['a', 'b', 'c', 'd'].entries()) remember(lane, 100 * n)
  await vi.advanceTimersByTimeAsync(1000)
  expect(offers).toEqual([['a']])
  room.resolve()
  await vi.advanceTimersByTimeAsync(1)
  expect(offers).toEqual([['a'], ['b', 'c', 'd']])
})

test('an offer that fails is told of, and the next is made all the same', async () => {
  const lost = new Error('Connection is closed')
  let calls = 0
  const { remember, errors } = harness({
    offer: () => (++calls === 1 ? Promise.reject(lost) : Promise.resolve()),
  })
  remember('a', 10)
  remember('b', 20)
  await vi.advanceTimersByTimeAsync(1000)
  expect([calls, errors]).toEqual([2, [lost]])
})

describe('it remembers', () => {
  test('of each lane only what it waits for now', async () => {
    const { remember, offers } = harness()
    remember('a', 100)
    remember('a', 500)
    await vi.advanceTimersByTimeAsync(400)
    expect(offers).toEqual([])
    await vi.advanceTimersByTimeAsync(200)
    expect(offers).toHaveLength(1)
  })

  test('not what was put off again while it stood in line', async () => {
    const room = Promise.withResolvers<void>()
    const offers: string[][] = []
    const { remember } = harness({
      offer: (lanes) => {
        offers.push(lanes)
        return room.promise
      },
    })
    for (const lane of ['a', 'b']) remember(lane, 10)
    await vi.advanceTimersByTimeAsync(20)
    for (const lane of ['c', 'd']) remember(lane, 10)
    await vi.advanceTimersByTimeAsync(20)
    remember('c', 1000)
    room.resolve()
    await vi.advanceTimersByTimeAsync(500)
    expect(offers).toEqual([['a', 'b'], ['d']])
    await vi.advanceTimersByTimeAsync(1000)
    expect(offers.at(-1)).toEqual(['c'])
  })

  test('nothing that waits too long, and no more lanes than it may', async () => {
    const { remember, offers } = harness({ withinMs: 1000, maxLanes: 2 })
    remember('long', 1000)
    expect(vi.getTimerCount()).toBe(0)
    for (const lane of ['a', 'b', 'c']) remember(lane, 100)
    await vi.advanceTimersByTimeAsync(200)
    remember('d', 100)
    await vi.advanceTimersByTimeAsync(200)
    expect(offers.map((one) => one.lanes)).toEqual([['a', 'b'], ['d']])
  })
})

test('a stop ends it, with no timer left', async () => {
  const { remember, stop, offers } = harness()
  for (const [n, lane] of ['a', 'b', 'c'].entries()) remember(lane, 100 * n)
  stop()
  remember('d', 10)
  expect(vi.getTimerCount()).toBe(0)
  await vi.advanceTimersByTimeAsync(1000)
  expect(offers).toEqual([])
})
