import { fc, test as prop } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import type { JsonValue } from '../../src/domain/event.ts'
import { isDeeperThan, parseJson } from '../../src/meta/parse-json.ts'
import { anyJson } from '../support/json-arbitraries.ts'

const nested = (depth: number, inside = '') => `${'['.repeat(depth)}${inside}${']'.repeat(depth)}`

describe('whole numbers beyond 2^53 are kept as text', () => {
  test.each([
    ['{"id":9007199254740993}', { id: '9007199254740993' }],
    ['{"id":-9007199254740993}', { id: '-9007199254740993' }],
    ['{ "id" :\n\t9223372036854775807 }', { id: '9223372036854775807' }],
    ['[1,9007199254740993,2]', [1, '9007199254740993', 2]],
    ['[ 9007199254740993 ]', ['9007199254740993']],
    ['{"a":{"b":[{"c":12345678901234567890123}]}}', { a: { b: [{ c: '12345678901234567890123' }] } }],
    ['9007199254740993', '9007199254740993'],
    [' 9007199254740993\n', '9007199254740993'],
  ])('%s', (text, value) => {
    expect(parseJson(text)).toEqual(value)
  })

  test.each([
    ['{"id":9007199254740991}', { id: 9007199254740991 }],
    ['{"id":-9007199254740991}', { id: -9007199254740991 }],
    ['{"watermark":1772442000000}', { watermark: 1772442000000 }],
    ['[1234567890123456789.5, 9007199254740993]', [1234567890123456800, '9007199254740993']],
    ['[12345678901234567e3, 9007199254740993]', [12345678901234567000, '9007199254740993']],
    ['[0.12345678901234567890, 9007199254740993]', [0.12345678901234568, '9007199254740993']],
  ])('but not these: %s', (text, value) => {
    expect(parseJson(text)).toEqual(value)
  })

  test('digits inside a text stay where they are', () => {
    const text = String.raw`{"text":"pay: 9007199254740993, [9007199254740995] \"9007199254740997\\","n":9007199254740993}`
    expect(parseJson(text)).toEqual({
      text: String.raw`pay: 9007199254740993, [9007199254740995] "9007199254740997\ `.trimEnd(),
      n: '9007199254740993',
    })
  })

  const long = fc.bigInt({ min: 2n ** 53n, max: 2n ** 80n }).chain((id) => fc.constantFrom(id, -id))

  prop.prop([anyJson, long, fc.nat()])('anywhere in any JSON', (value, id, pick) => {
    const mark = `id-${id}-mark`
    const marked = put(value, mark, pick)
    const text = JSON.stringify(marked).replaceAll(`"${mark}"`, String(id))
    // The same digits as a text are what the number must come out as.
    const expected = parseJson(JSON.stringify(marked).replaceAll(mark, String(id)))
    expect(JSON.stringify(parseJson(text))).toBe(JSON.stringify(expected))
  })

  prop.prop([anyJson])('and everything else is as JSON.parse has it', (value) => {
    const text = JSON.stringify(value)
    const plain = JSON.parse(text, (_key, one: unknown) =>
      typeof one === 'number' && Number.isInteger(one) && !Number.isSafeInteger(one) ? 'big' : one,
    ) as JsonValue
    const ours = JSON.parse(JSON.stringify(parseJson(text)), (_key, one: unknown) =>
      isBig(one) ? 'big' : one,
    ) as JsonValue
    expect(JSON.stringify(ours)).toBe(JSON.stringify(plain))
  })
})

describe('what is no JSON', () => {
  test.each([
    '',
    ' ',
    '{',
    '{"id":9007199254740993',
    '[9007199254740993,]',
    "{'id':1}",
    '{"id":0009007199254740993}',
  ])('is refused as JSON.parse refuses it: %j', (text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError)
  })

  prop.prop([fc.string()])('any text is refused by both or by none', (text) => {
    expect(accepts(parseJson, text)).toBe(accepts(JSON.parse, text))
  })
})

test('depth beside a long number is no obstacle', () => {
  const parsed = parseJson(`{"id":9007199254740993,"deep":${nested(10_000)}}`) as Record<string, JsonValue>
  expect(parsed['id']).toBe('9007199254740993')
})

test('a key called __proto__ is a key like any other', () => {
  const parsed = parseJson('{"__proto__":{"x":1},"id":9007199254740993}') as Record<string, JsonValue>
  expect(Object.keys(parsed)).toEqual(['__proto__', 'id'])
  expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype)
})

describe('isDeeperThan', () => {
  test.each([
    ['1', 0, false],
    ['[]', 0, true],
    ['[]', 1, false],
    ['[1,"a",null]', 1, false],
    ['[[],[[]]]', 2, true],
    ['{"a":{"b":{}}}', 2, true],
    ['{"a":{"b":{}}}', 3, false],
  ])('%s deeper than %i: %j', (text, limit, deeper) => {
    expect(isDeeperThan(JSON.parse(text) as JsonValue, limit)).toBe(deeper)
  })

  test('looks no deeper than asked, so that depth cannot exhaust the stack', () => {
    expect(isDeeperThan(JSON.parse(nested(400_000)) as JsonValue, 64)).toBe(true)
  })
})

/** Puts a value somewhere into another: instead of it, or in one of its members. */
function put(into: JsonValue, value: JsonValue, pick: number): JsonValue {
  if (into === null || typeof into !== 'object') return value
  if (Array.isArray(into)) return into.toSpliced(pick % (into.length + 1), 0, value)
  const keys = Object.keys(into)
  const key = keys[pick % (keys.length + 1)] ?? 'id'
  return Object.fromEntries([...Object.entries(into), [key, put(into[key] ?? null, value, pick >> 2)]])
}

function isBig(value: unknown): boolean {
  if (typeof value === 'string') return /^-?\d{16,}$/.test(value) && !Number.isSafeInteger(Number(value))
  return typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)
}

function accepts(parse: (text: string) => unknown, text: string): boolean {
  try {
    parse(text)
    return true
  } catch {
    return false
  }
}
