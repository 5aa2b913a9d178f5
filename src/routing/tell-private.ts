import { describeOutgoing } from '../domain/outgoing.ts'
import type { CommentAnswer, Reply } from '../domain/reply.ts'
import { stepFacts } from '../domain/step-error.ts'
import type { TicketRef } from '../helpdesk/adapter.ts'
import type { Task } from '../lanes/lanes.ts'
import type { PrivateReplies } from '../records/private-replies.ts'
import type { Replies } from '../records/replies.ts'
import { keyedReplyId } from './accept-reply.ts'
import type { Accepted, ReplyRequest } from './accept-reply.ts'
import { quote } from './describe-words.ts'
import type { Address, FateDeps } from './reply-progress.ts'
import { tryOf } from './try-of.ts'

export interface TellPrivateDeps extends Pick<FateDeps, 'helpdesks' | 'conversations' | 'log'> {
  replies: Pick<Replies, 'sent'>
  privateReplies: Pick<PrivateReplies, 'link'>
  accept: (request: ReplyRequest) => Promise<Accepted>
}

interface Told {
  reply: Reply
  comment: CommentAnswer
  to: Address
  task: Task
  signal: AbortSignal
}

/** The answer in public that follows a private one is a reply of its own, with this id. */
export function publicReplyId({ by, id }: Pick<Reply, 'by' | 'id'>): string {
  return keyedReplyId(by, publicKey(id))
}

function publicKey(privateReplyId: string): string {
  return `${privateReplyId}:public`
}

/**
 * What follows when a private reply was sent: the answer in public, if there is to be one, and the link between the
 * comment's conversation and the person's, which both tickets show. Idempotent.
 */
export async function tellPrivate(deps: TellPrivateDeps, told: Told): Promise<void> {
  const { reply, comment, to } = told
  const { publicText, commentId } = comment
  if (publicText !== undefined) {
    await deps.accept({
      conversationId: reply.conversationId,
      message: { text: publicText },
      agent: reply.agent,
      topic: null,
      comment: { do: 'public', commentId },
      parts: 1,
      by: reply.by,
      idempotencyKey: publicKey(reply.id),
    })
  }
  const { to: person } = await deps.replies.sent(reply.id)
  if (person === null) return
  const [commentTicket, personTicket] = await Promise.all([
    deps.conversations.ticket(reply.conversationId, to.page.helpdesk),
    deps.conversations.ticket(person, to.page.helpdesk),
  ])
  const text = describeOutgoing(reply.message)
  const link = { comment: reply.conversationId, commentId, text, replyId: reply.id }
  await deps.privateReplies.link(person, link, personTicket !== undefined)
  await note(
    deps,
    told,
    commentTicket,
    'private',
    `Answered in private: ${quote(text)} What is said there is in the conversation ${person}.`,
  )
  await note(deps, told, personTicket, 'comment', describeLink(link))
}

/** What stands in the person's ticket. */
export function describeLink(link: { comment: string; text: string }): string {
  return `In answer to a comment the Page wrote: ${quote(link.text)} The comment is in the conversation ${link.comment}.`
}

/** A helpdesk that will never take it is not asked again: the reply was sent, and the lane's next one must not wait. */
async function note(
  deps: TellPrivateDeps,
  { reply, to, task, signal }: Told,
  ticket: TicketRef | undefined,
  name: string,
  text: string,
): Promise<void> {
  const helpdesk = deps.helpdesks.get(to.page.helpdesk)
  if (helpdesk?.style !== 'tickets' || ticket === undefined) return
  const step = { idempotencyKey: `${reply.id}:${name}`, ...tryOf(task), signal }
  try {
    await helpdesk.addNote(ticket, { at: reply.at, text }, step)
  } catch (error) {
    const { code, verdict } = stepFacts(error)
    if (verdict === 'retry') throw error
    deps.log.warn({ code, reply: reply.id }, 'the helpdesk does not take the note about this reply')
  }
}
