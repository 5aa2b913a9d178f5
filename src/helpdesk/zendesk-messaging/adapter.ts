import type { ContextFact, TicketHelpdesk, TicketRef } from '../adapter.ts'
import type { HelpdeskLimit } from '../http-client.ts'
import { agentFile } from './agent-file.ts'
import { sunshineApi } from './api.ts'
import { messageParts, textParts } from './message-parts.ts'
import { openConversation, profileOf } from './open-conversation.ts'
import { postParts } from './post-parts.ts'
import type { SunshineAuthor } from './post-parts.ts'
import { readCallback } from './read-callback.ts'
import { removeMessage } from './remove-message.ts'
import type { ZendeskMessagingSettings } from './settings.ts'
import { zendeskMessagingSetup } from './setup.ts'

/**
 * Zendesk messaging, by Sunshine Conversations: the customer is a user without a channel of their own, so that nothing
 * is sent to them but by us.
 */
export function zendeskMessagingHelpdesk(
  settings: ZendeskMessagingSettings,
  { limit }: { limit?: HelpdeskLimit } = {},
): TicketHelpdesk {
  const api = sunshineApi(settings, limit)
  const maxBytes = settings.maxFileMiB * 1024 * 1024
  const fields = Object.keys(settings.fields) as ContextFact[]
  const callbackSettings = {
    appId: settings.appId,
    base: api.base,
    closes: settings.switchboardIntegration !== undefined,
  }

  return {
    style: 'tickets',
    async openTicket(ticket, step) {
      return `${await openConversation(api, settings, ticket, step)} ${ticket.conversation.id}`
    },
    appendMessage(ref, message, step) {
      const { conversation, user } = readRef(ref)
      const author: SunshineAuthor =
        message.from === 'customer'
          ? { type: 'user', userExternalId: user }
          : { type: 'business', displayName: message.agentName ?? 'Answered elsewhere' }
      const parts = messageParts(api, conversation, message, maxBytes)
      return postParts(api, conversation, { author, parts }, step)
    },
    // Sunshine has no notes. Only agents see what a business says here, since the user has no channel.
    addNote(ref, { text }, step) {
      const author: SunshineAuthor = { type: 'business', displayName: 'deskbridge (note)' }
      return postParts(api, readRef(ref).conversation, { author, parts: textParts(text) }, step)
    },
    removeMessage: (ref, written, { signal }) =>
      removeMessage(api, readRef(ref).conversation, written, signal),
    async setCustomer(ref, customer, { signal }) {
      const profile = profileOf(customer)
      if (Object.keys(profile).length === 0) return
      // Who was deleted there needs no name.
      const path = `/users/${encodeURIComponent(readRef(ref).user)}`
      await api.call('PATCH', path, { json: { profile }, also: [404], signal })
    },
    async reportReceipt(conversation, { status, source }, { signal }) {
      if (status !== 'read' || source === undefined) return
      const author: SunshineAuthor = { type: 'user', userExternalId: conversation.id }
      await api.inConversation('POST', source.ticket, '/activity', {
        json: { author, type: 'conversation:read' },
        signal,
      })
    },
    ...(fields.length > 0 ? { fields: new Set(fields) } : {}),
    callback: {
      scheme: 'sunshine',
      secrets: settings.callbackSecrets,
      parse: (callback) => readCallback(callback, callbackSettings),
    },
    file: (ref, signal) => agentFile(api, ref, signal),
    setup: zendeskMessagingSetup(api, settings),
    close: api.close,
  }
}

function readRef(ref: TicketRef): { conversation: string; user: string } {
  const [conversation = '', user = ''] = ref.split(' ')
  return { conversation, user }
}
