import { readFileSync } from 'node:fs'
import { splitDelivery } from '../../src/meta/split.ts'
import { T0 } from '../fixtures/deliveries.ts'
import { fixture, fixtureNames } from './fixtures.ts'

/** When the fixtures are received, by our clock: an hour after Meta's. */
export const receivedAt = T0 + 3_600_000

/** Those with a result that a person has read; thousand-events is checked by its count. */
export const goldenNames = fixtureNames.filter((name) => name !== 'thousand-events')

/** What comes of a fixture, as JSON. Without `raw`, which stands in the fixture itself. */
export function resultOf(name: string): string {
  const split = splitDelivery(fixture(name).toString(), receivedAt)
  const events = split.events.map(({ raw: _raw, ...event }) => event)
  return `${JSON.stringify({ ...split, events }, null, 2)}\n`
}

/** What came of it when somebody last read it. */
export function golden(name: string): string {
  return readFileSync(goldenPath(name), 'utf8')
}

export function goldenPath(name: string): URL {
  return new URL(`../fixtures/golden/${name}.json`, import.meta.url)
}
