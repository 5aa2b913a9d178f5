import { conversationId } from '../domain/conversation.ts'
import type { DomainEvent, JsonValue, OwnEcho } from '../domain/event.ts'
import { changeReaders } from './events/change-readers.ts'
import { unknownEvent } from './events/event-frame.ts'
import type { Frame, Place } from './events/event-frame.ts'
import { id, isObject, member, milliseconds } from './events/json-fields.ts'
import type { JsonObject } from './events/json-fields.ts'
import { messagingReaders } from './events/messaging-readers.ts'
import { readMessage } from './events/read-message.ts'

export { milliseconds } from './events/json-fields.ts'

/** Reads one member of `messaging[]` or `standby[]`. Meta names no kind in the body: the key that is there tells it. */
export function readMessagingEvent(raw: JsonValue, place: Place): DomainEvent | OwnEcho {
  if (!isObject(raw)) return unknownEvent('event', raw, null, place)
  const sender = id(member(raw, 'sender')?.['id'])
  const recipient = id(member(raw, 'recipient')?.['id'])
  const message = member(raw, 'message')
  const isEcho = message?.['is_echo'] === true
  const pageId = place.entryId ?? (isEcho ? sender : recipient) ?? ''
  const byPage = isEcho || sender === pageId
  const person = byPage ? recipient : (sender ?? userRef(raw))
  const when = milliseconds(raw['timestamp']) ?? place.entryTime
  const base = {
    pageId,
    conversationId: conversationId(pageId, person),
    psid: person,
    timestamp: when ?? place.receivedAt,
    standby: place.standby,
    raw,
  }
  const frame: Frame = { base, when, byPage }
  return (
    (message && readMessage(message, raw, frame)) ??
    readByKey(raw, frame) ??
    unknownEvent(messagingName(raw, message), raw, person, place, base)
  )
}

function readByKey(raw: JsonObject, frame: Frame): DomainEvent | null {
  for (const [key, read] of messagingReaders) {
    const value = raw[key]
    const event = value === undefined ? null : read(value, frame, raw)
    if (event) return event
  }
  return null
}

const envelopeKeys = new Set(['sender', 'recipient', 'timestamp'])

/** The name of what could not be read: Meta's key, and of several the one that we know. */
function messagingName(raw: JsonObject, message: JsonObject | null): string {
  if (message?.['is_deleted'] === true) return 'message_deleted'
  if (message?.['is_echo'] === true) return 'echo'
  const keys = Object.keys(raw).filter((key) => !envelopeKeys.has(key))
  return keys.find((key) => key === 'message' || messagingReaders.has(key)) ?? keys[0] ?? 'event'
}

/** A checkbox plugin's person has no PSID yet; the reference keeps their events in one conversation. */
function userRef(raw: JsonObject): string | null {
  const ref = id(member(raw, 'sender')?.['user_ref']) ?? id(member(raw, 'optin')?.['user_ref'])
  return ref === null ? null : `user_ref:${ref}`
}

/** Reads one member of `changes[]`, or what an entry of an Instagram-Login app says in its own `field` and `value`. */
export function readChange(change: JsonValue, place: Place): DomainEvent | OwnEcho {
  const fields = isObject(change) ? change : {}
  const field = id(fields['field']) ?? 'change'
  const value = fields['value']
  if (isObject(value) && isMessaging(field, value)) {
    return readMessagingEvent(value, { ...place, standby: place.standby || field === 'standby' })
  }
  const pageId = place.entryId ?? (isObject(value) ? id(value['page_id']) : null) ?? ''
  const read = changeReaders.get(field)
  const event = read && isObject(value) ? read(value, { place, pageId, raw: change }) : null
  if (event) return event
  const time = isObject(value) ? milliseconds(value['created_time']) : null
  return unknownEvent(field, change, null, place, {
    pageId,
    timestamp: time ?? place.entryTime ?? place.receivedAt,
  })
}

/**
 * The dashboard's test button sends messaging events as `{ field, value }`; what is in `value` is what counts then.
 * Some have no sender: those are known by their field.
 */
function isMessaging(field: string, value: JsonObject): boolean {
  if (!isObject(value['recipient'])) return false
  return isObject(value['sender']) || /^messag|^standby$|^response_feedback$|^send_cart$/.test(field)
}
