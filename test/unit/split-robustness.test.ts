import { fc, test as prop } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import type { JsonValue } from '../../src/domain/event.ts'
import { splitDelivery, type Split } from '../../src/meta/split.ts'
import { PAGE, PSID, T0 } from '../fixtures/deliveries.ts'
import { fixture } from '../support/fixtures.ts'
import { anyJson } from '../support/json-arbitraries.ts'

const receivedAt = T0 + 3_600_000
const good = {
  sender: { id: PSID },
  recipient: { id: PAGE },
  timestamp: T0,
  message: { mid: 'm_good', text: 'hier' },
}
const goodEntry = { id: PAGE, time: T0, messaging: [good] }
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

function goodOnes(split: Split) {
  return split.events.filter((event) => event.kind === 'message' && event.mid === 'm_good')
}

function isUsable(split: Split): void {
  expect(JSON.parse(JSON.stringify(split))).toBeTruthy()
  for (const event of split.events) {
    expect(new Date(event.timestamp).toJSON()).toMatch(/Z$/)
    expect(event.id).toMatch(/^evt_[A-Za-z0-9_-]{22}$/)
    expect(event.psid).not.toBe('')
  }
  const times = split.events.map((event) => event.timestamp)
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  expect(({} as { x?: unknown }).x).toBeUndefined()
}

describe('whatever comes', () => {
  prop.prop([fc.string()])('any text: nothing is thrown', (text) => {
    isUsable(splitDelivery(text, receivedAt))
  })

  prop.prop([fc.nat(), fc.nat(), fc.string({ maxLength: 5 })])(
    'a delivery cut and patched anywhere',
    (from, length, patch) => {
      const text = fixture('everything-at-once').toString()
      const start = from % text.length
      isUsable(splitDelivery(text.slice(0, start) + patch + text.slice(start + (length % 40)), receivedAt))
    },
  )

  prop.prop([anyJson])('any JSON: nothing is thrown, and what is there is kept', (json) => {
    const split = splitDelivery(JSON.stringify(json), receivedAt)
    isUsable(split)
    expect(split.unreadable).toEqual([])
  })

  prop.prop([fc.array(anyJson, { maxLength: 4 }), fc.nat()])('garbage beside a good event', (garbage, at) => {
    const messaging = garbage.toSpliced(at % (garbage.length + 1), 0, good)
    const split = splitDelivery(JSON.stringify({ entry: [{ id: PAGE, time: T0, messaging }] }), receivedAt)
    isUsable(split)
    expect(goodOnes(split)).toHaveLength(1)
    expect(split.events.length + split.ownEchoes.length).toBe(messaging.length)
  })

  prop.prop([fc.array(anyJson, { maxLength: 4 }), fc.nat()])('garbage beside a good entry', (garbage, at) => {
    const entry = garbage.toSpliced(at % (garbage.length + 1), 0, goodEntry)
    const split = splitDelivery(JSON.stringify({ object: 'page', entry }), receivedAt)
    isUsable(split)
    expect(goodOnes(split)).toHaveLength(1)
  })

  prop.prop([fc.array(anyJson, { maxLength: 4 }), fc.nat()])(
    'garbage beside a good delivery',
    (garbage, at) => {
      const outer = garbage.toSpliced(at % (garbage.length + 1), 0, { entry: [goodEntry] })
      const split = splitDelivery(JSON.stringify(outer), receivedAt)
      isUsable(split)
      expect(goodOnes(split)).toHaveLength(1)
    },
  )

  prop.prop([
    fc.dictionary(fc.constantFrom('standby', 'changes', 'field', 'value', 'changed_fields', 'time'), anyJson),
  ])('garbage under the other keys of a good entry', (others) => {
    const split = splitDelivery(
      JSON.stringify({ entry: [{ ...others, id: PAGE, messaging: [good] }] }),
      receivedAt,
    )
    isUsable(split)
    expect(goodOnes(split)).toHaveLength(1)
  })

  prop.prop([fc.dictionary(fc.string(), anyJson)])(
    'garbage under the other keys of a good event',
    (others) => {
      const event = Object.fromEntries([...Object.entries(others), ...Object.entries(good)])
      const split = splitDelivery(JSON.stringify({ entry: [{ id: PAGE, messaging: [event] }] }), receivedAt)
      isUsable(split)
      expect(split.events).toMatchObject([
        { mid: 'm_good', psid: PSID, text: 'hier', raw: { sender: { id: PSID } } },
      ])
    },
  )

  prop.prop([anyJson, anyJson])('the same bytes always make the same events', (json, other) => {
    const text = JSON.stringify({ entry: [{ id: PAGE, time: T0, messaging: [json], changes: [other] }] })
    const ids = (at: number) => splitDelivery(text, at).events.map((event) => event.id)
    expect(ids(receivedAt).sort()).toEqual(ids(receivedAt + 60_000).sort())
  })
})

describe('times', () => {
  const at = (timestamp: JsonValue, time: JsonValue = T0 + 7) => {
    const body = JSON.stringify({ entry: [{ id: PAGE, time, messaging: [{ ...good, timestamp }] }] })
    return splitDelivery(body, receivedAt).events[0]!.timestamp
  }

  test.each<[JsonValue, number]>([
    [T0, T0],
    [T0 / 1000, T0],
    [String(T0), T0],
    [String(T0 / 1000), T0],
    [T0 / 1000 + 0.25, T0 + 250],
    [999_999_999_999, 999_999_999_999_000],
    [1_000_000_000_000, 1_000_000_000_000],
  ])('%j is %i', (timestamp, ms) => {
    expect(at(timestamp)).toBe(ms)
  })

  test.each<[JsonValue]>([
    [0],
    [-1],
    [-T0],
    [8.64e15],
    [1e300],
    ['1e999'],
    [''],
    ['soon'],
    [null],
    [true],
    [[]],
    [{}],
    ['NaN'],
    ['Infinity'],
  ])('%j is none: the entry has one', (timestamp) => {
    expect(at(timestamp)).toBe(T0 + 7)
  })

  test('nor has the entry one: the time of receipt', () => {
    expect(at('soon', 'later')).toBe(receivedAt)
  })

  prop.prop([anyJson, anyJson])(
    'whatever stands there, it is a moment that a Date can hold',
    (timestamp, time) => {
      expect(new Date(at(timestamp, time)).getTime()).toBe(at(timestamp, time))
    },
  )
})

describe('depth', () => {
  test('an event of depth 10,000 is told, and its neighbours come out', () => {
    const body = `{"entry":[{"id":"${PAGE}","time":${T0},"messaging":[${nested(10_000)},${JSON.stringify(good)}]}]}`
    const split = splitDelivery(body, receivedAt)
    expect(goodOnes(split)).toHaveLength(1)
    expect(split.events).toHaveLength(1)
    expect(split.unreadable).toEqual([{ code: 'EVENT_TOO_DEEP', message: expect.stringContaining('64') }])
  })

  test.each([
    ['an entry', `{"entry":[${nested(10_000)},${JSON.stringify(goodEntry)}]}`],
    [
      'an entry without a body',
      `{"entry":[{"id":"1","new":${nested(10_000)}},${JSON.stringify(goodEntry)}]}`,
    ],
    [
      'a change',
      `{"entry":[{"id":"1","changes":[{"field":"feed","value":${nested(10_000)}}]},${JSON.stringify(goodEntry)}]}`,
    ],
    [
      'a flat value',
      `{"entry":[{"id":"1","field":"feed","value":${nested(10_000)}},${JSON.stringify(goodEntry)}]}`,
    ],
    ['a delivery', `[{"object":${nested(10_000)}},{"entry":[${JSON.stringify(goodEntry)}]}]`],
    [
      'an id',
      `{"entry":[{"id":${nested(10_000)},"messaging":[{"sender":${nested(10_000)}}]},${JSON.stringify(goodEntry)}]}`,
    ],
  ])('%s of depth 10,000 beside a good one', (_name, body) => {
    const split = splitDelivery(body, receivedAt)
    expect(goodOnes(split)).toHaveLength(1)
    expect(split.unreadable.map((fault) => fault.code)).toEqual(['EVENT_TOO_DEEP'])
    isUsable(split)
  })

  test('also where an id is a number beyond 2^53', () => {
    const numeric = JSON.stringify(good).replace(`"${PSID}"`, '9007199254740993')
    const body = `{"entry":[{"id":"${PAGE}","messaging":[${nested(10_000)},${numeric}]}]}`
    expect(goodOnes(splitDelivery(body, receivedAt))).toMatchObject([{ psid: '9007199254740993' }])
  })

  test('real depth is no fault', () => {
    const split = splitDelivery(`{"entry":[{"id":"1","messaging":[${nested(60)}]}]}`, receivedAt)
    expect(split.unreadable).toEqual([])
    expect(split.events).toHaveLength(1)
  })

  test('a body of nothing but depth', () => {
    expect(splitDelivery(nested(500_000), receivedAt).unreadable).toEqual([
      expect.objectContaining({ code: 'EVENT_TOO_DEEP' }),
    ])
  })
})

test.each(['', 'not json', '{"entry":', '<html>', 'null{}'])('%j is no JSON, and told once', (body) => {
  expect(splitDelivery(body, receivedAt)).toEqual({
    events: [],
    ownEchoes: [],
    unreadable: [{ code: 'DELIVERY_NOT_JSON', message: 'the delivery is no JSON' }],
  })
})

test.each(['null', '42', '"text"', '{}', '{"object":"page"}', '{"new":{"entry":[]}}'])(
  '%s is JSON but no delivery that we know, and kept whole',
  (body) => {
    expect(splitDelivery(body, receivedAt).events).toMatchObject([
      { kind: 'unknown', name: 'delivery', raw: JSON.parse(body) },
    ])
  },
)

describe('nothing that Meta sent is dropped', () => {
  const names = (entry: object) =>
    splitDelivery(JSON.stringify({ entry: [{ id: PAGE, time: T0, ...entry }] }), receivedAt)
      .events.map((event) => (event.kind === 'unknown' ? event.name : event.kind))
      .sort()

  test.each<[string, object, string[]]>([
    ['a key of the future', { holograms: [{ id: 1 }] }, ['entry']],
    ['a list that is none', { messaging: { sender: { id: PSID } } }, ['entry']],
    [
      'a list that is none, beside one that is',
      { messaging: [good], changes: { field: 'feed' } },
      ['entry', 'message'],
    ],
    [
      'a key of the future beside messages',
      { messaging: [good], holograms: [{ id: 1 }] },
      ['entry', 'message'],
    ],
    [
      'a field that is no text, beside messages',
      { messaging: [good], field: 7, value: { a: 1 } },
      ['entry', 'message'],
    ],
  ])('%s', (_name, entry, expected) => {
    expect(names(entry)).toEqual(expected)
  })
})

test('keys that could reach a prototype reach none', () => {
  const evil = '{"__proto__":{"x":1},"constructor":{"prototype":{"x":1}}'
  const body = `{"__proto__":{"x":1},"entry":[${evil},"id":"1","messaging":[${evil},"message":${evil},"mid":"m"}}]}]}`
  const split = splitDelivery(body, receivedAt)
  expect(split.events).toMatchObject([
    { kind: 'message', mid: 'm', text: null },
    { kind: 'unknown', name: 'entry' },
  ])
  // The two keys that no entry has are kept, as keys.
  expect(Object.keys(split.events[1]!.raw as object).sort()).toEqual(['__proto__', 'constructor', 'id'])
  expect(({} as { x?: unknown }).x).toBeUndefined()
  expect((split.events[0] as { x?: unknown }).x).toBeUndefined()
})
