import { z } from 'zod'
import { CallbackFault } from '../callback.ts'
import type { HelpdeskEvent, ProvenCallback } from '../callback.ts'
import { fileRef, fileType } from './agent-file.ts'

/** What the webhook is subscribed to, and nothing else. */
export const eventTypes = [
  'zen:event-type:ticket.comment_added',
  'zen:event-type:ticket.attachment_linked_to_comment',
  'zen:event-type:ticket.status_changed',
  'zen:event-type:ticket.soft_deleted',
  'zen:event-type:ticket.permanently_deleted',
] as const

const id = z.union([z.string().regex(/^-?\d{1,20}$/), z.number().int()]).transform(String)

const envelope = z.object({
  type: z.string(),
  time: z.string(),
  detail: z.object({
    id,
    actor_id: id.nullish(),
    requester_id: id.nullish(),
    external_id: z.string().nullish(),
  }),
  event: z.unknown(),
})

const commentAdded = z.object({
  comment: z.object({
    id,
    body: z.string().nullish(),
    is_public: z.boolean(),
    author: z.object({ id, is_staff: z.boolean(), name: z.string().nullish() }),
  }),
})

const attachmentLinked = z.object({
  comment: z.object({
    id,
    attachment: z.object({ id, content_type: z.string().nullish(), filename: z.string().nullish() }),
  }),
})

const statusChanged = z.object({ current: z.string() })

type Envelope = z.infer<typeof envelope>

/** Tickets of ours carry it as the beginning of their external id; an account's others are none of our business. */
export const ticketPrefix = 'deskbridge:'

/**
 * What an event of Zendesk's says. Ours is what the user wrote that deskbridge works as, told by their id; a customer's
 * words come from us too, and are told by their author being no staff.
 */
export function readCallback({ body }: ProvenCallback, userId: number): HelpdeskEvent[] {
  const read = readAs(envelope, body, '')
  const { detail, type } = read
  const externalId = detail.external_id
  if (externalId !== undefined && externalId?.startsWith(ticketPrefix) !== true) return []
  const at = Date.parse(read.time)
  if (!Number.isFinite(at)) throw new CallbackFault('time is no date')
  switch (type) {
    case 'zen:event-type:ticket.comment_added':
      return reply(read, at, String(userId))
    case 'zen:event-type:ticket.attachment_linked_to_comment':
      return isOurs(read, userId) ? [] : file(read, at)
    case 'zen:event-type:ticket.status_changed':
      return isOurs(read, userId) ? [] : status(read, at)
    case 'zen:event-type:ticket.soft_deleted':
    case 'zen:event-type:ticket.permanently_deleted':
      return [{ kind: 'status', ticket: detail.id, status: 'closed', at }]
    default:
      return []
  }
}

function reply({ event, detail }: Envelope, at: number, userId: string): HelpdeskEvent[] {
  const { comment } = readAs(commentAdded, event, 'event')
  const { author } = comment
  if (!comment.is_public || author.id === userId) return []
  // Automations speak as the system, whose id is -1.
  const isSystem = author.id === '-1'
  if (!author.is_staff && !isSystem) return []
  const text = comment.body?.replaceAll('\u00A0', ' ').replaceAll('&nbsp;', ' ').trim()
  if (text === undefined || text === '') return []
  return [
    {
      kind: 'reply',
      ticket: detail.id,
      message: comment.id,
      at,
      text,
      files: [],
      agent: isSystem ? null : { name: author.name ?? 'An agent' },
    },
  ]
}

/** The event does not name the comment's author; its actor is who attached the file. `agentFile` makes sure. */
function file({ event, detail }: Envelope, at: number): HelpdeskEvent[] {
  if (typeof detail.actor_id === 'string' && detail.actor_id === detail.requester_id) return []
  const { comment } = readAs(attachmentLinked, event, 'event')
  const { attachment } = comment
  const files = [
    {
      type: fileType(attachment.content_type ?? ''),
      name: attachment.filename ?? null,
      ref: fileRef(detail.id, comment.id, attachment.id),
    },
  ]
  const message = `${comment.id}/${attachment.id}`
  return [{ kind: 'reply', ticket: detail.id, message, at, text: null, files, agent: { name: 'An agent' } }]
}

function status({ event, detail }: Envelope, at: number): HelpdeskEvent[] {
  const current = readAs(statusChanged, event, 'event').current.toLowerCase()
  const status = current === 'solved' || current === 'closed' ? current : 'open'
  return [{ kind: 'status', ticket: detail.id, status, at }]
}

function isOurs({ detail }: Envelope, userId: number): boolean {
  return detail.actor_id === String(userId)
}

function readAs<T>(schema: z.ZodType<T>, given: unknown, at: string): T {
  const read = schema.safeParse(given)
  if (read.success) return read.data
  const issue = read.error.issues[0]
  const path = [at, ...(issue?.path ?? [])].filter((part) => part !== '').join('.')
  throw new CallbackFault(`${path === '' ? 'the body' : path}: ${issue?.message ?? 'is not as it should be'}`)
}
