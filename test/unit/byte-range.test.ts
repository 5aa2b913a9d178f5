import { fc, test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { byteRange } from '../../src/http/byte-range.ts'

describe('a range of bytes', () => {
  test.each([
    ['bytes=0-0', { first: 0, last: 0 }],
    ['bytes=0-', { first: 0, last: 99 }],
    ['bytes=10-19', { first: 10, last: 19 }],
    ['bytes=90-500', { first: 90, last: 99 }],
    ['bytes=-10', { first: 90, last: 99 }],
    ['bytes=-500', { first: 0, last: 99 }],
    ['bytes=100-', undefined],
    ['bytes=20-10', undefined],
    ['bytes=-0', undefined],
    ['bytes=-', undefined],
    ['bytes=0-1,5-9', undefined],
    ['items=0-1', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%s of 100', (header, range) => {
    expect(byteRange(header, 100)).toEqual(range)
  })

  test.prop([fc.nat(), fc.oneof(fc.nat(), fc.constant('')), fc.oneof(fc.nat(), fc.constant(''))])(
    'never leads out of the file',
    (size, from, to) => {
      const range = byteRange(`bytes=${from}-${to}`, size)
      if (!range) return
      expect(range.first).toBeGreaterThanOrEqual(0)
      expect(range.last).toBeGreaterThanOrEqual(range.first)
      expect(range.last).toBeLessThan(size)
    },
  )
})
