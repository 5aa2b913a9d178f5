import { fc, test as prop } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import type { Channel } from '../../src/domain/conversation.ts'
import { splitText } from '../../src/meta/outgoing/split-text.ts'

const sizes: Record<Channel, (text: string) => number> = {
  messenger: (text) => text.length,
  instagram: (text) => new TextEncoder().encode(text).length,
}
const limits: Record<Channel, number> = { messenger: 1999, instagram: 1000 }
const channels = ['messenger', 'instagram'] as const

/** Where graphemes end, counted from the start of the text. */
function graphemeEnds(text: string): Set<number> {
  const segments = [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)]
  return new Set([0, ...segments.map(({ index, segment }) => index + segment.length)])
}

/** Where each part lies in the text, found by reading on from the part before; only white space may lie between. */
function locate(text: string, parts: string[]): { from: number; to: number }[] {
  let at = 0
  const places = parts.map((part) => {
    const rest = text.slice(at)
    const skipped = rest.startsWith(part) ? 0 : rest.length - rest.trimStart().length
    const from = rest.slice(skipped).startsWith(part) ? at + skipped : text.indexOf(part, at)
    expect(text.slice(at, from)).toMatch(/^\s*$/)
    expect(text.slice(from, from + part.length)).toBe(part)
    at = from + part.length
    return { from, to: at }
  })
  expect(text.slice(at)).toMatch(/^\s*$/)
  return places
}

const piece = fc.oneof(
  {
    arbitrary: fc.constantFrom(' ', '  ', '\n', '\n\n', '\r\n', '. ', '! ', '\u00a0', '\t', '。'),
    weight: 4,
  },
  { arbitrary: fc.string({ maxLength: 60 }), weight: 3 },
  { arbitrary: fc.string({ unit: 'grapheme', maxLength: 30 }), weight: 2 },
  { arbitrary: fc.constantFrom('👨‍👩‍👧‍👦', '🏳️‍🌈', '🇩🇪', 'e\u0301', 'நி', '각', 'ไทย', '你好'), weight: 3 },
  { arbitrary: fc.nat({ max: 900 }).map((length) => 'x'.repeat(length)), weight: 1 },
  { arbitrary: fc.nat({ max: 900 }).map((length) => ' '.repeat(length)), weight: 1 },
)
const longText = fc
  .array(fc.tuple(piece, fc.integer({ min: 1, max: 60 })), { minLength: 1, maxLength: 30 })
  .map((pieces) => pieces.map(([one, times]) => one.repeat(one.length > 100 ? 1 : times)).join(''))

describe.each(channels)('on %s', (channel) => {
  const sizeOf = sizes[channel]
  const limit = limits[channel]

  prop.prop([longText])('every part fits, none is empty, and nothing but white space is lost', (text) => {
    const parts = splitText(text, channel)
    for (const part of parts) expect(sizeOf(part)).toBeLessThanOrEqual(limit)
    if (text.trim() !== '') for (const part of parts) expect(part.trim()).not.toBe('')
    expect(parts.join('').replaceAll(/\s/g, '')).toBe(text.replaceAll(/\s/g, ''))
    locate(text, parts)
  })

  prop.prop([longText])('no grapheme is cut that fits into a message', (text) => {
    const ends = graphemeEnds(text)
    for (const { from, to } of locate(text, splitText(text, channel))) {
      expect(ends.has(from)).toBe(true)
      expect(ends.has(to)).toBe(true)
    }
  })

  prop.prop([longText])('no two neighbours would have fitted into one message', (text) => {
    const places = locate(text, splitText(text, channel))
    for (const [at, { from }] of places.slice(0, -1).entries()) {
      expect(sizeOf(text.slice(from, places[at + 1]?.to))).toBeGreaterThan(limit)
    }
  })

  prop.prop([longText])('the same text makes the same parts', (text) => {
    expect(splitText(text, channel)).toEqual(splitText(text, channel))
  })

  prop.prop([fc.string({ unit: 'grapheme' })])('a text that fits stays as it is', (text) => {
    expect(splitText(text, channel)).toEqual([text])
  })
})

test.each([
  ['1999 characters', 'a'.repeat(1999), 'messenger', [1999]],
  ['2000 characters', 'a'.repeat(2000), 'messenger', [1999, 1]],
  ['999 emoji of two units', '👋'.repeat(999), 'messenger', [1998]],
  ['1000 emoji of two units', '👋'.repeat(1000), 'messenger', [1998, 2]],
  ['1999 characters of two bytes', 'ä'.repeat(1999), 'messenger', [1999]],
  ['1000 bytes', 'a'.repeat(1000), 'instagram', [1000]],
  ['1001 bytes', 'a'.repeat(1001), 'instagram', [1000, 1]],
  ['500 characters of two bytes', 'ä'.repeat(500), 'instagram', [500]],
  ['501 characters of two bytes', 'ä'.repeat(501), 'instagram', [500, 1]],
  ['250 emoji of four bytes', '👋'.repeat(250), 'instagram', [500]],
  ['251 emoji of four bytes', '👋'.repeat(251), 'instagram', [500, 2]],
  ['41 families of 25 bytes', '👨‍👩‍👧‍👦'.repeat(41), 'instagram', [40 * 11, 11]],
] as const)('%s', (_name, text, channel, lengths) => {
  expect(splitText(text, channel).map((part) => part.length)).toEqual(lengths)
})

describe('a part ends at the best border that fills it to a third', () => {
  const x = (length: number) => 'x'.repeat(length)
  test.each([
    ['a paragraph before a line', `${x(800)}\n\n${x(400)}\n${x(400)}. ${x(900)}`, 800],
    ['a line before a sentence', `${x(800)}\n${x(400)}. ${x(400)} ${x(900)}`, 800],
    ['a sentence before a word', `${x(800)}. ${x(400)} ${x(400)} ${x(900)}`, 801],
    ['a sentence that ends in a quotation', `${x(800)}.” ${x(400)} ${x(900)}`, 802],
    ['the last of several paragraphs', `${x(700)}\n\n${x(700)}\n\n${x(900)}`, 1402],
    ['a paragraph of Windows lines', `${x(800)}\r\n\r\n${x(400)}\r\n${x(1200)}`, 800],
    ['a word before a no-break space', `${x(800)} ${x(400)}\u00a0${x(1200)}`, 800],
    ['a no-break space if there is no other', `${x(800)}\u00a0${x(1800)}`, 800],
    ['a word, as a paragraph would leave the part nearly empty', `${x(100)}\n\n${x(900)} ${x(1200)}`, 1002],
    ['a word that fills it, as a paragraph would not', `${x(100)}\n\n${'word '.repeat(600)}`, 1996],
    ['a far word, rather than inside of one', `${x(100)} ${x(1950)}`, 100],
    ['white space just behind the limit', `${x(1999)}\n\n${x(400)}`, 1999],
    ['a Chinese sentence', `${'好'.repeat(999)}。${'好'.repeat(1500)}`, 1000],
  ])('%s', (_name, text, length) => {
    expect(splitText(text, 'messenger')[0]).toBe(text.slice(0, length))
  })

  test('in a script without blanks, a word that the dictionary knows', () => {
    const parts = splitText('สวัสดีครับ'.repeat(300), 'messenger')
    expect(parts[0]).toMatch(/(?:สวัสดี|ครับ)$/)
    expect(parts[1]).toMatch(/^(?:สวัสดี|ครับ)/)
  })
})

describe('white space', () => {
  test('is left out at a break only', () => {
    const text = `  ${'word '.repeat(500)} `
    const parts = splitText(text, 'messenger')
    expect(parts[0]).toMatch(/^ {2}word .*word$/)
    expect(parts[1]).toMatch(/^word .* {2}$/)
  })

  test('never makes a part of its own', () => {
    const parts = splitText(`${' '.repeat(3000)}a${' '.repeat(3000)}b\n${'\u00a0'.repeat(3000)}`, 'messenger')
    expect(parts).toEqual(['a', 'b'])
    expect(splitText(' '.repeat(2000), 'messenger')).toEqual([])
  })

  test('before a long word stays with it', () => {
    const parts = splitText(`${' '.repeat(900)}${'x'.repeat(1500)}`, 'messenger')
    expect(parts).toEqual([`${' '.repeat(900)}${'x'.repeat(1099)}`, 'x'.repeat(401)])
  })
})

describe('a grapheme that no message can hold', () => {
  const zalgo = `e${'\u0301'.repeat(4000)}`

  test.each(channels)('is cut between its code points on %s', (channel) => {
    const parts = splitText(`before ${zalgo} after`, channel)
    expect(parts.join('').replaceAll(' ', '')).toBe(`before${zalgo}after`)
    for (const part of parts) expect(sizes[channel](part)).toBeLessThanOrEqual(limits[channel])
  })

  test('never inside of a surrogate pair', () => {
    const parts = splitText(`👋${'🏽\u200d👋'.repeat(700)}`, 'messenger')
    expect(parts.length).toBeGreaterThan(1)
    for (const part of parts) expect(part.isWellFormed()).toBe(true)
  })
})

describe('a text of 100,000 characters takes time in proportion', () => {
  test.each([
    ['words', 'Hello world. ', 8000],
    ['no blanks', 'a', 100_000],
    ['Thai', 'สวัสดีครับ', 10_000],
    ['one grapheme', '\u0301', 100_000],
    ['blanks', 'a  \u00a0  ', 20_000],
    ['paragraphs', 'a\n\n', 34_000],
  ])('%s', (_name, unit, times) => {
    const took = (count: number) => {
      const text = unit.repeat(count)
      const began = performance.now()
      splitText(text, 'instagram')
      return performance.now() - began
    }
    took(times)
    // Ten times the text in a hundred times the time would be quadratic; the rest is room for a busy machine.
    expect(took(times)).toBeLessThan(Math.max(took(times / 10), 20) * 60)
  })
})
