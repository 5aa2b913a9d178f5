import { fc, test as prop } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { backOff } from '../../src/lanes/back-off.ts'

test('doubles from a second up to a minute', () => {
  const longest = [0, 1, 2, 3, 4, 5, 6, 7, 100, 1e9].map((attempts) => backOff(attempts, () => 1))
  expect(longest).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000])
})

test('is never shorter than half of that', () => {
  const shortest = [0, 1, 2, 3, 4, 5, 6, 7, 100].map((attempts) => backOff(attempts, () => 0))
  expect(shortest).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
})

const chance = fc.double({ min: 0, max: 1, noNaN: true })
prop.prop([fc.nat(), chance, chance])(
  'spreads with chance and stays within half a second and a minute',
  (attempts, a, b) => {
    const [low, high] = [Math.min(a, b), Math.max(a, b)].map((random) => backOff(attempts, () => random))
    expect(low).toBeGreaterThanOrEqual(500)
    expect(high).toBeLessThanOrEqual(60_000)
    expect(low).toBeLessThanOrEqual(high!)
    expect(high! - low!).toBeCloseTo((Math.max(a, b) - Math.min(a, b)) * backOff(attempts, () => 0), 3)
  },
)
