import { describeOutgoing } from '../../domain/outgoing.ts'
import type { TicketHelpdesk } from '../adapter.ts'
import type { InboxStore } from './store.ts'

/** The embedded default helpdesk: needs no account anywhere, and is answered over REST. */
export function inboxHelpdesk(store: InboxStore): TicketHelpdesk {
  return {
    style: 'tickets',
    showsReplies: true,
    async openTicket({ conversation }) {
      await store.open(conversation)
      await store.setConversationStatus(conversation.id, 'open')
      return conversation.id
    },
    async appendMessage(ticket, message) {
      await store.put(ticket, {
        id: message.eventId,
        from: message.from,
        at: message.at,
        text: message.text,
        ...(message.agentName === undefined ? {} : { agentName: message.agentName }),
        ...(message.customerName === undefined ? {} : { customerName: message.customerName }),
        ...(message.standby === undefined ? {} : { standby: message.standby }),
        ...(message.attachments.length > 0 ? { attachments: message.attachments } : {}),
        ...(message.payload === null ? {} : { payload: message.payload }),
      })
      return message.eventId
    },
    async addNote(ticket, note, step) {
      await store.put(ticket, { id: step.idempotencyKey, from: 'note', at: note.at, text: note.text })
      return step.idempotencyKey
    },
    findsByEvent: true,
    removeMessage: (ticket, { eventId }) => store.remove(ticket, eventId),
    async setStatus(ticket, status) {
      await store.setConversationStatus(ticket, status)
    },
    // The conversation shows them, and those before it stand in it.
    fields: new Set(['name', 'locale', 'timezone', 'page', 'channel', 'earlierTickets']),
    setCustomer: (ticket, { name, firstName, username, pictureUrl, expiresAt }) =>
      store.setCustomer(ticket, { name: name ?? firstName ?? username, pictureUrl, expiresAt }),
    async reportSent(conversation, reply, outcome) {
      await store.open(conversation)
      await store.put(conversation.id, {
        id: reply.id,
        from: 'agent',
        at: reply.at,
        text: describeOutgoing(reply.message),
        ...(reply.agent === null ? {} : { agentName: reply.agent.name }),
        status: outcome.status,
        ...(outcome.failure === undefined ? {} : { failure: outcome.failure }),
      })
    },
    reportReceipt: (conversation, { replyId, status }) => store.setStatus(conversation.id, replyId, status),
    close: () => Promise.resolve(),
  }
}
