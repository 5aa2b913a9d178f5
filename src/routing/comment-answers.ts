import type { Thread } from '../domain/conversation.ts'
import type { Outgoing } from '../domain/outgoing.ts'
import type { Page } from '../domain/page.ts'
import type { CommentAnswer } from '../domain/reply.ts'
import type { FieldError } from '../domain/field-error.ts'
import { commentFaults } from '../meta/outgoing/comment-faults.ts'
import type { CommentFields } from '../meta/outgoing/schema.ts'
import type { Comments } from '../records/comments.ts'

export interface CommentAnswerDeps {
  comments: Pick<Comments, 'find' | 'newest'>
}

/** A conversation in public, as a request names it. */
export interface CommentThread {
  page: Page
  conversationId: string
  thread: Thread
}

/** Which comment of a thread a reply answers and how, or all that stands against it. */
export async function commentAnswer(
  deps: CommentAnswerDeps,
  where: CommentThread,
  message: Outgoing,
  fields: CommentFields,
): Promise<CommentAnswer | FieldError[]> {
  const { page, thread, conversationId } = where
  const { as = 'public', publicText } = fields
  if (thread.kind !== 'comment') return [unanswerable(thread.kind)]
  const commentId = fields.commentId ?? (await deps.comments.newest(conversationId)) ?? thread.id
  const errors = [
    ...commentFaults(message, as, page.channel).map((one) => ({ ...one, path: `body.${one.path}` })),
    ...(await commentErrors(deps, where, commentId, 'body.commentId', as === 'private')),
  ]
  // Left out, it is chosen; but who names another one means that one.
  if (as === 'public' && page.channel === 'instagram' && ![undefined, thread.id].includes(fields.commentId)) {
    const message = `answers another comment; Instagram takes public answers to ${thread.id} only`
    errors.push({ path: 'body.commentId', message })
  }
  if (errors.length > 0) return errors
  return { do: as, commentId, ...(publicText === undefined ? {} : { publicText }) }
}

/** Why a comment of a thread cannot be hidden or shown; empty when it can. */
export async function hideErrors(
  deps: CommentAnswerDeps,
  where: CommentThread,
  commentId: string,
): Promise<FieldError[]> {
  if (where.thread.kind !== 'comment') return [unanswerable(where.thread.kind)]
  return commentErrors(deps, where, commentId, 'params.commentId', false)
}

/** What answers a comment cannot be given to a person. */
export function fieldsWithoutThread(fields: CommentFields): FieldError[] {
  return Object.keys(fields).map((name) => ({
    path: `body.${name}`,
    message: 'is for threads of comments; this conversation is a person',
  }))
}

/** The comment that began the thread is known from its id, the others from what was seen of them. */
async function commentErrors(
  deps: CommentAnswerDeps,
  { page, thread, conversationId }: CommentThread,
  commentId: string,
  path: string,
  isPrivate: boolean,
): Promise<FieldError[]> {
  const [known] = await deps.comments.find([{ pageId: page.id, commentId }])
  if (known && known.conversationId !== conversationId) {
    return [{ path, message: `is a comment of the conversation ${known.conversationId}` }]
  }
  if (!known && commentId !== thread.id) {
    return [{ path, message: 'is no comment of this conversation that is known here' }]
  }
  return known?.byPage && isPrivate
    ? [{ path, message: "is the Page's own comment, which cannot be answered in private" }]
    : []
}

function unanswerable(kind: Thread['kind']): FieldError {
  const what = kind === 'review' ? 'a review' : 'a mention'
  const message = `is ${what}, which Meta documents no way to answer; answer it at Meta`
  return { path: 'params.conversationId', message }
}
