import { conversationId, threadConversationId } from '../../domain/conversation.ts'
import type { Thread } from '../../domain/conversation.ts'
import type { Author, EventBase } from '../../domain/event-base.ts'
import type { DomainEvent, JsonValue } from '../../domain/event.ts'
import type { Verb } from '../../domain/page-events.ts'
import type { Place } from './event-frame.ts'
import { id, member, milliseconds, string } from './json-fields.ts'
import type { JsonObject } from './json-fields.ts'

/** What is known of a change before its kind is. */
export interface ChangeFrame {
  place: Place
  pageId: string
  /** The change as Meta sent it: field and value. */
  raw: JsonValue
}

/** Reads the `value` of one field; null when it has a shape that we cannot use. */
export type ChangeReader = (value: JsonObject, frame: ChangeFrame) => DomainEvent | null

/** The fields that every event has, but for its id. `whose` is a thread, a PSID, or null for the Page's own conversation. */
export function changeBase(
  value: JsonObject,
  { place, pageId, raw }: ChangeFrame,
  whose: Thread | string | null,
): Omit<EventBase, 'id'> {
  const isThread = typeof whose === 'object' && whose !== null
  const psid = isThread ? null : whose
  return {
    pageId,
    conversationId: isThread ? threadConversationId(pageId, whose) : conversationId(pageId, psid),
    psid,
    timestamp: changeTime(value, place) ?? place.receivedAt,
    standby: place.standby,
    raw,
  }
}

/**
 * When it happened, by Meta's clock. `created_time` is that of the thing itself: only what is new happened then. For what
 * came later the time of its entry is nearer, so that a comment is never hidden before it was edited.
 */
function changeTime(value: JsonObject, { entryTime }: Place): number | null {
  const created = milliseconds(value['created_time'])
  if (readVerb(value['verb'] ?? 'add') === 'add') return created ?? entryTime
  return milliseconds(value['edited_time']) ?? entryTime ?? created
}

const verbs = new Map<string, Verb>([
  ['add', 'add'],
  ['edit', 'edit'],
  ['edited', 'edit'],
  ['update', 'edit'],
  ['remove', 'remove'],
  ['delete', 'remove'],
  ['hide', 'hide'],
  ['unhide', 'unhide'],
  ['mute', 'mute'],
  ['block', 'block'],
  ['unblock', 'unblock'],
  ['follow', 'follow'],
])

/** Comments and statuses are `edited`, posts `edit` or `edited`; Meta's list has update and delete as well. */
export function readVerb(value: JsonValue | undefined): Verb | null {
  return (typeof value === 'string' && verbs.get(value.toLowerCase())) || null
}

/**
 * What tells apart two changes of the same thing, stable over redeliveries that say the same. An edit that names no
 * time of its own is told by its content. Hiding goes to and fro with `created_time` standing still, so the entry's time
 * must tell: should a redelivery come with another one, the worst is that it is told again.
 */
export function changeMark(verb: Verb, value: JsonObject, { place }: ChangeFrame): string {
  const created = milliseconds(value['created_time'])
  switch (verb) {
    case 'add':
    case 'remove':
      return `${verb}|${created}`
    case 'edit':
      return `${verb}|${milliseconds(value['edited_time']) ?? JSON.stringify(value)}`
    default:
      return `${verb}|${created}|${place.entryTime}`
  }
}

/** Older shapes have `sender_id`; ratings a reviewer; Instagram a user name. */
export function readAuthor(value: JsonObject): Author {
  const from = member(value, 'from')
  if (from) return { id: id(from['id']), name: string(from['name']) ?? string(from['username']) }
  return {
    id: id(value['sender_id']) ?? id(value['reviewer_id']),
    name: string(value['sender_name']) ?? string(value['reviewer_name']),
  }
}
