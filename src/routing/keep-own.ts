import type { HelpdeskAdapter, MessageRef, Step, TicketHelpdesk, TicketRef } from '../helpdesk/adapter.ts'
import type { OwnWrites } from '../records/own-writes.ts'

/** What was said, and where. */
interface Said {
  eventId: string
  conversationId?: string
}

/**
 * A helpdesk that tells us what happens in it, with a memory of what was written into it by us: each message's name is kept before its step counts as
 * done, so that the helpdesk's own callback about it is not taken for an agent's words. Where messages can be taken out
 * again, it is kept beside that where what was said stands.
 */
export function keepOwn(
  name: string,
  helpdesk: HelpdeskAdapter,
  deps: { ownWrites: Pick<OwnWrites, 'keep'> },
): HelpdeskAdapter {
  if (helpdesk.style === 'events') return helpdesk
  const isPlaced = helpdesk.removeMessage !== undefined && helpdesk.findsByEvent !== true
  if (!helpdesk.callback && !helpdesk.poll && !isPlaced) return helpdesk
  const kept = async (
    writing: Promise<MessageRef | undefined>,
    ticket: TicketRef,
    said: Said | undefined,
    { idempotencyKey: key }: Step,
  ) => {
    const message = await writing
    if (message === undefined) return message
    const { eventId, conversationId } = said ?? {}
    const isFound = isPlaced && eventId !== undefined && conversationId !== undefined
    await deps.ownWrites.keep(name, message, isFound ? { eventId, conversationId, ticket, key } : undefined)
    return message
  }
  const { appendMessages } = helpdesk
  return {
    ...helpdesk,
    appendMessage: (ticket, message, step) =>
      kept(helpdesk.appendMessage(ticket, message, step), ticket, message, step),
    addNote: (ticket, note, step) => kept(helpdesk.addNote(ticket, note, step), ticket, note.quotes, step),
    ...(appendMessages
      ? {
          // What stands with others in one comment cannot be taken out alone, so that it need not be found.
          appendMessages: (
            ...[ticket, messages, step]: Parameters<NonNullable<TicketHelpdesk['appendMessages']>>
          ) =>
            kept(
              appendMessages(ticket, messages, step),
              ticket,
              messages.length === 1 ? messages[0] : undefined,
              step,
            ),
        }
      : {}),
  }
}
