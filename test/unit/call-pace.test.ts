import { expect, test, vi } from 'vitest'
import { callPace } from '../../src/records/call-pace.ts'

const limits = {
  text: { limit: 3, windowMs: 1000 },
  media: { limit: 1, windowMs: 1000 },
  privateReply: { limit: 1, windowMs: 3_600_000 },
  profile: { limit: 1, windowMs: 600_000 },
  conversations: { limit: 1, windowMs: 1000 },
  lookups: { limit: 1, windowMs: 1000 },
}

/** Asks for many turns at the same moment; each call takes as long as is said. Answers when each left, ms. */
async function turns(count: number, took: (n: number) => number, marginPercent = 0) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  try {
    const pace = callPace({ limits, marginPercent })
    const began = performance.now()
    const left: number[] = []
    const call = async (n: number) => {
      const answered = await pace.turn('1', 'text')
      left[n] = Math.round(performance.now() - began)
      setTimeout(answered, took(n))
    }
    const all = Array.from({ length: 3 }, (_, n) => call(n))
    // The others come later, when the first are answered.
    setTimeout(() => all.push(...Array.from({ length: count - 3 }, (_, n) => call(n + 3))), 900)
    await vi.advanceTimersByTimeAsync(60_000)
    await Promise.all(all)
    return left
  } finally {
    vi.useRealTimers()
  }
}

test('lets as many leave at once as the limit allows, and the others when the window is over', async () => {
  expect(await turns(7, () => 0)).toEqual([0, 0, 0, 1000, 1000, 1000, 2000])
})

test('equally long calls arrive as they left, however long they take', async () => {
  expect(await turns(6, () => 400)).toEqual([0, 0, 0, 1000, 1000, 1000])
})

test('the window of a call that took longer than the quickest begins later, by as much', async () => {
  expect(await turns(6, (n) => (n === 1 ? 250 : 100))).toEqual([0, 0, 0, 1000, 1150, 1000])
})

test('keeps the margin', async () => {
  expect((await turns(4, () => 0, 2)).at(-1)).toBe(1020)
})

test('counts Pages and kinds apart, and leaves long windows to Redis', async () => {
  const pace = callPace({ limits, marginPercent: 0 })
  const began = performance.now()
  await Promise.all([
    pace.turn('1', 'media'),
    pace.turn('2', 'media'),
    pace.turn('1', 'conversations'),
    pace.turn('1', 'privateReply'),
    pace.turn('1', 'privateReply'),
  ])
  expect(performance.now() - began).toBeLessThan(500)
})
