import { describeOutgoing } from '../domain/outgoing.ts'
import type { CommentAnswer, Reply } from '../domain/reply.ts'
import { stepFacts } from '../domain/step-error.ts'
import type { TicketRef } from '../helpdesk/adapter.ts'
import type { Task } from '../lanes/lanes.ts'
import type { Conversations } from '../records/conversations.ts'
import type { PrivateReplies } from '../records/private-replies.ts'
import type { Replies } from '../records/replies.ts'
import type { Timeline } from '../records/timeline.ts'
import { keyedReplyId } from './accept-reply.ts'
import type { Accepted, ReplyRequest } from './accept-reply.ts'
import { storyOfPrivate } from './describe-story.ts'
import { quote } from './describe-words.ts'
import type { Address, FateDeps } from './reply-progress.ts'
import { tryOf } from './try-of.ts'

export interface TellPrivateDeps extends Pick<FateDeps, 'helpdesks' | 'log'> {
  conversations: Pick<Conversations, 'tickets'>
  replies: Pick<Replies, 'sent'>
  privateReplies: Pick<PrivateReplies, 'link'>
  accept: (request: ReplyRequest) => Promise<Accepted>
  /** Without it the reply stands in no timeline of the person's. */
  timeline?: Pick<Timeline, 'add'>
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
 * comment's conversation and the person's, which the tickets of both show, in whichever helpdesks. Idempotent.
 */
export async function tellPrivate(deps: TellPrivateDeps, told: Told): Promise<void> {
  const { reply, comment } = told
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
  const [commentTickets, personTickets] = await Promise.all([
    deps.conversations.tickets(reply.conversationId),
    deps.conversations.tickets(person),
  ])
  const text = describeOutgoing(reply.message)
  const link = { comment: reply.conversationId, commentId, text, replyId: reply.id }
  await deps.privateReplies.link(person, link, personTickets.length > 0)
  await deps.timeline?.add([storyOfPrivate(reply, person)])
  await note(
    deps,
    told,
    commentTickets,
    'private',
    `Answered in private: ${quote(text)} What is said there is in the conversation ${person}.`,
  )
  await note(deps, told, personTickets, 'comment', describeLink(link))
}

/** What stands in the person's ticket. */
export function describeLink(link: { comment: string; text: string }): string {
  return `In answer to a comment the Page wrote: ${quote(link.text)} The comment is in the conversation ${link.comment}.`
}

/** A helpdesk that will never take it is not asked again: the reply was sent, and the lane's next one must not wait. */
async function note(
  deps: TellPrivateDeps,
  told: Told,
  tickets: readonly { helpdesk: string; ticket: TicketRef }[],
  name: string,
  text: string,
): Promise<void> {
  await Promise.all(tickets.map((one) => noteOne(deps, told, one, { name, text })))
}

async function noteOne(
  deps: TellPrivateDeps,
  { reply, to, task, signal }: Told,
  { helpdesk: desk, ticket }: { helpdesk: string; ticket: TicketRef },
  { name, text }: { name: string; text: string },
): Promise<void> {
  const helpdesk = deps.helpdesks.get(desk)
  if (helpdesk?.style !== 'tickets') return
  const step = { idempotencyKey: `${reply.id}:${name}`, ...tryOf(task), signal }
  try {
    await helpdesk.addNote(ticket, { at: reply.at, text }, step)
  } catch (error) {
    const { code, verdict } = stepFacts(error)
    // Only the helpdesk from which the reply came may make its lane wait.
    if (verdict === 'retry' && desk === (reply.source?.helpdesk ?? to.page.helpdesk)) throw error
    deps.log.warn({ code, reply: reply.id }, 'the helpdesk does not take the note about this reply')
  }
}
