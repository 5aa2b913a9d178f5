import type { EventKind } from '../domain/event.ts'
import { stepFacts } from '../domain/step-error.ts'
import type { TicketRef } from '../helpdesk/adapter.ts'
import type { TicketState } from '../records/ticket-records.ts'
import { opensTicket } from './opens-ticket.ts'
import type { TicketWork } from './ticket-steps.ts'

/** The ticket that a new one goes on from, and what became of it. */
export interface Former {
  ticket: TicketRef
  why: 'solved' | 'closed' | 'gone'
}

const hourMs = 3_600_000
const usual = { reopenHours: 72, afterwards: 'followUp' } as const

/** What nobody says, and somebody must see all the same: where no ticket takes it any more, it opens one. */
const news: ReadonlySet<EventKind> = new Set([
  'lead',
  'feedback',
  'payment',
  'post',
  'mention',
  'policy_enforcement',
  'page_integrity',
])

/** The ticket that an event leaves behind, for a new one; undefined when it goes where it always went. */
export function formerOf(work: TicketWork, state: TicketState | undefined): Former | undefined {
  if (state === undefined || isOnlyOne(work, state.ticket)) return undefined
  const { ticket, status } = state
  if (status === 'open') return undefined
  if (status === 'solved') return says(work) && !mayReopen(work, state) ? { ticket, why: status } : undefined
  return followsUp(work) ? { ticket, why: status } : undefined
}

/** Whether an event brings its ticket back. */
export function reopens(work: TicketWork, state: TicketState | undefined): boolean {
  if (state === undefined || !says(work)) return false
  if (isOnlyOne(work, state.ticket)) return state.status !== 'open'
  return state.status === 'solved' && mayReopen(work, state)
}

/** Whether it opens a new ticket where the one before takes nothing any more. Else it is in the timeline alone. */
export function followsUp(work: TicketWork): boolean {
  return says(work) || (news.has(work.event.kind) && opensTicket(work.event, work.page))
}

/** Why a ticket takes nothing any more, when that is what went wrong. */
export function overBy(error: unknown): 'closed' | 'gone' | undefined {
  const { code } = stepFacts(error)
  return code === 'TICKET_CLOSED' ? 'closed' : code === 'TICKET_GONE' ? 'gone' : undefined
}

/** A helpdesk whose ticket is the conversation itself has no other one for it. */
export function isOnlyOne({ conversation }: TicketWork, ticket: TicketRef): boolean {
  return ticket === conversation.id
}

/** Never before what is known of the ticket already: then it would be forgotten at once. */
export function timeOf({ event }: TicketWork, state: TicketState | undefined): number {
  return Math.max(state?.since ?? 0, event.timestamp)
}

/** As callbacks call it. */
export function ticketId(ticket: TicketRef): string {
  return ticket.split(' ')[0] ?? ticket
}

/** Notes, echoes and receipts go to the ticket as it is. */
function says({ view }: TicketWork): boolean {
  return view === 'customer message'
}

/** By the time at which they said it, and not by when we got to it. */
function mayReopen({ page, event }: TicketWork, { since }: TicketState): boolean {
  const { reopenHours, afterwards } = page.tickets ?? usual
  if (reopenHours === 0) return false
  return afterwards === 'reopen' || event.timestamp - since <= reopenHours * hourMs
}
