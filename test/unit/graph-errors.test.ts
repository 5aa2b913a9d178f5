import { fc, test as prop } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { classifyGraphError, failureMessage, type GraphVerdict } from '../../src/meta/graph-errors.ts'
import type { FailureCode } from '../../src/domain/reply.ts'

const classify = (code: number, subcode: number | null = null, isTransient = false) =>
  classifyGraphError(code, subcode, isTransient)

/** Rows of Meta's error tables, as the fact sheet has them: `code/subcode ...`, verdict, what the agent is told. */
const rows: [string, GraphVerdict, FailureCode][] = [
  ['1  1/99', 'retry', 'GAVE_UP'],
  ['1/1357046', 'unsure', 'GAVE_UP'],
  ['1/2018382', 'refused', 'MESSAGE_REFUSED'],
  ['2', 'retry', 'GAVE_UP'],
  ['2/2018344', 'page', 'PAGE_STOPPED'],
  ['3', 'page', 'PAGE_STOPPED'],
  ['4 17 32 341 613 613/1996 613/2534040', 'retry', 'GAVE_UP'],
  ['80001 80002 80006', 'retry', 'GAVE_UP'],
  ['4/2018354 9/2018352 613/1893016', 'refused', 'MESSAGE_REFUSED'],
  ['613/2018338', 'retry', 'GAVE_UP'],
  ['10/2018278 10/2534022', 'refused', 'WINDOW_CLOSED'],
  ['10/2018065', 'refused', 'WINDOW_CLOSED'],
  ['10/2018108', 'refused', 'PERSON_UNAVAILABLE'],
  ['10/1893063', 'page', 'PAGE_STOPPED'],
  ['10/1893015', 'refused', 'CONSENT_MISSING'],
  ['10/1404170 10/2018336', 'refused', 'CONSENT_MISSING'],
  ['10/2534077', 'page', 'PAGE_STOPPED'],
  ['10 10/2018000', 'page', 'PAGE_STOPPED'],
  ['10/2018300 100/2018300 2018300', 'thread', 'THREAD_NOT_OURS'],
  ['2018321 10/2018321', 'retry', 'GAVE_UP'],
  ['100/2534037', 'thread', 'THREAD_NOT_OURS'],
  ['100', 'refused', 'MESSAGE_REFUSED'],
  ['100/2018001 100/2534014', 'refused', 'PERSON_UNAVAILABLE'],
  ['100/33 100/2534013', 'refused', 'MESSAGE_REFUSED'],
  ['100/2018008 100/2018294', 'retry', 'GAVE_UP'],
  ['100/2018047 100/2018109 100/2018074', 'refused', 'MESSAGE_REFUSED'],
  ['100/2018014', 'refused', 'MESSAGE_REFUSED'],
  ['100/2018320 100/2018328 100/2534015 100/2018164', 'refused', 'MESSAGE_REFUSED'],
  ['100/2018292 100/2534025', 'refused', 'MESSAGE_REFUSED'],
  ['10902', 'refused', 'MESSAGE_REFUSED'],
  ['102 190 190/458 190/459 190/460 190/463 190/467', 'page', 'PAGE_STOPPED'],
  ['200 200/2018028 200/2018027 200/2018021 200/2534041 230 299', 'page', 'PAGE_STOPPED'],
  ['200/1545041 551 551/1545041', 'refused', 'PERSON_UNAVAILABLE'],
  ['368', 'page', 'PAGE_STOPPED'],
  ['2022 100/2534029 2534122', 'page', 'PAGE_STOPPED'],
  ['506', 'refused', 'MESSAGE_REFUSED'],
  ['1200', 'retry', 'GAVE_UP'],
  ['2018218 2018247', 'refused', 'MESSAGE_REFUSED'],
  ['9000001', 'refused', 'MESSAGE_REFUSED'],
  ['10303 36103 2018171 2018234', 'refused', 'MESSAGE_REFUSED'],
]

const cases = rows.flatMap(([names, verdict, failure]) =>
  names.split(/\s+/).map((name) => [name, verdict, failure] as const),
)

test.each(cases)('%s: %s, %s', (name, verdict, failure) => {
  const [code, subcode] = name.split('/').map(Number)
  expect(classify(code!, subcode)).toEqual({ verdict, failure })
})

describe('unknown codes', () => {
  prop.prop([fc.integer({ min: 200, max: 299 }), fc.option(fc.integer({ min: 1, max: 1_000_000 }))])(
    'from 200 to 299 stop the Page',
    (code, subcode) => {
      expect(classify(code, subcode)).toEqual({ verdict: 'page', failure: 'PAGE_STOPPED' })
    },
  )

  prop.prop([fc.integer({ min: 300_000, max: 2_000_000 }), fc.option(fc.nat())])(
    'are retried',
    (code, subcode) => {
      expect(classify(code, subcode)).toEqual({ verdict: 'retry', failure: 'GAVE_UP' })
    },
  )

  test.each([0, -1, 199, 300, 1.5, Number.MAX_SAFE_INTEGER])('also at the edges: %d', (code) => {
    expect(classify(code).verdict).toBe('retry')
  })
})

describe('is_transient', () => {
  test('makes a retry of a code that says otherwise, and of an unknown one', () => {
    expect(classify(100, null, true).verdict).toBe('retry')
    expect(classify(100, 2018320, true).verdict).toBe('retry')
    expect(classify(250, null, true).verdict).toBe('retry')
  })

  test('does not outweigh a subcode that we know: the window stays closed, a doubtful send stays doubtful', () => {
    expect(classify(10, 2018278, true).failure).toBe('WINDOW_CLOSED')
    expect(classify(1, 1357046, true).verdict).toBe('unsure')
    expect(classify(2, 2018344, true).verdict).toBe('page')
  })
})

test('a subcode counts only under its own code', () => {
  expect(classify(190, 2018278).verdict).toBe('page')
  expect(classify(4, 2018278).verdict).toBe('retry')
})

test('each failure has a sentence of its own for the agent', () => {
  const codes = [...new Set(rows.map(([, , failure]) => failure))]
  const sentences = codes.map(failureMessage)
  expect(codes).toHaveLength(7)
  expect(new Set(sentences).size).toBe(7)
  for (const sentence of sentences) expect(sentence).toMatch(/^[A-Z].{20,}\.$/)
})
