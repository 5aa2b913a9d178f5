import { expect, test } from 'vitest'
import { callSpread } from '../../src/records/call-spread.ts'

function spread() {
  const clock = { now: 0 }
  return { clock, ...callSpread(() => clock.now) }
}

test('nothing is known before the first call', () => {
  expect(spread().read()).toBe(0)
})

test('is how much longer the slowest took than the quickest: equally slow calls arrive as they were granted', () => {
  const { note, read } = spread()
  note(300)
  expect(read()).toBe(0)
  note(340)
  note(310)
  expect(read()).toBe(40)
})

test('counts over this second and the one before, and is forgotten after it', () => {
  const { note, read, clock } = spread()
  note(10)
  note(60)
  clock.now = 1000
  note(30)
  expect(read()).toBe(50)
  clock.now = 2000
  note(31)
  expect(read()).toBe(1)
  clock.now = 9000
  expect(read()).toBe(0)
})
