import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { eventKinds } from '../../src/domain/event.ts'
import type { JsonValue } from '../../src/domain/event.ts'
import { parseJson } from '../../src/meta/parse-json.ts'
import { splitDelivery } from '../../src/meta/split.ts'
import { fixture, fixtureNames } from '../support/fixtures.ts'
import { golden, goldenNames, receivedAt, resultOf } from '../support/golden.ts'
import { words } from '../support/words.ts'

const eventsOf = (name: string) => splitDelivery(fixture(name).toString(), receivedAt).events
const all = fixtureNames.flatMap(eventsOf)

test('each fixture has a result, and each result a fixture', () => {
  const files = readdirSync(new URL('../fixtures/golden/', import.meta.url))
  expect(files.map((file) => file.replace(/\.json$/, '')).sort()).toEqual(goldenNames)
})

test.each(goldenNames)('%s becomes what somebody has read', (name) => {
  expect(JSON.parse(resultOf(name))).toEqual(JSON.parse(golden(name)))
})

/** Everything that can be pointed at inside a JSON value, itself included. */
function* parts(value: JsonValue): Generator<JsonValue> {
  yield value
  if (value === null || typeof value !== 'object') return
  for (const child of Object.values(value)) yield* parts(child)
}

test.each(goldenNames)('%s: the raw of each event is a part of what Meta sent', (name) => {
  const found = new Set([...parts(parseJson(fixture(name).toString()))].map((part) => JSON.stringify(part)))
  for (const { raw, kind } of eventsOf(name)) {
    // A field that stands on the entry is given the shape of a change; what an entry has beside is kept in one object.
    const isMadeUp = ['flat-field', 'changed-fields', 'everything-at-once', 'empty-entry'].includes(name)
    const isFlat = kind === 'comment' || kind === 'story_insight'
    if (!isMadeUp && !isFlat) expect(found).toContain(JSON.stringify(raw))
  }
})

describe('every documented thing has a fixture', () => {
  test.each(eventKinds)('kind %s, first in the fixture of its name', (kind) => {
    expect(eventsOf(kind.replaceAll('_', '-'))[0]?.kind).toBe(kind)
  })

  const types = words(`
    image audio video file sticker reel ig_reel post ig_post share story_mention story ig_story media
    appointment_booking template fallback location`)
  test.each(types)('attachment %s', (type) => {
    const seen = all.flatMap((event) => ('attachments' in event ? event.attachments : []))
    expect(seen.map((one) => one.type)).toContain(type)
  })

  test.each(words('message postback read delivery reaction echo'))('%s in standby', (kind) => {
    expect(all.filter((event) => event.standby).map((event) => event.kind)).toContain(kind)
  })

  test.each(words('add edit remove hide unhide mute block'))('a comment or post with verb %s', (verb) => {
    expect(all.flatMap((event) => ('verb' in event ? [event.verb] : []))).toContain(verb)
  })
})

test('unknown is only what no reader knows, and what cannot be used', () => {
  const unknown = fixtureNames.filter((name) => eventsOf(name).some((event) => event.kind === 'unknown'))
  expect(unknown).toEqual([
    'changed-fields',
    'changes-that-are-unusable',
    'empty-entry',
    'everything-at-once',
    'known-but-unusable',
    'no-entry',
    'unknown',
    'unknown-key',
  ])
})

test('no kind of id is ever a number', () => {
  for (const event of all) {
    for (const [key, value] of Object.entries(event)) {
      if (/(^m?id$|Id$|psid|token)/i.test(key)) expect([key, typeof value]).not.toContain('number')
    }
  }
})
