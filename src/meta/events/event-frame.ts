import { hash } from 'node:crypto'
import { conversationId } from '../../domain/conversation.ts'
import type { EventBase } from '../../domain/event-base.ts'
import type { DomainEvent, JsonValue } from '../../domain/event.ts'
import { isObject, member } from './json-fields.ts'

/** Where an event stood in its delivery: what its own JSON does not say. */
export interface Place {
  entryId: string | null
  /** The entry's own time in ms; a redelivery repeats it. */
  entryTime: number | null
  /** When we received it, in ms: for events that carry no time at all. */
  receivedAt: number
  standby: boolean
}

/** What is known of an event before its kind is. */
export interface Frame {
  base: Omit<EventBase, 'id'>
  /**
   * The event's own time, else its entry's, in ms: what tells apart two events that say the same. Not the time of
   * receipt, which a redelivery does not repeat.
   */
  when: number | null
  /** The Page did it itself. */
  byPage: boolean
}

/** The event's id and its mark in the dedupe set: 128 bits, so that a redelivery is recognised and nothing else is. */
export function eventId(key: string): string {
  return `evt_${hash('sha256', key, 'base64url').slice(0, 22)}`
}

/** The id of the event that told of a message: what the person wrote, or an echo of what the Page did. */
export function messageEventId(kind: 'message' | 'echo', pageId: string, mid: string): string {
  return eventId(`${kind}|${pageId}|${mid}`)
}

/** The id of the event that told of a message's edit, by its number. */
export function editEventId(pageId: string, mid: string, edit: number | string): string {
  return eventId(`message_edit|${pageId}|${mid}|${edit}`)
}

/** The id of an event that Meta gave none: who, when, and the whole of what is said. */
export function idOfContent({ base, when }: Frame, kind: string, content: JsonValue): string {
  return eventId(`${kind}|${base.pageId}|${base.psid}|${when}|${JSON.stringify(content)}`)
}

/** Keeps what this version does not understand, whole, under the name that Meta gave it. */
export function unknownEvent(
  name: string,
  raw: JsonValue,
  person: string | null,
  place: Place,
  base?: Pick<DomainEvent, 'pageId' | 'timestamp'>,
): DomainEvent {
  const pageId = base?.pageId ?? place.entryId ?? ''
  // An entry's time is when Meta sent it, so a redelivery may have another; it only tells apart what has no time of its own.
  const ownTime = isObject(raw) && (raw['timestamp'] ?? member(raw, 'value')?.['created_time'])
  const sentAt = ownTime === undefined || ownTime === false ? place.entryTime : ''
  return {
    id: eventId(`unknown|${pageId}|${name}|${sentAt}|${JSON.stringify(raw)}`),
    kind: 'unknown',
    name,
    pageId,
    conversationId: conversationId(pageId, person),
    psid: person,
    timestamp: base?.timestamp ?? place.entryTime ?? place.receivedAt,
    standby: place.standby,
    raw,
  }
}
