import type { HelpdeskAdapter, MessageRef, TicketHelpdesk } from '../helpdesk/adapter.ts'
import type { OwnWrites } from '../records/own-writes.ts'

/**
 * A helpdesk that tells us what happens in it, with a memory of what was written into it by us: each message's name is kept before its step counts as
 * done, so that the helpdesk's own callback about it is not taken for an agent's words.
 */
export function keepOwn(
  name: string,
  helpdesk: HelpdeskAdapter,
  deps: { ownWrites: Pick<OwnWrites, 'keep'> },
): HelpdeskAdapter {
  if (helpdesk.style === 'events' || (!helpdesk.callback && !helpdesk.poll)) return helpdesk
  const kept = async (writing: Promise<MessageRef | undefined>) => {
    const message = await writing
    if (message !== undefined) await deps.ownWrites.keep(name, message)
    return message
  }
  const { appendMessages } = helpdesk
  return {
    ...helpdesk,
    appendMessage: (...given) => kept(helpdesk.appendMessage(...given)),
    addNote: (...given) => kept(helpdesk.addNote(...given)),
    ...(appendMessages
      ? {
          appendMessages: (...given: Parameters<NonNullable<TicketHelpdesk['appendMessages']>>) =>
            kept(appendMessages(...given)),
        }
      : {}),
  }
}
