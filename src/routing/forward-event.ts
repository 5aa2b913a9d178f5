import type { Conversation } from '../domain/conversation.ts'
import { maskConversation } from '../domain/conversation.ts'
import type { DomainEvent } from '../domain/event.ts'
import type { Page } from '../domain/page.ts'
import type { Trace } from '../domain/stage.ts'
import type { CustomerMessage, HelpdeskAdapter, Step, TicketHelpdesk } from '../helpdesk/adapter.ts'
import { readPayload } from '../lanes/read-payload.ts'
import type { Work } from '../lanes/drain.ts'
import type { Hold } from '../lanes/hold.ts'
import type { Task } from '../lanes/lanes.ts'
import type { Conversations } from '../records/conversations.ts'

export interface ForwardDeps {
  pages: ReadonlyMap<string, Page>
  helpdesks: ReadonlyMap<string, HelpdeskAdapter>
  conversations: Pick<Conversations, 'ticket' | 'keepTicket'>
  trace: Trace
}

/** The work of an inbound lane: one event to the helpdesk of its Page. */
export function forwardEvent(deps: ForwardDeps): Work {
  return async (task, hold) => {
    const event = readPayload(task) as DomainEvent
    const page = deps.pages.get(event.pageId)
    const helpdesk = page && deps.helpdesks.get(page.helpdesk)
    if (!page || !helpdesk) {
      return {
        verdict: 'dead',
        code: 'PAGE_UNKNOWN',
        message: `no Page ${event.pageId || '(none)'} in the config; add it there and replay this`,
      }
    }
    const where = maskConversation(event.conversationId)
    deps.trace('route', { conversation: where, kind: event.kind, helpdesk: page.helpdesk })
    const conversation: Conversation = {
      id: event.conversationId,
      pageId: event.pageId,
      psid: event.psid,
      channel: page.channel,
    }
    const step: Step = { idempotencyKey: event.id, attempt: task.attempts + 1, signal: hold.signal }
    const began = performance.now()
    if (helpdesk.style === 'events') await helpdesk.forwardEvent(event, conversation, step)
    else if (!(await forwardSteps({ deps, helpdesk, page, event, conversation, step, task, hold }))) {
      return { verdict: 'free' }
    }
    deps.trace('forward', {
      conversation: where,
      helpdesk: page.helpdesk,
      ms: Math.round(performance.now() - began),
    })
    return { verdict: 'done' }
  }
}

interface Steps {
  deps: ForwardDeps
  helpdesk: TicketHelpdesk
  page: Page
  event: DomainEvent
  conversation: Conversation
  step: Step
  task: Task
  hold: Hold
}

/**
 * Opens a ticket where there is none, then adds what happened. The ticket is kept in the lane before it is kept with
 * the conversation, so that a retry after a crash between the two goes on with it and never opens a second one.
 * False when the lease was lost on the way.
 */
async function forwardSteps(all: Steps): Promise<boolean> {
  const { deps, helpdesk, page, event, conversation, step, task, hold } = all
  let ticket = await deps.conversations.ticket(conversation.id, page.helpdesk)
  if (!ticket) {
    ticket =
      task.progress ||
      (await helpdesk.openTicket(conversation, { ...step, idempotencyKey: `${event.id}:ticket` }))
    if (ticket !== task.progress && !(await hold.save(ticket))) return false
    await deps.conversations.keepTicket(conversation.id, page.helpdesk, ticket)
  }
  const message = customerMessage(event)
  if (message) await helpdesk.appendMessage(ticket, message, step)
  else await helpdesk.addNote(ticket, { at: event.timestamp, text: noteText(event) }, step)
  return true
}

/** What the person said or tapped; undefined for what only happened. */
function customerMessage(event: DomainEvent): CustomerMessage | undefined {
  if (event.kind === 'unknown') return undefined
  const base = { eventId: event.id, at: event.timestamp }
  if (event.kind === 'postback')
    return { ...base, text: event.title, attachments: [], payload: event.payload }
  return {
    ...base,
    text: event.text,
    attachments: event.attachments,
    payload: event.quickReply?.payload ?? null,
  }
}

function noteText(event: DomainEvent): string {
  return event.kind === 'unknown' ? `Messenger event: ${event.name}` : event.kind
}
