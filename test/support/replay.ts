import { deliveries } from '../fixtures/deliveries.ts'
import { T0, encode, said } from '../fixtures/story.ts'
import type { DomainEvent } from '../../src/domain/event.ts'
import { splitDelivery } from '../../src/meta/split.ts'

/** Fixtures about what cannot be read at all; they are no part of a replay. */
const unreadable = new Set(['outer-array', 'no-entry'])

export type Entry = Record<string, unknown>

/** The smallest deliveries that the fixtures can be cut into: an entry with one event each, without what comes twice. */
export function piecesOfFixtures(): Entry[] {
  const pieces = Object.entries(deliveries)
    .filter(([name]) => name !== 'thousand-events' && !unreadable.has(name))
    .flatMap(([, delivery]) => (delivery as { entry?: Entry[] }).entry ?? [])
    .flatMap(cut)
  const seen = new Set<string>()
  return pieces.filter((piece) => {
    const ids = idsOf(piece)
    const isNew = ids.length === 1 && !seen.has(ids[0]!)
    for (const id of ids) seen.add(id)
    return isNew
  })
}

/** Each of what an entry lists in an entry of its own. */
function cut(entry: Entry): Entry[] {
  const { messaging, standby, changes, ...rest } = entry
  const lists = Object.entries({ messaging, standby, changes }).filter(([, list]) => Array.isArray(list))
  if (lists.length === 0) return [entry]
  const frame = Object.fromEntries(Object.entries(rest).filter(([key]) => key === 'id' || key === 'time'))
  return lists.flatMap(([key, list]) => (list as unknown[]).map((one) => ({ ...frame, [key]: [one] })))
}

function idsOf(piece: Entry): string[] {
  // Without a Page it is a dead letter, and has no effect that could be compared.
  return eventsOf([piece]).flatMap(({ id, pageId }) => (pageId === '' ? [] : [id]))
}

/** The fixtures, and as many messages of forty people beside them as make `count` events. */
export function replayOf(count: number): Entry[] {
  const pieces = piecesOfFixtures()
  const more = Array.from({ length: count - pieces.length }, (_, at) => {
    const person = `612${String(at % 40).padStart(13, '0')}`
    return {
      id: '108000000000017',
      time: T0,
      messaging: [said(at, { mid: `m_replay-${at}`, text: `Nr. ${at}` }, person)],
    }
  })
  return [...pieces, ...more]
}

/** What becomes of them, in order. */
export function eventsOf(entries: Entry[]): DomainEvent[] {
  return splitDelivery(deliveryOf(entries).toString(), T0).events
}

export function deliveryOf(entries: Entry[]): Buffer {
  return encode({ object: 'page', entry: entries })
}
