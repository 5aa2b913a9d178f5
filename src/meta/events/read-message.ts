import type { MessageEvent } from '../../domain/messaging-events.ts'
import type { DomainEvent, OwnEcho } from '../../domain/event.ts'
import { readReplyMetadata } from '../../domain/reply-metadata.ts'
import { eventId, messageEventId } from './event-frame.ts'
import type { Frame } from './event-frame.ts'
import { id, member, objects, present, string } from './json-fields.ts'
import type { JsonObject } from './json-fields.ts'
import { isMetaInbox } from './meta-inboxes.ts'
import { readAttachments } from './read-attachments.ts'
import { readReferral } from './read-referral.ts'

/** Reads the `message` of an event: what a person wrote, what the Page wrote (an echo), or that it was taken back. */
export function readMessage(
  message: JsonObject,
  raw: JsonObject,
  frame: Frame,
): DomainEvent | OwnEcho | null {
  const mid = string(message['mid'])
  if (mid === null || mid === '') return null
  const { base } = frame
  if (message['is_deleted'] === true) {
    const id = eventId(`message_deleted|${base.pageId}|${mid}`)
    return { ...base, id, kind: 'message_deleted', mid, byPage: frame.byPage }
  }
  if (message['is_echo'] === true) return readEcho(message, mid, frame)
  return {
    ...base,
    id: messageEventId('message', base.pageId, mid),
    kind: 'message',
    mid,
    text: string(message['text']),
    attachments: readAttachments(message['attachments']),
    ...extras(message, raw),
  }
}

const plainKeys = new Set(['mid', 'text', 'attachments'])

/** What few messages have. Most are told apart by their keys alone, since this is read for every message that comes. */
function extras(message: JsonObject, raw: JsonObject): Partial<MessageEvent> | undefined {
  const isPlain = Object.keys(message).every((key) => plainKeys.has(key))
  if (isPlain && raw['prior_message'] === undefined) return undefined
  const quickReply = string(member(message, 'quick_reply')?.['payload'])
  const commands = objects(message['commands']).flatMap(({ name }) =>
    typeof name === 'string' ? [name] : [],
  )
  return present({
    quickReply: quickReply === null ? null : { payload: quickReply },
    replyTo: replyTo(member(message, 'reply_to')),
    referral: readReferral(message['referral']),
    commands: commands.length > 0 ? commands : null,
    isUnsupported: message['is_unsupported'] === true || null,
    isSelf: message['is_self'] === true || null,
    priorMessage: priorMessage(member(raw, 'prior_message')),
  })
}

function replyTo(value: JsonObject | null): MessageEvent['replyTo'] | null {
  if (!value) return null
  const mid = string(value['mid'])
  if (mid !== null) return { mid, ...(value['is_self_reply'] === true ? { isSelfReply: true } : {}) }
  const story = member(value, 'story')
  return story && { story: { id: id(story['id']), url: string(story['url']) } }
}

function priorMessage(value: JsonObject | null): MessageEvent['priorMessage'] | null {
  const identifier = value && id(value['identifier'])
  return identifier ? { source: string(value['source']), identifier } : null
}

function readEcho(message: JsonObject, mid: string, { base }: Frame): DomainEvent | OwnEcho {
  const metadata = string(message['metadata'])
  const own = readReplyMetadata(metadata)
  if (own) {
    const { pageId, conversationId, timestamp } = base
    return { ...own, mid, pageId, conversationId, timestamp }
  }
  const appId = id(message['app_id'])
  return {
    ...base,
    id: messageEventId('echo', base.pageId, mid),
    kind: 'echo',
    mid,
    text: string(message['text']),
    attachments: readAttachments(message['attachments']),
    appId,
    fromInbox: isMetaInbox(appId),
    metadata,
  }
}
