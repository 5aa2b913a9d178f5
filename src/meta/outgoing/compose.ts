import type { Channel } from '../../domain/conversation.ts'
import type { JsonValue } from '../../domain/event.ts'
import type { Outgoing, QuickReply } from '../../domain/outgoing.ts'
import { toSnakeCase } from './camel-case.ts'
import { splitText } from './split-text.ts'
import type { MediaTemplate } from './card-templates.ts'
import type { Template } from './templates.ts'

type Json = Record<string, JsonValue>

/** One call of the Send API. A reply is one or more of them, sent in order. */
export interface OutgoingPart {
  /** A message has a mid and an echo; an action (typing, seen, a reaction) has neither. */
  kind: 'message' | 'action'
  /** Which of Meta's limits per Page it counts against: `media` is for audio and video. */
  rate: 'text' | 'media'
  /**
   * The call's body in Meta's words, without recipient, messaging_type, tag and persona_id, which the sender adds.
   * Only a raw one may bring a persona_id.
   */
  body: Json
}

export interface ComposeOptions {
  channel: Channel
  /** Meta's id of what `uploadIdOf` names; needed when it names something. */
  attachmentId?: string
}

/** The upload of ours that a message shows, which must be known to Meta before the message is composed. */
export function uploadIdOf(message: Outgoing): string | undefined {
  const template = message.template as Template | undefined
  if (template?.type === 'media') return template.elements[0]?.uploadId
  return message.attachment?.uploadId
}

/**
 * The calls that send a message which passed the schema and has no channel faults. The same message makes the same
 * parts each time, so that a part may be known by its number. Throws if an upload is shown and attachmentId is not given.
 */
export function composeParts(message: Outgoing, options: ComposeOptions): OutgoingPart[] {
  if (message.raw) return [rawPart(message, message.raw)]
  const action = actionBody(message, options.channel)
  if (action) return [{ kind: 'action', rate: 'text', body: action }]
  const contents = contentsOf(message, options)
  return contents.map((content, at) => ({
    kind: 'message' as const,
    rate: isMedia(content) ? 'media' : 'text',
    body: {
      message: at === contents.length - 1 ? { ...content, ...quickRepliesOf(message) } : content,
      ...(at === 0 ? replyToOf(message) : {}),
    },
  }))
}

/** The part with the id by which its echo is known. Meta takes under 1000 characters. Actions carry none. */
export function withMetadata(part: OutgoingPart, metadata: string): OutgoingPart {
  if (part.kind === 'action') return part
  return { ...part, body: { ...part.body, message: { ...(part.body['message'] as Json), metadata } } }
}

/** What a raw body says of its own messaging_type and tag does not count: policy decides them, for it as for any other. */
function rawPart(message: Outgoing, raw: Json): OutgoingPart {
  const { messaging_type: _type, tag: _tag, ...body } = raw
  const kind = raw['sender_action'] === undefined ? 'message' : 'action'
  const rate = isMedia((raw['message'] ?? {}) as Json) ? 'media' : 'text'
  return { kind, rate, body: { ...body, ...replyToOf(message) } }
}

function actionBody({ typing, seen, reaction }: Outgoing, channel: Channel): Json | undefined {
  if (typing !== undefined) return { sender_action: typing ? 'typing_on' : 'typing_off' }
  if (seen) return { sender_action: 'mark_seen' }
  if (!reaction) return undefined
  if (reaction.emoji === null) return { sender_action: 'unreact', payload: { message_id: reaction.mid } }
  // Instagram's documents have a word for the heart; other emoji go as they are.
  const isHeart = channel === 'instagram' && /^\u2764\ufe0f?$/.test(reaction.emoji)
  return {
    sender_action: 'react',
    payload: { message_id: reaction.mid, reaction: isHeart ? 'love' : reaction.emoji },
  }
}

function contentsOf(message: Outgoing, options: ComposeOptions): Json[] {
  if (message.text !== undefined) return splitText(message.text, options.channel).map((text) => ({ text }))
  if (message.attachment) {
    const { type, url } = message.attachment
    const payload = url === undefined ? { attachment_id: uploaded(options) } : { url }
    return [{ attachment: { type, payload } }]
  }
  if (message.template) return [templateContent(message.template as Template, options)]
  throw new Error('a message has one of text, attachment, template, reaction, typing, seen, raw')
}

function templateContent(template: Template, options: ComposeOptions): Json {
  if (template.type === 'utility') {
    const { name, language, components } = template
    return { template: { name, language: { code: language }, ...(components && { components }) } }
  }
  const { type, ...fields } = template.type === 'media' ? withAttachmentId(template, options) : template
  return {
    attachment: { type: 'template', payload: { template_type: type, ...(toSnakeCase(fields) as Json) } },
  }
}

function withAttachmentId(template: MediaTemplate, options: ComposeOptions): MediaTemplate {
  const elements = template.elements.map(({ uploadId, ...element }) =>
    uploadId === undefined ? element : { ...element, attachmentId: uploaded(options) },
  )
  return { ...template, elements }
}

function uploaded({ attachmentId }: ComposeOptions): string {
  if (attachmentId === undefined)
    throw new Error('the message shows an upload, and its attachmentId is not given')
  return attachmentId
}

function replyToOf({ replyTo }: Outgoing): Json {
  return replyTo === undefined ? {} : { reply_to: { mid: replyTo } }
}

function quickRepliesOf({ quickReplies }: Outgoing): Json {
  return quickReplies?.length ? { quick_replies: quickReplies.map(quickReplyOf) } : {}
}

const contentTypes = { text: 'text', phone: 'user_phone_number', email: 'user_email' } as const

function quickReplyOf({
  type,
  title,
  payload = type === 'text' ? title : undefined,
  imageUrl,
}: QuickReply): Json {
  return {
    content_type: contentTypes[type],
    ...(title !== undefined && { title }),
    ...(payload !== undefined && { payload }),
    ...(imageUrl !== undefined && { image_url: imageUrl }),
  }
}

/** Whether Meta counts a message against its lower limit, that of audio and video. */
function isMedia(content: Json): boolean {
  const { type, payload } = (content['attachment'] ?? {}) as { type?: JsonValue; payload?: JsonValue }
  if (type !== 'template') return type === 'audio' || type === 'video'
  const { elements } = (payload ?? {}) as { elements?: JsonValue }
  return Array.isArray(elements) && elements.some((one) => (one as Json | null)?.['media_type'] === 'video')
}
