import type { Conversation } from '../domain/conversation.ts'
import { maskConversation } from '../domain/conversation.ts'
import type { DomainEvent, ShownViews } from '../domain/event.ts'
import type { Page } from '../domain/page.ts'
import type { Trace } from '../domain/stage.ts'
import type { HelpdeskAdapter, Step } from '../helpdesk/adapter.ts'
import { parseLane } from '../lanes/keys.ts'
import { readPayload } from '../lanes/read-payload.ts'
import type { Work } from '../lanes/drain.ts'
import type { Task, Verdict } from '../lanes/lanes.ts'
import type { Comments } from '../records/comments.ts'
import type { Conversations } from '../records/conversations.ts'
import type { OwnWrites } from '../records/own-writes.ts'
import type { People } from '../records/people.ts'
import type { PrivateReplies } from '../records/private-replies.ts'
import type { Receipts } from '../records/receipts.ts'
import type { Timeline } from '../records/timeline.ts'
import type { Replies } from '../records/replies.ts'
import type { ClaimEvents } from './accept-callback.ts'
import type { Accepted, ReplyRequest } from './accept-reply.ts'
import { followRule, metRule, shownRule, wasFollowed } from './comment-rules.ts'
import type { MetRule } from './comment-rules.ts'
import { forwardSteps } from './forward-steps.ts'
import { progressIn } from './ticket-progress.ts'
import { tryOf } from './try-of.ts'
import { viewOf } from './helpdesk-view.ts'
import { opensTicket } from './opens-ticket.ts'
import { mayBeOurs } from './place-comments.ts'
import { reportReceipt } from './report-receipt.ts'
import { takeBack } from './take-back.ts'
import type { TakeBackDeps } from './take-back.ts'

export interface ForwardDeps {
  pages: ReadonlyMap<string, Page & { show?: ShownViews | undefined }>
  helpdesks: ReadonlyMap<string, HelpdeskAdapter>
  conversations: Pick<
    Conversations,
    'ticket' | 'ticketState' | 'keepTicket' | 'noteTicketStatus' | 'earlierTickets'
  >
  receipts: Pick<Receipts, 'untold' | 'noteTold'>
  /** What the person of a conversation is called, for notes. Without it they are "the customer". */
  nameOf?: (conversationId: string) => Promise<string | undefined>
  /** What Meta told of people. Without it nobody has a name. */
  people?: Pick<People, 'get' | 'customer'>
  /** Takes what a helpdesk told of a ticket before it was known to be ours. Without it that is lost. */
  claimEvents?: ClaimEvents
  /** The event with our own links, where files of customers are copied. */
  showLinks?: ((event: DomainEvent) => Promise<DomainEvent>) | undefined
  /** Whether a comment is a reply that we sent: the helpdesk has it then. Without it the Page's own are all shown. */
  wroteComment?: (commentId: string, pageId: string) => Promise<boolean>
  /** Takes what the Page's rules say of comments. Without it there are no rules. */
  accept?: (request: ReplyRequest) => Promise<Accepted>
  /** Tells whether a rule was followed before, which an old event may be another one to ask. */
  replies?: Pick<Replies, 'get'>
  comments?: Pick<Comments, 'find' | 'postText' | 'toldBy'>
  privateReplies?: Pick<PrivateReplies, 'toTell'>
  /** What happened with the customer before. Without it new tickets say nothing of orders and labels. */
  timeline?: Pick<Timeline, 'all' | 'takeBack'>
  eraseCopiesOf?: TakeBackDeps['eraseCopiesOf']
  /** Where in helpdesks stands what was said. Without it only those that find it by themselves take it out. */
  ownWrites?: Pick<OwnWrites, 'places'>
  trace: Trace
}

/** Shorter than any lane remembers what it had (`retention.dedupeHours`). */
const oldMs = 24 * 3_600_000

/** The work of an inbound lane: one event to the lane's helpdesk, which a route chose, or to that of its Page. */
export function forwardEvent(deps: ForwardDeps): Work {
  return async (given, givenHold) => {
    const event = readPayload(given) as DomainEvent
    const own = deps.pages.get(event.pageId)
    // Whatever follows tells the lane's helpdesk, and no other.
    const page = own && { ...own, helpdesk: parseLane(given.lane).helpdesk ?? own.helpdesk }
    const helpdesk = page && deps.helpdesks.get(page.helpdesk)
    if (!page || !helpdesk) return nowhere(event, page)
    const { task, hold } = progressIn(page.helpdesk, given, givenHold)
    const where = maskConversation(event.conversationId)
    deps.trace('route', { conversation: where, kind: event.kind, helpdesk: page.helpdesk })
    const conversation: Conversation = {
      id: event.conversationId,
      pageId: event.pageId,
      psid: event.psid,
      channel: page.channel,
    }
    const step: Step = { idempotencyKey: event.id, ...tryOf(task), signal: hold.signal }
    const began = performance.now()
    // Which of our replies it moves on was noted when it was split; here the helpdesk is told.
    await reportReceipt(deps, { name: page.helpdesk, helpdesk, conversation, event, step })
    // Like the echoes of our messages: it confirms a reply, and is no news.
    if (await isOurs(event, deps)) return { verdict: 'done' }
    // Whatever the helpdesk does with it.
    const takenBack = await takeBack(event, deps)
    const rule = await rulesOn(event, task, deps)
    const shown = (await deps.showLinks?.(event)) ?? event
    let together: { items?: number } = {}
    if (helpdesk.style === 'events') {
      const told = { ...conversation, ...(await withCustomer(deps, event)) }
      await helpdesk.forwardEvent(rule ? withRule(shown, rule) : shown, told, step)
    } else {
      const view = viewOf(event, page)
      // A receipt is no business of a ticket: it moves our own replies on, elsewhere.
      if (view === 'status' || view === 'nothing') return { verdict: 'done' }
      if (!opensTicket(event, page) && !(await hasTicket(deps, conversation, page, task))) {
        return { verdict: 'done' }
      }
      const work = {
        deps,
        helpdesk,
        page,
        event: shown,
        view,
        takenBack,
        rule,
        conversation,
        step,
        task,
        hold,
      }
      const items = await forwardSteps(work)
      if (items === 0) return { verdict: 'free' }
      if (items > 1) together = { items }
    }
    deps.trace('forward', {
      conversation: where,
      helpdesk: page.helpdesk,
      ms: Math.round(performance.now() - began),
    })
    return { verdict: 'done', ...together }
  }
}

function nowhere({ pageId }: DomainEvent, page: Page | undefined): Verdict {
  const [code, missing] = page
    ? ['HELPDESK_UNKNOWN', `no helpdesk ${page.helpdesk}`]
    : ['PAGE_UNKNOWN', `no Page ${pageId || '(none)'}`]
  return { verdict: 'dead', code, message: `${missing} in the config; add it there and replay this` }
}

async function withCustomer(
  { people }: ForwardDeps,
  event: DomainEvent,
): Promise<Pick<Conversation, 'customer'>> {
  if (!people || event.psid === null) return {}
  return { customer: (await people.customer(event.conversationId)) ?? null }
}

async function isOurs(event: DomainEvent, deps: ForwardDeps): Promise<boolean> {
  if (event.kind !== 'comment' || !mayBeOurs(event)) return false
  return (await deps.wroteComment?.(event.commentId, event.pageId)) === true
}

/**
 * The rule that a comment meets, once what it says is under way. Before any helpdesk is told, which may be down: of
 * several it is the first whose lane comes to the event, and to the others it was followed already.
 */
async function rulesOn(event: DomainEvent, task: Task, deps: ForwardDeps): Promise<MetRule | undefined> {
  const { accept, pages, replies } = deps
  const met = accept && metRule(event, pages)
  if (!met || event.kind !== 'comment') return met
  // A lane forgets what it had: by then the reply's own record tells, which nobody else needs to read.
  const isOld = task.since + task.ageMs - event.timestamp > oldMs
  if (!isOld || !replies || !(await wasFollowed({ replies }, event))) await followRule({ accept }, event, met)
  return met
}

function withRule(event: DomainEvent, rule: MetRule): DomainEvent {
  return event.kind === 'comment' ? { ...event, rule: shownRule(rule) } : event
}

async function hasTicket(
  { conversations }: ForwardDeps,
  { id }: Conversation,
  { helpdesk }: Page,
  { progress }: Task,
): Promise<boolean> {
  return progress !== '' || (await conversations.ticket(id, helpdesk)) !== undefined
}
