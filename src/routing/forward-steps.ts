import { stepFacts } from '../domain/step-error.ts'
import type { NewTicket, TicketRef } from '../helpdesk/adapter.ts'
import type { TicketState } from '../records/ticket-records.ts'
import { messagesBehind } from './join-messages.ts'
import { newTicket } from './new-ticket.ts'
import { openingOf } from './ticket-context.ts'
import { followsUp, formerOf, isOnlyOne, overBy, ticketId, timeOf } from './ticket-life.ts'
import type { Former } from './ticket-life.ts'
import { readProgress, writeProgress } from './ticket-progress.ts'
import type { TicketProgress } from './ticket-progress.ts'
import { ticketSteps } from './ticket-steps.ts'
import type { TicketStep, TicketWork } from './ticket-steps.ts'

/**
 * Opens a ticket where there is none, or none that still takes anything, then adds what happened, step by step. What was
 * reached is kept in the lane, the ticket before it is kept with the conversation, so that a retry goes on there: it
 * never opens a second ticket, nor says anything twice. Answers how many items of the lane were told, which are more than
 * the event where messages behind it were told with it; 0 when the lease was lost on the way.
 */
export async function forwardSteps(work: TicketWork): Promise<number> {
  const { deps, page, conversation, task, hold } = work
  const state = await deps.conversations.ticketState(conversation.id, page.helpdesk)
  const former = task.progress === '' ? formerOf(work, state) : undefined
  const begun = { ticket: former ? null : (state?.ticket ?? null), opened: false, done: [], former }
  const reached = readProgress(task.progress) ?? begun
  // That it goes on elsewhere is kept before it does: whatever becomes of the old ticket meanwhile, no new one stays empty.
  if (former && !(await hold.save(writeProgress(reached)))) return 0
  try {
    return await takeSteps(work, reached, state)
  } catch (error) {
    const [why, { ticket, opened, done }] = [overBy(error), reached]
    // One that takes nothing though it was opened just now would be followed by others for ever.
    if (!why || ticket === null || opened || isOnlyOne(work, ticket)) throw error
    const at = timeOf(work, state)
    await deps.conversations.noteTicketStatus(conversation.id, page.helpdesk, ticketId(ticket), why, at)
    if (!followsUp(work)) return 1
    const next = { ticket: null, opened: false, done: done.filter(isElsewhere), former: { ticket, why } }
    return (await hold.save(writeProgress(next))) ? takeSteps(work, next, state) : 0
  }
}

/** Told in the ticket of a comment, and not in this one. */
function isElsewhere(name: string): boolean {
  return name === 'answered'
}

/** Where the helpdesk does not let it follow the old one, such as one that is only solved, it is opened all the same. */
async function openTicket(
  { helpdesk, step, event }: TicketWork,
  wanted: NewTicket,
  former: Former | undefined,
): Promise<TicketRef> {
  // Else a helpdesk that knows the key would answer with the ticket that is over, if the same event had opened that.
  const idempotencyKey = `${event.id}:ticket${afterOf(former)}`
  try {
    return await helpdesk.openTicket(wanted, { ...step, idempotencyKey })
  } catch (error) {
    const { verdict, arrived } = stepFacts(error)
    if (wanted.followUpOf === null || verdict === 'retry' || arrived !== 'no') throw error
    const alone = { ...wanted, followUpOf: null }
    return helpdesk.openTicket(alone, { ...step, idempotencyKey: `${idempotencyKey}:alone` })
  }
}

function afterOf(former: Former | undefined): string {
  return former === undefined ? '' : `:after:${ticketId(former.ticket)}`
}

/** Takes what is not done yet, and notes in `at` how far it came. */
async function takeSteps(
  work: TicketWork,
  at: TicketProgress,
  state: TicketState | undefined,
): Promise<number> {
  const { deps, page, conversation, step, hold, event } = work
  const { former, done } = at
  let opening: ReturnType<typeof openingOf> | undefined
  const open = () => (opening ??= openingOf(work, former))
  if (!at.opened && !former) at.ticket = state?.ticket ?? at.ticket
  if (at.ticket === null) {
    at.ticket = await openTicket(work, newTicket(work, await open(), former), former)
    at.opened = true
    if (!(await hold.save(writeProgress(at)))) return 0
  }
  const { ticket, opened } = at
  if (ticket !== state?.ticket) {
    await deps.conversations.keepTicket(conversation.id, page.helpdesk, ticket, event.timestamp)
  }
  // Its automations may have answered before anybody could know whose it is.
  if (opened) await deps.claimEvents?.(page.helpdesk, ticketId(ticket), conversation.id)
  // What one ticket refused under a key, another must not seem to refuse again.
  const asked = former
    ? { ...work, step: { ...step, idempotencyKey: `${step.idempotencyKey}${afterOf(former)}` } }
    : work
  const all = await ticketSteps(asked, { opened, former, state: opened ? undefined : state, open })
  const steps = all.filter(({ name }) => !done.includes(name))
  for (const [index, one] of steps.entries()) {
    try {
      if (!(await takeStep(work, one, ticket, at))) return 0
    } catch (error) {
      // What belongs to an event that is told already opens no ticket.
      if (!overBy(error) || !done.includes('event')) throw error
    }
    done.push(one.name)
    const isLast = index === steps.length - 1
    if (!isLast && !(await hold.save(writeProgress(at)))) return 0
  }
  return 1 + (at.joined ?? 0)
}

/**
 * Alone, or with the messages that wait behind it. How many these are is kept before they are told, so that the next try
 * tells the same. What was tried alone before is tried alone again. False when the lease was lost.
 */
async function takeStep(
  work: TicketWork,
  { name, take, takeWith }: TicketStep,
  ticket: TicketRef,
  at: TicketProgress,
): Promise<boolean> {
  const { hold, step } = work
  if (!takeWith) {
    // The Page sees it otherwise since the config was read again: those that were to be told with it have their own turn.
    if (name === 'event' && at.joined) {
      at.joined = 0
      if (!(await hold.save(writeProgress(at)))) return false
    }
    await take(ticket)
    return true
  }
  const isAlone = at.joined === 0 || (at.joined === undefined && step.repeat === true)
  const later = isAlone ? [] : await messagesBehind(work, at.joined)
  // They stay there for whoever holds the lane.
  if (at.joined !== undefined && later.length < at.joined) return false
  if (later.length === 0) {
    await take(ticket)
    return true
  }
  if (at.joined === undefined) {
    at.joined = later.length
    if (!(await hold.save(writeProgress(at), at.joined))) return false
  }
  try {
    await takeWith(ticket, later)
    return true
  } catch (error) {
    const { verdict, arrived } = stepFacts(error)
    if (verdict === 'retry' || arrived !== 'no' || overBy(error)) throw error
    // One of them is what the helpdesk refuses, and the others must not share its fate.
    at.joined = 0
    if (!(await hold.save(writeProgress(at), step.repeat ? undefined : 0))) return false
    await take(ticket)
    return true
  }
}
