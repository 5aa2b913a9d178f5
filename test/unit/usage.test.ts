import { fc, test as prop } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { readUsage } from '../../src/meta/usage.ts'

const read = (headers: Record<string, unknown>) =>
  readUsage(
    Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    ),
  )

describe('what Meta says', () => {
  test.each(['x-app-usage', 'x-page-usage'])('%s: its highest percentage', (name) => {
    expect(read({ [name]: { call_count: 28, total_time: 25, total_cputime: 26 } })).toEqual({
      percent: 28,
      regainMs: 0,
    })
    expect(read({ [name]: { call_count: 1, total_time: 2.5, total_cputime: 131 } })).toMatchObject({
      percent: 131,
    })
  })

  test('x-business-use-case-usage: the highest of all objects and types, and the longest regain', () => {
    const told = {
      '1234567890': [
        {
          type: 'messenger',
          call_count: 12,
          total_cputime: 3,
          total_time: 4,
          estimated_time_to_regain_access: 0,
        },
        {
          type: 'pages',
          call_count: 7,
          total_cputime: 93,
          total_time: 4,
          estimated_time_to_regain_access: 2,
        },
      ],
      '9876543210': [{ type: 'leadgen', call_count: 50, estimated_time_to_regain_access: 19 }],
    }
    expect(read({ 'x-business-use-case-usage': told })).toEqual({ percent: 93, regainMs: 19 * 60_000 })
  })

  test('all three together: the worst of each', () => {
    const usage = read({
      'x-app-usage': { call_count: 5 },
      'x-page-usage': { total_time: 88 },
      'x-business-use-case-usage': { '1': [{ call_count: 3, estimated_time_to_regain_access: 1 }] },
    })
    expect(usage).toEqual({ percent: 88, regainMs: 60_000 })
  })

  test('a header that came twice is read twice', () => {
    const usage = readUsage({ 'x-app-usage': ['{"call_count":5}', '{"call_count":6}'] })
    expect(usage).toEqual({ percent: 6, regainMs: 0 })
  })
})

describe('nothing to read', () => {
  test.each([
    ['no header', {}],
    ['other headers', { 'content-type': 'application/json', 'x-fb-rev': '1' }],
    ['no JSON', { 'x-app-usage': 'call_count=5' }],
    ['an empty text', { 'x-app-usage': '' }],
    ['null', { 'x-app-usage': null }],
    ['a number', { 'x-page-usage': 99 }],
    ['other keys', { 'x-page-usage': { calls: 99 } }],
    ['texts in the place of numbers', { 'x-page-usage': { call_count: '99' } }],
    ['numbers that are none', { 'x-page-usage': '{"call_count":1e999,"total_time":-1}' }],
    ['use cases without a list', { 'x-business-use-case-usage': { '1': 'messenger' } }],
    ['use cases of another shape', { 'x-business-use-case-usage': [[[{ call_count: 99 }]]] }],
  ])('%s', (_name, headers) => {
    expect(read(headers)).toBeNull()
  })

  test('what can be read counts, whatever stands beside it', () => {
    const usage = read({
      'x-app-usage': '{',
      'x-page-usage': { call_count: null, total_time: 81 },
      'x-business-use-case-usage': { '1': [null, 5, { call_count: 82 }], '2': null },
    })
    expect(usage).toEqual({ percent: 82, regainMs: 0 })
  })
})

const names = ['x-app-usage', 'x-page-usage', 'x-business-use-case-usage'] as const
const numbers = fc.oneof(fc.integer({ min: 0, max: 200 }), fc.double(), fc.constant('5'), fc.constant(null))
const fields = fc.record(
  {
    call_count: numbers,
    total_time: numbers,
    total_cputime: numbers,
    estimated_time_to_regain_access: numbers,
    type: fc.string(),
  },
  { requiredKeys: [] },
)
/** Near enough to the real thing that most of it is looked at. */
const headerText = fc.oneof(
  fc.string(),
  fc.json(),
  fields.map((one) => JSON.stringify(one)),
  fc.dictionary(fc.string(), fc.array(fields)).map((one) => JSON.stringify(one)),
)
const anyHeaders = fc.record(
  Object.fromEntries(names.map((name) => [name, fc.oneof(headerText, fc.array(headerText))])),
  { requiredKeys: [] },
)

prop.prop([anyHeaders], { numRuns: 2000 })('never throws, and never says what is no amount', (headers) => {
  const usage = readUsage(headers)
  if (usage === null) return
  for (const value of [usage.percent, usage.regainMs]) {
    expect(Number.isFinite(value)).toBe(true)
    expect(value).toBeGreaterThanOrEqual(0)
  }
})

prop.prop([
  fc.array(fc.array(fc.tuple(fc.nat({ max: 300 }), fc.nat({ max: 5000 })), { minLength: 1 }), {
    minLength: 1,
  }),
])('finds the worst, wherever it stands', (objects) => {
  const told = objects.map((cases, id) => [
    String(id),
    cases.map(([count, minutes]) => ({ total_time: count, estimated_time_to_regain_access: minutes })),
  ])
  const all = objects.flat()
  expect(read({ 'x-business-use-case-usage': Object.fromEntries(told) })).toEqual({
    percent: Math.max(...all.map(([count]) => count)),
    regainMs: 60_000 * Math.max(...all.map(([, minutes]) => minutes)),
  })
})
