import { hash } from 'node:crypto'
import { conversationId } from '../domain/conversation.ts'
import type { Attachment, DomainEvent, JsonValue, OwnEcho } from '../domain/event.ts'
import { isReplyId } from '../domain/reply.ts'

export type JsonObject = { [key: string]: JsonValue }

/** Where an event stood in its delivery: what its own JSON does not say. */
export interface Place {
  entryId: string | null
  /** The entry's own time in ms; a redelivery repeats it. */
  entryTime: number | null
  /** When we received it, in ms: for events that carry no time at all. */
  receivedAt: number
  standby: boolean
}

/** Reads one member of `messaging[]` or `standby[]`. Meta names no kind in the body: the key that is there tells it. */
export function readMessagingEvent(raw: JsonValue, place: Place): DomainEvent | OwnEcho {
  if (!isObject(raw)) return unknownEvent('event', raw, null, place)
  const sender = id(member(raw, 'sender')?.['id'])
  const recipient = id(member(raw, 'recipient')?.['id'])
  const message = member(raw, 'message')
  const isEcho = message?.['is_echo'] === true
  const pageId = place.entryId ?? (isEcho ? sender : recipient)
  const person = isEcho || sender === pageId ? recipient : (sender ?? userRef(raw))
  const base = {
    pageId: pageId ?? '',
    conversationId: conversationId(pageId ?? '', person),
    psid: person,
    timestamp: milliseconds(raw['timestamp']) ?? place.entryTime ?? place.receivedAt,
    standby: place.standby,
    raw,
  }
  const mid = message && string(message['mid'])
  if (message && mid && isEcho && isReplyId(message['metadata'])) {
    return { replyId: message['metadata'], mid, pageId: base.pageId }
  }
  if (message && mid && !isEcho && message['is_deleted'] !== true) {
    const quickReply = string(member(message, 'quick_reply')?.['payload'])
    return {
      ...base,
      id: eventId(`message|${base.pageId}|${mid}`),
      kind: 'message',
      mid,
      text: string(message['text']),
      attachments: attachments(message['attachments']),
      ...(quickReply === null ? {} : { quickReply: { payload: quickReply } }),
    }
  }
  const postback = member(raw, 'postback')
  if (postback) {
    const postbackMid = string(postback['mid'])
    const payload = string(postback['payload'])
    // Not the time of receipt, which a redelivery does not repeat; and the whole, since a standby postback has no payload.
    const when = milliseconds(raw['timestamp']) ?? place.entryTime
    const key = postbackMid ?? `${person}|${when}|${JSON.stringify(postback)}`
    return {
      ...base,
      id: eventId(`postback|${base.pageId}|${key}`),
      kind: 'postback',
      mid: postbackMid,
      title: string(postback['title']),
      payload,
    }
  }
  return unknownEvent(messagingName(raw, message), raw, person, place, base)
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

const envelopeKeys = new Set(['sender', 'recipient', 'timestamp'])

function messagingName(raw: JsonObject, message: JsonObject | null): string {
  if (message?.['is_echo'] === true) return 'echo'
  if (message?.['is_deleted'] === true) return 'message_deleted'
  return Object.keys(raw).find((key) => !envelopeKeys.has(key)) ?? 'event'
}

/** The event's id and its mark in the dedupe set: 128 bits, so that a redelivery is recognised and nothing else is. */
function eventId(key: string): string {
  return `evt_${hash('sha256', key, 'base64url').slice(0, 22)}`
}

function attachments(value: JsonValue | undefined): Attachment[] {
  if (!Array.isArray(value)) return []
  return value.filter(isObject).map((item) => {
    const payload = member(item, 'payload')
    const title = string(payload?.['title']) ?? string(item['title'])
    return {
      type: string(item['type']) ?? 'unknown',
      url: string(payload?.['url']) ?? string(item['url']),
      ...(title === null ? {} : { title }),
    }
  })
}

/** A checkbox plugin's person has no PSID yet; the reference keeps their events in one conversation. */
function userRef(raw: JsonObject): string | null {
  const ref = id(member(raw, 'sender')?.['user_ref'])
  return ref === null ? null : `user_ref:${ref}`
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function member(value: JsonObject, key: string): JsonObject | null {
  const found = value[key]
  return isObject(found) ? found : null
}

function string(value: JsonValue | undefined): string | null {
  return typeof value === 'string' ? value : null
}

/** Ids come as strings and as numbers; here they are strings. */
export function id(value: JsonValue | undefined): string | null {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value : null
}

/** Messaging events count milliseconds, Page changes and lead ads seconds, and some samples make them strings. */
export function milliseconds(value: JsonValue | undefined): number | null {
  const number = typeof value === 'string' ? Number(value) : value
  // 8.64e15 is the last moment that a Date can hold; past it, whoever formats the time would throw.
  if (typeof number !== 'number' || !(number > 0 && number < 8.64e15)) return null
  return Math.round(number < 1e12 ? number * 1000 : number)
}
