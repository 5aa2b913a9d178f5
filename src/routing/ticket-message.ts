import type { DomainEvent } from '../domain/event.ts'
import type { Page } from '../domain/page.ts'
import type { TicketMessage } from '../helpdesk/adapter.ts'
import { app, describeEvent } from './describe-event.ts'
import { describeLinkless } from './describe-words.ts'

/** An event as something that was said. What holds no words of its own is described. */
export function ticketMessage(
  event: DomainEvent,
  from: TicketMessage['from'],
  page: Pick<Page, 'name'>,
): TicketMessage {
  const said = words(event)
  return {
    eventId: event.id,
    from,
    conversationId: event.conversationId,
    at: event.timestamp,
    text: said.text,
    attachments: said.attachments ?? [],
    payload: said.payload ?? null,
    ...(event.standby ? { standby: true } : {}),
    ...(from === 'agent' ? agentName(event, page) : customerName(event)),
  }
}

function words(event: DomainEvent): Pick<TicketMessage, 'text'> & Partial<TicketMessage> {
  switch (event.kind) {
    case 'message':
      return {
        text: event.text ?? (event.isUnsupported ? unsupported : linkless(event.attachments)),
        attachments: event.attachments,
        payload: event.quickReply?.payload ?? null,
      }
    case 'echo':
    case 'comment':
    case 'post':
      return { text: event.text ?? linkless(event.attachments), attachments: event.attachments }
    case 'postback':
      return { text: event.title, payload: event.payload }
    case 'review':
      return event.item === 'comment' ? { text: event.text } : { text: describeEvent(event) }
    default:
      return { text: describeEvent(event) }
  }
}

const unsupported = "[Only Meta's own inbox can show this message]"

/** Words for what has neither words nor a link, such as a place or an appointment. */
function linkless(attachments: TicketMessage['attachments']): string | null {
  return describeLinkless(attachments) ?? null
}

function agentName(event: DomainEvent, page: Pick<Page, 'name'>): { agentName?: string } {
  if (event.kind === 'echo') return { agentName: app(event.appId) }
  return 'author' in event ? { agentName: event.author.name ?? page.name } : {}
}

function customerName(event: DomainEvent): { customerName?: string } {
  const name = 'author' in event ? event.author.name : null
  return name === null ? {} : { customerName: name }
}
