import type { DomainEvent, JsonValue, OwnEcho } from '../domain/event.ts'
import { unknownEvent } from './events/event-frame.ts'
import type { Place } from './events/event-frame.ts'
import { id, isObject, milliseconds } from './events/json-fields.ts'
import type { JsonObject } from './events/json-fields.ts'
import { isDeeperThan, parseJson } from './parse-json.ts'
import { readChange, readMessagingEvent } from './read-event.ts'

/** Real events are five levels deep; what is far deeper can be parsed but not written again. */
const maxDepth = 64

export interface Split {
  events: DomainEvent[]
  ownEchoes: OwnEcho[]
  /** Why a part of the delivery, or all of it, could not be read. The caller keeps the delivery as a dead letter. */
  unreadable: { code: string; message: string }[]
}

/**
 * Turns one delivery into events, in order of time and else of place. Which keys an entry has decides, never
 * `object`: Page and Instagram deliveries mix them, and an entry with none of them is kept as an unknown event.
 * Pure; never throws, whatever JSON it is given.
 */
export function splitDelivery(body: string, receivedAt: number): Split {
  const split: Split = { events: [], ownEchoes: [], unreadable: [] }
  let parsed: JsonValue
  try {
    parsed = parseJson(body)
  } catch (error) {
    const tooDeep = error instanceof RangeError
    split.unreadable.push(
      tooDeep
        ? { code: 'DELIVERY_TOO_DEEP', message: 'the delivery is nested too deeply to be read' }
        : { code: 'DELIVERY_NOT_JSON', message: 'the delivery is no JSON' },
    )
    return split
  }
  for (const envelope of Array.isArray(parsed) ? parsed : [parsed]) readEnvelope(envelope, receivedAt, split)
  // Array.prototype.sort is stable, so events of the same millisecond keep their place.
  split.events.sort((a, b) => a.timestamp - b.timestamp)
  return split
}

function readEnvelope(envelope: JsonValue, receivedAt: number, split: Split): void {
  const entries = isObject(envelope) ? envelope['entry'] : undefined
  if (entries === undefined) {
    return keep(split, envelope, () =>
      unknownEvent('delivery', envelope, null, {
        entryId: null,
        entryTime: null,
        receivedAt,
        standby: false,
      }),
    )
  }
  for (const entry of Array.isArray(entries) ? entries : [entries]) readEntry(entry, receivedAt, split)
}

function readEntry(entry: JsonValue, receivedAt: number, split: Split): void {
  const fields = isObject(entry) ? entry : {}
  const place: Place = {
    entryId: id(fields['id']),
    entryTime: milliseconds(fields['time']),
    receivedAt,
    standby: false,
  }
  const understood = new Set(entryFrame)
  for (const key of ['messaging', 'standby'] as const) {
    if (!Array.isArray(fields[key])) continue
    understood.add(key)
    const there = { ...place, standby: key === 'standby' }
    for (const item of fields[key]) keep(split, item, () => readMessagingEvent(item, there))
  }
  if (Array.isArray(fields['changes'])) {
    understood.add('changes')
    for (const change of fields['changes']) keep(split, change, () => readChange(change, place))
  }
  if (typeof fields['field'] === 'string') {
    understood.add('field').add('value')
    const change: JsonObject = { field: fields['field'], value: fields['value'] ?? null }
    keep(split, change, () => readChange(change, place))
  }
  if (Array.isArray(fields['changed_fields'])) {
    understood.add('changed_fields')
    for (const name of fields['changed_fields']) {
      const raw = { changed_field: name, time: fields['time'] ?? null }
      keep(split, raw, () => unknownEvent(id(name) ?? 'changed_field', raw, null, place))
    }
  }
  keepRest(entry, fields, understood, place, split)
}

const entryFrame = ['id', 'time', 'uid']

/** What stands in an entry beside the events we read is an event too, for a version that will understand it. */
function keepRest(
  entry: JsonValue,
  fields: JsonObject,
  understood: Set<string>,
  place: Place,
  split: Split,
): void {
  const rest = Object.entries(fields).filter(([key]) => !understood.has(key))
  const isRead = understood.size > entryFrame.length
  if (isRead && rest.length === 0) return
  const raw = isRead ? Object.fromEntries([['id', fields['id'] ?? null], ...rest]) : entry
  keep(split, raw, () => unknownEvent('entry', raw, null, place))
}

function keep(split: Split, raw: JsonValue, read: () => DomainEvent | OwnEcho): void {
  if (isDeeperThan(raw, maxDepth)) {
    split.unreadable.push({
      code: 'EVENT_TOO_DEEP',
      message: `an event is nested deeper than ${maxDepth} levels`,
    })
    return
  }
  const event = read()
  if ('replyId' in event) split.ownEchoes.push(event)
  else split.events.push(event)
}
