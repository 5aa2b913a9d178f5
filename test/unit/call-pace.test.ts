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

/** Asks for many turns at the same moment, and answers when each came, ms. */
async function turns(count: number, more: { marginPercent?: number; took?: number[] } = {}) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  try {
    const pace = callPace({ limits, marginPercent: 0, ...more })
    for (const ms of more.took ?? []) pace.note(ms)
    const began = performance.now()
    const came: number[] = []
    const all = Array.from({ length: count }, () =>
      pace.turn('1', 'text').then(() => came.push(Math.round(performance.now() - began))),
    )
    await vi.advanceTimersByTimeAsync(60_000)
    await Promise.all(all)
    return came
  } finally {
    vi.useRealTimers()
  }
}

test('lets as many leave at once as the limit allows, and the others when the window is over', async () => {
  expect(await turns(7)).toEqual([0, 0, 0, 1000, 1000, 1000, 2000])
})

test('keeps the margin, and what calls take unevenly long, up to 3 %', async () => {
  expect((await turns(4, { marginPercent: 2 })).at(-1)).toBe(1020)
  expect((await turns(4, { took: [5, 15] })).at(-1)).toBe(1010)
  expect((await turns(4, { took: [5, 900] })).at(-1)).toBe(1030)
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
