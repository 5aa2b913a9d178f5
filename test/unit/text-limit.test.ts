import { expect, test } from 'vitest'
import { textFault } from '../../src/meta/text-limit.ts'

test.each([
  ['one character', 'a', 'messenger'],
  ['1999 characters', 'a'.repeat(1999), 'messenger'],
  ['999 emoji of two units', '👋'.repeat(999), 'messenger'],
  ['1999 characters of two bytes', 'ä'.repeat(1999), 'messenger'],
  ['1000 bytes', 'a'.repeat(1000), 'instagram'],
  ['500 characters of two bytes', 'ä'.repeat(500), 'instagram'],
  ['250 emoji of four bytes', '👋'.repeat(250), 'instagram'],
] as const)('%s fits', (_name, text, channel) => {
  expect(textFault(text, channel)).toBeUndefined()
})

test.each([
  ['2000 characters', 'a'.repeat(2000), 'messenger', '2000'],
  ['1000 emoji of two units', '👋'.repeat(1000), 'messenger', '2000'],
  ['1001 bytes', 'a'.repeat(1001), 'instagram', '1001'],
  ['501 characters of two bytes', 'ä'.repeat(501), 'instagram', '1002'],
  ['251 emoji of four bytes', '👋'.repeat(251), 'instagram', '1004'],
] as const)('%s is too long, and the fault counts without quoting', (_name, text, channel, count) => {
  const fault = textFault(text, channel)
  expect(fault).toContain(count)
  expect(fault).not.toContain(text.slice(0, 2))
})
