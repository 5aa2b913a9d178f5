import { fc } from '@fast-check/vitest'
import type { JsonValue } from '../../src/domain/event.ts'
import { fixture, fixtureNames } from './fixtures.ts'
import { anyJson } from './json-arbitraries.ts'

type Entry = Record<string, JsonValue[] | undefined>

function entriesOf(name: string): Entry[] {
  const parsed = JSON.parse(fixture(name).toString()) as { entry?: Entry[] } | { entry?: Entry[] }[]
  return [parsed].flat().flatMap((delivery) => delivery.entry ?? [])
}

const entries = fixtureNames.filter((name) => name !== 'thousand-events').flatMap(entriesOf)
const messagingEvents = entries.flatMap((entry) => [
  ...(entry['messaging'] ?? []),
  ...(entry['standby'] ?? []),
])
const changes = entries.flatMap((entry) => entry['changes'] ?? [])

/**
 * A documented event with one part of it replaced, taken out or added by whatever JSON can hold: what comes to the
 * readers of each kind and is not what they expect.
 */
export const damagedMessaging = damaged(messagingEvents)
export const damagedChange = damaged(changes)

function damaged(originals: JsonValue[]): fc.Arbitrary<JsonValue> {
  return fc
    .record({
      original: fc.constantFrom(...originals),
      way: fc.array(fc.nat(), { maxLength: 5 }),
      damage: fc.constantFrom('replace' as const, 'remove' as const, 'add' as const),
      garbage: anyJson,
    })
    .map(({ original, way, damage, garbage }) => injure(structuredClone(original), way, damage, garbage))
}

function injure(
  value: JsonValue,
  [step, ...rest]: number[],
  damage: 'replace' | 'remove' | 'add',
  garbage: JsonValue,
): JsonValue {
  if (step === undefined || value === null || typeof value !== 'object') return garbage
  if (damage === 'add' && rest.length === 0) {
    return Array.isArray(value) ? [...value, garbage] : { ...value, added: garbage }
  }
  const keys = Object.keys(value)
  const key = keys[step % keys.length]
  if (key === undefined) return garbage
  const child = (value as { [key: string]: JsonValue })[key]!
  const left = Object.entries(value).filter(([other]) => other !== key)
  const kept =
    damage === 'remove' && rest.length === 0 ? [] : [[key, injure(child, rest, damage, garbage)] as const]
  if (Array.isArray(value)) return [...left, ...kept].map(([, one]) => one)
  return Object.fromEntries([...left, ...kept]) as JsonValue
}
