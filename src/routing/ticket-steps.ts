import type { Conversation } from '../domain/conversation.ts'
import type { DomainEvent, EventView } from '../domain/event.ts'
import type { Page } from '../domain/page.ts'
import { stepFacts } from '../domain/step-error.ts'
import type { Step, TicketHelpdesk, TicketMessage, TicketRef } from '../helpdesk/adapter.ts'
import type { Hold } from '../lanes/hold.ts'
import type { Task } from '../lanes/lanes.ts'
import type { Comments } from '../records/comments.ts'
import type { Conversations } from '../records/conversations.ts'
import type { OwnWrites } from '../records/own-writes.ts'
import type { People } from '../records/people.ts'
import type { PrivateReplies } from '../records/private-replies.ts'
import type { TicketState } from '../records/ticket-records.ts'
import type { Timeline } from '../records/timeline.ts'
import type { ClaimEvents } from './accept-callback.ts'
import { describeRule } from './comment-rules.ts'
import type { MetRule } from './comment-rules.ts'
import { describeContext, describeEvent } from './describe-event.ts'
import { isPlain } from './join-messages.ts'
import { describeLink } from './tell-private.ts'
import { quotesOf, removeTold, tellRemoval } from './take-back.ts'
import { linkOf } from './ticket-context.ts'
import type { Opening } from './ticket-context.ts'
import { overBy, reopens, ticketId, timeOf } from './ticket-life.ts'
import type { Former } from './ticket-life.ts'
import { ticketMessage } from './ticket-message.ts'

export interface TicketWork {
  deps: {
    conversations: Pick<
      Conversations,
      'ticket' | 'ticketState' | 'keepTicket' | 'noteTicketStatus' | 'earlierTickets'
    >
    nameOf?: (conversationId: string) => Promise<string | undefined>
    /** What Meta told of people, for tickets that are new. */
    people?: Pick<People, 'get'>
    /** What is known of comments and posts, for the ticket that a comment opens. */
    comments?: Pick<Comments, 'find' | 'postText'>
    /** Which conversations go on from a comment. */
    privateReplies?: Pick<PrivateReplies, 'toTell'>
    /** What happened with the customer before, for tickets that are new. */
    timeline?: Pick<Timeline, 'all'>
    /** Takes what the helpdesk told of a ticket before it was known to be ours. Without it that is lost. */
    claimEvents?: ClaimEvents
    /** The event with our own links, where files of customers are copied. */
    showLinks?: ((event: DomainEvent) => Promise<DomainEvent>) | undefined
    /** Where in helpdesks stands what was said, for what is taken back. */
    ownWrites?: Pick<OwnWrites, 'places'>
  }
  helpdesk: TicketHelpdesk
  page: Page
  event: DomainEvent
  view: Exclude<EventView, 'status' | 'nothing'>
  /** The ids of the events that told what this one takes back. */
  takenBack: readonly string[]
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
  /** The same with messages that came after it, as one update; where the helpdesk knows how. */
  takeWith?: (ticket: TicketRef, later: TicketMessage[]) => Promise<unknown>
}

/** How the ticket of an event came to be its ticket. */
export interface Beginning {
  /** By this event. */
  opened: boolean
  /** The ticket that it goes on from. */
  former: Former | undefined
  /** What became of it before this event, if it was there. */
  state: TicketState | undefined
  /** What a new one begins with. */
  open: () => Promise<Opening>
}

/** What happened is one step; before it, for few, what it came with; and after it, what was made of it. */
export async function ticketSteps(work: TicketWork, beginning: Beginning): Promise<TicketStep[]> {
  const { opened, former, state, open } = beginning
  const before = opened ? [...(await customerSteps(work)), ...openingSteps(work, await open())] : []
  const links = await linkSteps(work, opened)
  const after = former ? goneOnSteps(work, former) : []
  const event = await eventSteps(work, opened)
  return [...reopenSteps(work, state), ...before, ...links, ...event, ...ruleSteps(work), ...after]
}

/** Helpdesks that do not know how bring it back by themselves when the message comes. */
function reopenSteps(work: TicketWork, state: TicketState | undefined): TicketStep[] {
  if (!reopens(work, state)) return []
  const { deps, helpdesk, page, conversation } = work
  const take = async (ticket: TicketRef) => {
    try {
      await helpdesk.setStatus?.(ticket, 'open', ownStep(work, 'reopen'))
    } catch (error) {
      // A status that the helpdesk does not want is no reason to keep from it what the customer says.
      if (stepFacts(error).verdict === 'retry' || overBy(error)) throw error
    }
    // After it was solved, also when it was said before that: a callback that tells of that once more changes nothing.
    const at = Math.max(timeOf(work, state), (state?.since ?? 0) + 1)
    await deps.conversations.noteTicketStatus(conversation.id, page.helpdesk, ticketId(ticket), 'open', at)
  }
  return [{ name: 'reopen', take }]
}

function openingSteps(work: TicketWork, { note }: Opening): TicketStep[] {
  return note === null ? [] : [noteStep(work, 'context', note, justBefore(work.event))]
}

/** Last, and where the old ticket still takes notes: whoever reads it finds the new one. */
function goneOnSteps(work: TicketWork, former: Former): TicketStep[] {
  if (former.why === 'gone') return []
  const take = (ticket: TicketRef) =>
    unlessRefused(() => {
      const text = `The customer came back: it goes on in ticket ${ticketId(ticket)}.`
      return work.helpdesk.addNote(former.ticket, { at: work.event.timestamp, text }, ownStep(work, 'goneOn'))
    })
  return [{ name: 'goneOn', take }]
}

/** What another ticket never takes is not asked of it again, nor is it in the way of this one. */
async function unlessRefused(take: () => Promise<unknown>): Promise<void> {
  try {
    await take()
  } catch (error) {
    if (stepFacts(error).verdict === 'retry') throw error
  }
}

/** Beside what is only shown, since it is not ours to answer. */
const standbyWords = '(On standby: another app has the conversation.)'

async function eventSteps(work: TicketWork, opened: boolean): Promise<TicketStep[]> {
  const { helpdesk, page, event, view, step } = work
  const at = event.timestamp
  if (view === 'note') {
    const described = describeEvent(event, await nameOf(work))
    const take = async (ticket: TicketRef) => {
      const isGone = await removeTold(work, ticket)
      const told = isGone === undefined ? described : tellRemoval(described, isGone)
      const text = event.standby ? `${told} ${standbyWords}` : told
      return helpdesk.addNote(ticket, { at, text, ...quotesOf(event) }, step)
    }
    return [{ name: 'event', take }]
  }
  const message = ticketMessage(event, view === 'customer message' ? 'customer' : 'agent', page)
  const append: TicketStep = {
    name: 'event',
    async take(ticket) {
      await removeTold(work, ticket)
      return helpdesk.appendMessage(ticket, message, step)
    },
    ...(helpdesk.appendMessages && isPlain(event, page)
      ? { takeWith: async (ticket, later) => helpdesk.appendMessages?.(ticket, [message, ...later], step) }
      : {}),
  }
  // A ticket that is new began with it.
  if (opened || describeContext(event) === undefined) return [append]
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

/** The first that a person writes after a private reply tells, in both tickets, that the two are one. */
async function linkSteps(work: TicketWork, opened: boolean): Promise<TicketStep[]> {
  const { deps, event, helpdesk, page, conversation } = work
  const link = await linkOf(work)
  if (!link) return []
  const text = `The customer answered in private, in the conversation ${conversation.id}.`
  const answered: TicketStep = {
    name: 'answered',
    async take() {
      const ticket = await deps.conversations.ticket(link.comment, page.helpdesk)
      if (ticket === undefined) return
      const note = { at: event.timestamp, text }
      await unlessRefused(() => helpdesk.addNote(ticket, note, ownStep(work, 'answered')))
    },
  }
  return opened ? [answered] : [noteStep(work, 'link', describeLink(link), justBefore(event)), answered]
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

function ownStep({ step }: TicketWork, name: string): Step {
  return { ...step, idempotencyKey: `${step.idempotencyKey}:${name}` }
}

async function nameOf({ deps, event }: TicketWork): Promise<string | undefined> {
  return event.psid === null ? undefined : deps.nameOf?.(event.conversationId)
}
