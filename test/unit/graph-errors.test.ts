import { fc, test as prop } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { classifyGraphError, failureMessage } from '../../src/meta/graph-errors.ts'
import type { FailureCode } from '../../src/domain/reply.ts'
import { words } from '../support/words.ts'

const classify = (code: number, subcode: number | null = null, isTransient = false) =>
  classifyGraphError(code, subcode, isTransient)

const retry = { verdict: 'retry', failure: 'GAVE_UP' }
const once = { verdict: 'retry', failure: 'MESSAGE_REFUSED', retryOnce: true }
const throttled = { verdict: 'retry', failure: 'GAVE_UP', throttle: true }
const refused = { verdict: 'refused', failure: 'MESSAGE_REFUSED' }
const window = { verdict: 'refused', failure: 'WINDOW_CLOSED' }
const consent = { verdict: 'refused', failure: 'CONSENT_MISSING' }
const person = { verdict: 'refused', failure: 'PERSON_UNAVAILABLE' }
const token = { verdict: 'page', failure: 'PAGE_STOPPED', stop: 'token' }
const permission = { verdict: 'page', failure: 'PAGE_STOPPED', stop: 'permission' }
const restricted = { verdict: 'page', failure: 'PAGE_STOPPED', stop: 'restricted' }
const thread = { verdict: 'thread', failure: 'THREAD_NOT_OURS' }
const unsure = { verdict: 'unsure', failure: 'GAVE_UP' }

/** Meta's error tables, row by row: code/subcode, what it means, what we make of it. */
const rows: [string, string, object][] = [
  ['1 1/99', 'unknown; an outage, or a missing permission', retry],
  ['1/1357046', '"invalid JSON reply"; the message may have been sent', unsure],
  ['1/2018382', 'bad form id', refused],
  ['2', 'temporary outage', retry],
  ['2/2018344', 'Page Contact terms not accepted', permission],
  ['3', 'capability or permission missing', permission],
  ['4 17 32 341', 'throttled', throttled],
  ['613 613/1996 613/2534040', 'throttled', throttled],
  ['80001 80002 80006', 'limit of the business use case: Pages, Instagram, Messenger', throttled],
  ['4/2018354 9/2018352 613/1893016', 'marketing or opt-in frequency', refused],
  ['613/2018338', 'warned for abuse of tags; slow down', throttled],
  ['10/2018278 10/2534022', 'outside of the window', window],
  ['10/2018065', 'outside of the window, news permission needed', window],
  ['10/2018108', 'cannot receive messages now', person],
  ['10/1893063', 'Page temporarily restricted: stop all sends', restricted],
  ['10/1893015', 'the person stopped notifications', consent],
  ['10/1404170', 'opt-in restricted', consent],
  ['10/2018336', 'thread under the rules of Europe or Japan', consent],
  ['10/2534077', 'link to Instagram broken', permission],
  ['10', 'permission denied', permission],
  ['2018300 10/2018300 100/2018300 200/2018300', 'another app controls the thread', thread],
  ['2018321 10/2018321 100/2018321', 'automatic questions hold the thread', retry],
  ['100/2534037', 'not the owner of the thread', thread],
  ['100', 'bad parameter, such as a retired tag', refused],
  ['100/2018001 100/2534014', 'no such person', person],
  ['100/33', 'object missing, or no access to it', refused],
  ['100/2534013', 'Page not linked to Instagram', permission],
  ['100/2018008 100/2018294', 'attachment not fetched; video took too long', once],
  ['100/2018047 100/2018109 100/2018074', 'attachment of another type, too big, foreign or expired', refused],
  ['100/2018014', 'message and sender_action together', refused],
  ['100/2018320 100/2018328 100/2534015 100/2018164', 'bad product, version, data, app id', refused],
  ['100/2018292 100/2534025', 'bad comment id for a private reply', refused],
  ['10902', 'nothing that can be replied to', refused],
  ['102 190', 'token dead', token],
  ['190/458 190/459 190/460 190/463 190/467', 'app removed, checkpoint, password, expired, invalid', token],
  ['200 201 230 250 299', 'permissions', permission],
  ['200/2018028 200/2018027 200/2018021', 'app not live', permission],
  ['200/2534041', 'access of Instagram switched off', permission],
  ['200/1545041 551 551/1545041', 'person not available', person],
  ['368', 'blocked for violations of policy', restricted],
  ['2022 100/2534029 2534122 10/2534122', 'messaging blocked', restricted],
  ['506', 'duplicate post', refused],
  ['1200', 'temporary failure of a send', retry],
  ['2018218 2018247 100/2018218 100/2018247', 'no profile to be had', refused],
  ['9000001', 'message deleted', refused],
  ['10303 36103 2018171 2018234 10/2018171 10/2018234', 'account link, Instagram, receivers', refused],
  ['2018173 2018180 2018188 10/2018173 10/2018180 10/2018188', 'media templates', refused],
]

const cases = rows.flatMap(([names, meaning, expected]) =>
  words(names).map((name) => [name, meaning, expected] as const),
)

test.each(cases)('%s: %s', (name, _meaning, expected) => {
  const [code, subcode] = name.split('/').map(Number)
  expect(classify(code!, subcode)).toEqual({ ...expected, known: true })
})

test('every row appears once', () => {
  const names = cases.map(([name]) => name)
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
})

describe('what nobody knows', () => {
  prop.prop([fc.integer({ min: 300_000, max: 2_000_000 }), fc.option(fc.integer({ max: 2_000_000 }))])(
    'is retried and counted',
    (code, subcode) => {
      expect(classify(code, subcode)).toEqual({ ...retry, known: false })
    },
  )

  test.each([0, -1, 199, 300, 1.5, 2_018_172, 2_018_189, Number.MAX_SAFE_INTEGER, Number.NaN])(
    'also at the edges: %d',
    (code) => {
      expect(classify(code)).toEqual({ ...retry, known: false })
      expect(classify(code, 1)).toEqual({ ...retry, known: false })
    },
  )

  test.each([
    [10, permission],
    [4, throttled],
    [613, throttled],
    [100, refused],
    [190, token],
    [250, permission],
    [368, restricted],
  ])('under code %d has its class, and is counted', (code, expected) => {
    expect(classify(code, 999)).toEqual({ ...expected, known: false })
  })

  test('next to the range of media templates is not of it', () => {
    expect(classify(10, 2_018_172)).toEqual({ ...permission, known: false })
    expect(classify(10, 2_018_189)).toEqual({ ...permission, known: false })
  })
})

describe('is_transient', () => {
  test('makes a retry of a code that says otherwise, and of an unknown one', () => {
    expect(classify(100, null, true)).toEqual({ ...retry, known: true })
    expect(classify(250, null, true)).toEqual({ ...retry, known: true })
    expect(classify(190, null, true)).toEqual({ ...retry, known: true })
    expect(classify(100, 999, true)).toEqual({ ...retry, known: false })
    expect(classify(987_654, null, true)).toEqual({ ...retry, known: false })
  })

  test('leaves a throttled Page throttled', () => {
    expect(classify(613, null, true)).toEqual({ ...throttled, known: true })
    expect(classify(80_006, null, true)).toEqual({ ...throttled, known: true })
    expect(classify(4, 999, true)).toEqual({ ...throttled, known: false })
  })

  const listed = cases.filter(([name]) => name.includes('/'))
  test.each(listed)('does not outweigh a subcode that we know: %s, %s', (name, _meaning, expected) => {
    const [code, subcode] = name.split('/').map(Number)
    expect(classify(code!, subcode, true)).toEqual({ ...expected, known: true })
  })
})

test('a subcode counts only under its own code, where Meta gives it one', () => {
  expect(classify(190, 2_018_278)).toEqual({ ...token, known: false })
  expect(classify(4, 2_018_278)).toEqual({ ...throttled, known: false })
  expect(classify(100, 1_545_041)).toEqual({ ...refused, known: false })
})

prop.prop([fc.nat({ max: 3_000_000 }), fc.option(fc.nat({ max: 3_000_000 })), fc.boolean()], {
  numRuns: 5000,
})('the marks stand where they belong', (code, subcode, isTransient) => {
  const { verdict, failure, stop, throttle, retryOnce } = classify(code, subcode, isTransient)
  expect(stop !== undefined).toBe(verdict === 'page')
  expect(failure === 'PAGE_STOPPED').toBe(verdict === 'page')
  expect(failure === 'THREAD_NOT_OURS').toBe(verdict === 'thread')
  if (throttle || retryOnce) expect(verdict).toBe('retry')
})

test('each failure has sentences of its own for the agent: what happened, and what to do', () => {
  const codes: FailureCode[] = [
    'WINDOW_CLOSED',
    'CONSENT_MISSING',
    'PERSON_UNAVAILABLE',
    'MESSAGE_REFUSED',
    'PAGE_STOPPED',
    'THREAD_NOT_OURS',
    'GAVE_UP',
  ]
  const sentences = codes.map(failureMessage)
  expect(new Set(sentences).size).toBe(codes.length)
  for (const sentence of sentences) expect(sentence).toMatch(/^[A-Z][^;]{20,}; [^;]{20,}\.$/)
})
