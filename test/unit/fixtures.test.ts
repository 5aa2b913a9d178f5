import { expect, test } from 'vitest'
import { deliveries, encode } from '../fixtures/deliveries.ts'
import { fixture, fixtureNames } from '../support/fixtures.ts'

test('each delivery is a file and each file a delivery', () => {
  expect(fixtureNames).toEqual(Object.keys(deliveries).sort())
})

test.each(fixtureNames)(
  '%s: the bytes are those that write.ts writes, escaped as Meta escapes them',
  (name) => {
    const bytes = fixture(name)
    expect(bytes.equals(encode(deliveries[name]))).toBe(true)
    expect(bytes.every((byte) => byte < 0x80)).toBe(true)
    expect(bytes.toString()).not.toMatch(/(?<!\\)\/|\\u[0-9a-f]{0,3}[A-F]/)
  },
)

test('ids beyond 2^53 stand in the bytes as numbers', () => {
  expect(fixture('numeric-ids').toString()).toContain('{"id":9007199254740993}')
})
