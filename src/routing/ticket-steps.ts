import type { Conversation } from '../domain/conversation.ts'
import type { DomainEvent, EventView } from '../domain/event.ts'
import type { Page } from '../domain/page.ts'
import type { CommentEvent } from '../domain/page-events.ts'
import type { Step, TicketHelpdesk, TicketRef } from '../helpdesk/adapter.ts'
import type { Hold } from '../lanes/hold.ts'
import type { Task } from '../lanes/lanes.ts'
import type { Comments } from '../records/comments.ts'
import type { Conversations } from '../records/conversations.ts'
import type { People } from '../records/people.ts'
import type { PrivateReplies } from '../records/private-replies.ts'
import { describeRule } from './comment-rules.ts'
import type { MetRule } from './comment-rules.ts'
import { describeContext, describeEvent } from './describe-event.ts'
import { describeOrigin } from './describe-origin.ts'
import { describeLink } from './tell-private.ts'
import { ticketMessage } from './ticket-message.ts'

export interface TicketWork {
  deps: {
    conversations: Pick<Conversations, 'ticket' | 'keepTicket'>
    nameOf?: (conversationId: string) => Promise<string | undefined>
    /** What Meta told of people, for tickets that are new. */
    people?: Pick<People, 'get'>
    /** What is known of comments and posts, for the ticket that a comment opens. */
    comments?: Pick<Comments, 'find' | 'postText'>
    /** Which conversations go on from a comment. */
    privateReplies?: Pick<PrivateReplies, 'toTell'>
  }
  helpdesk: TicketHelpdesk
  page: Page
  event: DomainEvent
  view: Exclude<EventView, 'status' | 'nothing'>
  /** The rule that the comment meets. */
  rule: MetRule | undefined
  conversation: Conversation
  step: Step
  task: Task
  hold: Hold
}

/** One thing that is told a ticket. Its name is what the lane remembers of it once it is done. */
export interface TicketStep {
  name: string
  take: (ticket: TicketRef) => Promise<unknown>
}

/** What happened is one step; before it, for few, what it came with; and after it, what was made of it. */
export async function ticketSteps(work: TicketWork, opened: boolean): Promise<TicketStep[]> {
  const { event } = work
  const origin = event.kind === 'comment' && opened ? [await originStep(work, event)] : []
  const before = [...(opened ? await customerSteps(work) : []), ...origin]
  return [...before, ...(await linkSteps(work)), ...(await eventSteps(work)), ...ruleSteps(work)]
}

/** Beside what is only shown, since it is not ours to answer. */
const standbyWords = '(On standby: another app has the conversation.)'

async function eventSteps(work: TicketWork): Promise<TicketStep[]> {
  const { helpdesk, page, event, view, step } = work
  const at = event.timestamp
  if (view === 'note') {
    const described = describeEvent(event, await nameOf(work))
    const text = event.standby ? `${described} ${standbyWords}` : described
    return [{ name: 'event', take: (ticket) => helpdesk.addNote(ticket, { at, text }, step) }]
  }
  const message = ticketMessage(event, view === 'customer message' ? 'customer' : 'agent', page)
  const append: TicketStep = {
    name: 'event',
    take: (ticket) => helpdesk.appendMessage(ticket, message, step),
  }
  if (describeContext(event) === undefined) return [append]
  return [noteStep(work, 'context', describeContext(event, await nameOf(work)) ?? ''), append]
}

/** Whoever is looked up after the ticket was kept is told to it by who looks up. */
async function customerSteps(work: TicketWork): Promise<TicketStep[]> {
  const { deps, event, helpdesk } = work
  if (event.psid === null || !helpdesk.setCustomer) return []
  const record = await deps.people?.get(event.conversationId)
  if (record?.state !== 'known') return []
  const customer = { ...record.customer, expiresAt: record.expiresAt }
  const take = async (ticket: TicketRef) =>
    helpdesk.setCustomer?.(ticket, customer, ownStep(work, 'customer'))
  return [{ name: 'customer', take }]
}

async function originStep(work: TicketWork, event: CommentEvent): Promise<TicketStep> {
  const { comments } = work.deps
  const { pageId, postId, parentId } = event
  const [post, parents] = await Promise.all([
    postId === null ? null : (comments?.postText(pageId, postId) ?? null),
    parentId === null ? [] : comments?.find([{ pageId, commentId: parentId }]),
  ])
  const pageComment = parents?.[0]?.text ?? null
  return noteStep(work, 'origin', describeOrigin(event, { post, pageComment }), justBefore(event))
}

/** The first that a person writes after a private reply tells, in both tickets, that the two are one. */
async function linkSteps(work: TicketWork): Promise<TicketStep[]> {
  const { deps, event, helpdesk, page, conversation } = work
  if (event.kind !== 'message' && event.kind !== 'postback') return []
  const link = await deps.privateReplies?.toTell(conversation.id, event.id)
  if (!link) return []
  const text = `The customer answered in private, in the conversation ${conversation.id}.`
  const answered: TicketStep = {
    name: 'answered',
    async take() {
      const ticket = await deps.conversations.ticket(link.comment, page.helpdesk)
      if (ticket === undefined) return
      await helpdesk.addNote(ticket, { at: event.timestamp, text }, ownStep(work, 'answered'))
    },
  }
  return [noteStep(work, 'link', describeLink(link), justBefore(event)), answered]
}

function ruleSteps(work: TicketWork): TicketStep[] {
  const { rule, helpdesk } = work
  if (!rule) return []
  const { group } = rule.rule
  const note = noteStep(work, 'rule', describeRule(rule))
  if (group === undefined || !helpdesk.setTags) return [note]
  const take = async (ticket: TicketRef) => helpdesk.setTags?.(ticket, [group], ownStep(work, 'tags'))
  return [{ name: 'tags', take }, note]
}

function noteStep(work: TicketWork, name: string, text: string, at = work.event.timestamp): TicketStep {
  return { name, take: (ticket) => work.helpdesk.addNote(ticket, { at, text }, ownStep(work, name)) }
}

/** Helpdesks that show things by their time show it first. */
function justBefore({ timestamp }: DomainEvent): number {
  return timestamp - 1
}

function ownStep({ event, step }: TicketWork, name: string): Step {
  return { ...step, idempotencyKey: `${event.id}:${name}` }
}

async function nameOf({ deps, event }: TicketWork): Promise<string | undefined> {
  return event.psid === null ? undefined : deps.nameOf?.(event.conversationId)
}
