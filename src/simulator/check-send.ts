import { z } from 'zod'
import type { Channel } from './check-button.ts'
import { messageSchema } from './check-message.ts'
import { badParameter, readShape } from './graph-error.ts'

/** Has a call of the Send API the form that Graph takes? Stricter where Meta's documents say what a call must have. */

export type MediaAttachment = {
  type: string
  payload: { url?: string; attachment_id?: string; is_reusable?: boolean }
}
export type TemplateAttachment = {
  type: 'template'
  payload: { template_type: string; [key: string]: unknown }
}
export type UtilityTemplate = {
  name: string
  language: { code: string }
  components?: { type: string; parameters?: unknown[] }[]
}

/** A call of good form. */
export type Send = {
  recipient: { id?: string; user_ref?: string; comment_id?: string; post_id?: string }
  message?: {
    text?: string
    attachment?: MediaAttachment | TemplateAttachment
    attachments?: MediaAttachment[]
    sticker_id?: string | number
    template?: UtilityTemplate
    quick_replies?: { content_type: string; title?: string; payload?: string }[]
    metadata?: string
  }
  messaging_type?: string
  tag?: 'HUMAN_AGENT' | 'CUSTOMER_FEEDBACK'
  sender_action?: 'typing_on' | 'typing_off' | 'mark_seen' | 'react' | 'unreact'
  payload?: { message_id?: string; reaction?: string }
  notification_type?: string
  persona_id?: string
  reply_to?: { mid: string }
  thread_control?: { control_type?: 'pass' | 'release'; app_id?: string | number }
}

const MESSAGING_TYPES = ['RESPONSE', 'UPDATE', 'MESSAGE_TAG', 'UTILITY'] as const
// The other tags died on 2026-04-27 and answer code 100 since.
const TAGS = ['HUMAN_AGENT', 'CUSTOMER_FEEDBACK'] as const

const recipientSchema = z
  .strictObject({
    id: z.string().min(1).optional(),
    user_ref: z.string().min(1).optional(),
    comment_id: z.string().min(1).optional(),
    post_id: z.string().min(1).optional(),
  })
  .refine(
    (recipient) => Object.values(recipient).filter((one) => one !== undefined).length === 1,
    'a recipient is exactly one of id, user_ref, comment_id, post_id',
  )

const actionSchema = z.strictObject({
  recipient: z.strictObject({ id: z.string().min(1) }),
  sender_action: z.enum(['typing_on', 'typing_off', 'mark_seen', 'react', 'unreact']),
  payload: z
    .strictObject({ message_id: z.string().min(1), reaction: z.string().min(1).optional() })
    .optional(),
  appsecret_proof: z.string().optional(),
})

const messengerSchema = envelope('messenger')
const instagramSchema = envelope('instagram')

function envelope(channel: Channel) {
  return z.strictObject({
    recipient: recipientSchema,
    message: messageSchema(channel),
    messaging_type: z.enum(MESSAGING_TYPES).optional(),
    tag: z.enum(TAGS).optional(),
    notification_type: z.enum(['REGULAR', 'SILENT_PUSH', 'NO_PUSH']).optional(),
    persona_id: z.string().min(1).optional(),
    reply_to: z.strictObject({ mid: z.string().min(1) }).optional(),
    thread_control: z
      .strictObject({
        control_type: z.enum(['pass', 'release']).optional(),
        app_id: z.union([z.string(), z.int()]).optional(),
      })
      .optional(),
    suggestion_action: z.unknown().optional(),
    folder: z.unknown().optional(),
    appsecret_proof: z.string().optional(),
  })
}

const contentsSchema = z.looseObject({
  message: z.unknown().optional(),
  sender_action: z.unknown().optional(),
})

export function checkSend(body: unknown, channel: Channel): Send {
  const { message, sender_action } = readShape(contentsSchema, body)
  if ((message === undefined) === (sender_action === undefined)) {
    throw badParameter('a call has either message or sender_action', 2018014)
  }
  if (sender_action !== undefined) {
    const action: Send = readShape(actionSchema, body) as Send
    checkReaction(action, channel)
    return action
  }
  // The schemas of both channels fit the one type; a union of the two would say nothing more.
  const send = readShape(channel === 'instagram' ? instagramSchema : messengerSchema, body) as Send
  checkType(send, channel)
  return send
}

function checkReaction({ sender_action, payload }: Send, channel: Channel): void {
  const reacts = sender_action === 'react'
  if (reacts !== (payload?.reaction !== undefined))
    throw badParameter('payload[reaction] is for react, and only for it')
  if (reacts || sender_action === 'unreact') {
    if (payload === undefined) throw badParameter('payload[message_id] is required')
  } else if (payload !== undefined) throw badParameter(`payload does not go with ${sender_action}`)
  if (reacts && !isReaction(payload?.reaction ?? '', channel))
    throw badParameter('payload[reaction] is no reaction')
}

/** Messenger takes any one emoji; of Instagram only "love" is known. */
function isReaction(reaction: string, channel: Channel): boolean {
  if (channel === 'instagram') return reaction === 'love'
  const [first, ...others] = new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(reaction)
  return (
    first !== undefined &&
    others.length === 0 &&
    /\p{Emoji_Presentation}|\p{Extended_Pictographic}|\u20e3/u.test(reaction)
  )
}

function checkType(send: Send, channel: Channel): void {
  const { messaging_type, tag, message, recipient } = send
  // Meta's samples for Instagram and for private replies leave it out.
  const isPrivateReply = recipient.comment_id !== undefined || recipient.post_id !== undefined
  if (messaging_type === undefined && channel === 'messenger' && !isPrivateReply) {
    throw badParameter(`messaging_type: must be one of {${MESSAGING_TYPES.join(', ')}}`)
  }
  if ((messaging_type === 'MESSAGE_TAG') !== (tag !== undefined)) {
    throw badParameter('tag: MESSAGE_TAG and tag go together')
  }
  if ((messaging_type === 'UTILITY') !== (message?.template !== undefined)) {
    throw badParameter('messaging_type: UTILITY and message[template] go together')
  }
  if (tag === 'CUSTOMER_FEEDBACK' && !isFeedback(send)) {
    throw badParameter('tag: CUSTOMER_FEEDBACK goes with the customer_feedback template only')
  }
}

function isFeedback({ message }: Send): boolean {
  const attachment = message?.attachment
  return attachment?.type === 'template' && 'template_type' in attachment.payload
    ? attachment.payload.template_type === 'customer_feedback'
    : false
}
