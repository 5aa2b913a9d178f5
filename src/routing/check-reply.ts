import type { Thread } from '../domain/conversation.ts'
import type { FieldError } from '../domain/field-error.ts'
import type { Outgoing } from '../domain/outgoing.ts'
import type { Page } from '../domain/page.ts'
import type { CommentAnswer } from '../domain/reply.ts'
import { channelFaults } from '../meta/outgoing/channel-faults.ts'
import { composeParts, uploadIdOf } from '../meta/outgoing/compose.ts'
import type { CommentFields } from '../meta/outgoing/schema.ts'
import type { Uploads } from '../records/uploads.ts'
import { commentAnswer, fieldsWithoutThread } from './comment-answers.ts'
import type { CommentAnswerDeps } from './comment-answers.ts'

export interface CheckReplyDeps extends CommentAnswerDeps {
  uploads: Pick<Uploads, 'get'>
}

/** Where a reply is to go. */
export interface ReplyPlace {
  page: Page
  conversationId: string
  /** Undefined for a person. */
  thread: Thread | undefined
}

export type CheckedReply =
  | { ok: true; comment?: CommentAnswer; /** How many calls of the Send API it takes. */ parts: number }
  | { ok: false; errors: FieldError[] }

/** What stands against a message that passed the schema, in this place; or how it answers there. */
export async function checkReply(
  deps: CheckReplyDeps,
  place: ReplyPlace,
  message: Outgoing,
  fields: CommentFields = {},
): Promise<CheckedReply> {
  const { page, conversationId, thread } = place
  const answer = thread
    ? await commentAnswer(deps, { page, conversationId, thread }, message, fields)
    : fieldsWithoutThread(fields)
  const comment = Array.isArray(answer) ? undefined : answer
  const errors = [
    ...(Array.isArray(answer) ? answer : []),
    // A comment is no message, and has other limits.
    ...(comment?.do === 'public' ? [] : channelErrors(message, page)),
    ...(await uploadFaults(deps, message, page)),
  ]
  if (errors.length > 0) return { ok: false, errors }
  if (comment) return { ok: true, comment, parts: 1 }
  // Only how many there are: what an upload's id at Meta is does not matter here.
  return { ok: true, parts: composeParts(message, { channel: page.channel, attachmentId: '0' }).length }
}

function channelErrors(message: Outgoing, page: Page): FieldError[] {
  return channelFaults(message, page.channel).map((one) => ({ ...one, path: `body.${one.path}` }))
}

async function uploadFaults(
  deps: Pick<CheckReplyDeps, 'uploads'>,
  message: Outgoing,
  page: Page,
): Promise<FieldError[]> {
  const uploadId = uploadIdOf(message)
  if (uploadId === undefined) return []
  const type = message.attachment?.type
  const path = type ? 'body.attachment.uploadId' : 'body.template.elements.0.uploadId'
  const upload = await deps.uploads.get(uploadId)
  if (!upload) return [{ path, message: 'is no upload of ours, or is older than 85 days' }]
  if (upload.pageId !== page.id) {
    return [{ path, message: `was uploaded for the Page ${upload.pageId}; only that Page can send it` }]
  }
  return type === undefined || upload.type === type
    ? []
    : [{ path, message: `was uploaded as ${upload.type} and not as ${type}` }]
}
