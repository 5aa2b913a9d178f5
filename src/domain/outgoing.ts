import type { JsonValue } from './event.ts'

/**
 * What a person can be sent, in the words of our REST API. Exactly one of `text`, `attachment`, `template`, `reaction`,
 * `typing`, `seen` and `raw` is there. Meta's limits are checked in `meta/outgoing/`, before it is accepted; what goes
 * on relies on that.
 */
export interface Outgoing {
  /** May be longer than one message holds; then it is sent as several parts. */
  text?: string
  attachment?: OutgoingAttachment
  template?: OutgoingTemplate
  /** null takes the reaction away. */
  reaction?: { mid: string; emoji: string | null }
  typing?: boolean
  seen?: true
  /**
   * A Send API body as Meta takes it, for what Meta adds tomorrow. Recipient and metadata are ours; its messaging_type
   * and tag do not count, since policy decides them.
   */
  raw?: { [key: string]: JsonValue }
  /** Beside text, attachment and template only. They stand under the last part. */
  quickReplies?: QuickReply[]
  /** The mid that this answers. */
  replyTo?: string
}

/** Exactly one of `url` and `uploadId` is there. */
export interface OutgoingAttachment {
  type: 'image' | 'audio' | 'video' | 'file'
  url?: string
  /** Of `POST /v1/uploads`. */
  uploadId?: string
}

/** `type` names the template, the rest is what Meta wants to know of it, in camel case. */
export interface OutgoingTemplate {
  type: string
  [key: string]: JsonValue
}

export interface QuickReply {
  type: 'text' | 'phone' | 'email'
  /** Only `text` must have one. */
  title?: string
  payload?: string
  imageUrl?: string
}

/** Whoever is named speaks as a person; nobody named means that a bot speaks. */
export interface Agent {
  name: string
  pictureUrl?: string
}

/** A line that tells people what was sent, where no more than a line can be shown. */
export function describeOutgoing(message: Outgoing): string {
  if (message.text !== undefined) return message.text
  if (message.attachment) return `[${message.attachment.type}] ${message.attachment.url ?? 'uploaded file'}`
  if (message.template) return `[${message.template.type} template]`
  if (message.reaction) return message.reaction.emoji ?? '[reaction removed]'
  if (message.typing !== undefined) return message.typing ? '[typing]' : '[typing ended]'
  if (message.seen) return '[seen]'
  return message.raw ? '[raw message]' : '[comment hidden or shown]'
}
