import type { TicketRef } from '../helpdesk/adapter.ts'
import { newTicket } from './new-ticket.ts'
import { ticketSteps } from './ticket-steps.ts'
import type { TicketWork } from './ticket-steps.ts'

/** How far an event came: its ticket is there, and these of its steps are done. */
interface Progress {
  ticket: TicketRef
  /** By this event. */
  opened: boolean
  /** Names of steps. */
  done: string[]
}

/**
 * Opens a ticket where there is none, then adds what happened, step by step. What was reached is kept in the lane, the
 * ticket before it is kept with the conversation, so that a retry goes on there: it never opens a second ticket, nor says
 * anything twice. False when the lease was lost on the way.
 */
export async function forwardSteps(work: TicketWork): Promise<boolean> {
  const { deps, helpdesk, page, conversation, step, task, hold, event } = work
  const reached = readProgress(task.progress)
  let ticket = await deps.conversations.ticket(conversation.id, page.helpdesk)
  let opened = reached?.opened ?? false
  if (!ticket) {
    ticket =
      reached?.ticket ??
      (await helpdesk.openTicket(await newTicket(work), { ...step, idempotencyKey: `${event.id}:ticket` }))
    opened = true
    if (!reached && !(await hold.save(writeProgress({ ticket, opened, done: [] })))) return false
    await deps.conversations.keepTicket(conversation.id, page.helpdesk, ticket)
  }
  const done = [...(reached?.done ?? [])]
  const steps = (await ticketSteps(work, opened)).filter(({ name }) => !done.includes(name))
  for (const [at, { name, take }] of steps.entries()) {
    await take(ticket)
    done.push(name)
    const isLast = at === steps.length - 1
    if (!isLast && !(await hold.save(writeProgress({ ticket, opened, done })))) return false
  }
  return true
}

/** The ticket alone, as an earlier version wrote it when it was new, or the steps done before it. */
function writeProgress({ ticket, opened, done }: Progress): string {
  if (done.length === 0 && opened) return ticket
  return `${opened ? 'opened ' : ''}done=${done.join(',')} ${ticket}`
}

function readProgress(text: string): Progress | undefined {
  if (text === '') return undefined
  const [, isNew, done, ticket] = /^(opened )?done=([\w,]*) (.*)$/s.exec(text) ?? []
  if (done === undefined || ticket === undefined) return { ticket: text, opened: true, done: [] }
  // An earlier version counted, and there was one step to count.
  const names = /^\d+$/.test(done) ? ['context'] : done.split(',').filter(Boolean)
  return { ticket, opened: isNew !== undefined, done: names }
}
