import type { ContextFact, KnownCustomer, TicketHelpdesk, TicketRef } from '../adapter.ts'
import { helpdeskHttp } from '../http-client.ts'
import type { HelpdeskLimit } from '../http-client.ts'
import { fileLink, openFile } from './agent-file.ts'
import { chatwootApi } from './api.ts'
import { addNote, append } from './append.ts'
import { readCallback } from './read-callback.ts'
import { removeMessage } from './remove-message.ts'
import type { ChatwootSettings } from './settings.ts'
import { chatwootSetup } from './setup.ts'

/** Custom attributes of conversations by which we find our own again. */
const ticketMark = 'deskbridge_ticket'
const followsMark = 'deskbridge_follows'

/**
 * Chatwoot by an inbox of the kind API. A TicketRef is `<conversation> <contact>`, both as Chatwoot numbers them.
 */
export function chatwootHelpdesk(
  settings: ChatwootSettings,
  deps: { limit?: HelpdeskLimit } = {},
): TicketHelpdesk {
  const { allowPrivateNetwork, fields } = settings
  const http = helpdeskHttp({ allowPrivateNetwork, limit: deps.limit })
  const files = helpdeskHttp({ allowPrivateNetwork })
  const api = chatwootApi(settings, http)
  const maxFileBytes = settings.maxFileMiB * 1024 * 1024
  const appending = { api, files, maxFileBytes }
  const facts = Object.keys(fields) as ContextFact[]
  const link = fileLink(settings)

  return {
    style: 'tickets',
    fields: new Set(facts),

    async openTicket(
      { conversation, page, customer, context, followUpOf },
      { idempotencyKey, repeat, signal },
    ) {
      const name = nameOf(customer) ?? `Customer at ${page.name}`
      const contact = await api.contact(conversation.id, name, signal)
      const known = repeat ? await api.conversationsOf(contact.id, signal) : []
      const opened = known.find((one) => one.custom_attributes?.[ticketMark] === idempotencyKey)
      if (opened) return `${opened.id} ${contact.id}`
      const attributes: Record<string, string> = { [ticketMark]: idempotencyKey }
      if (followUpOf !== null) attributes[followsMark] = conversationOf(followUpOf)
      for (const fact of facts) {
        const [key, words] = [fields[fact], context[fact]]
        if (key !== undefined && words !== undefined) attributes[key] = words
      }
      return `${await api.openConversation(contact.sourceId, attributes, signal)} ${contact.id}`
    },

    appendMessage: (ticket, message, step) => append(appending, conversationOf(ticket), message, step),
    addNote: (ticket, note, step) => addNote(appending, conversationOf(ticket), note, step),

    removeMessage: (ticket, written, { signal }) =>
      removeMessage(api, conversationOf(ticket), written, signal),

    setStatus: (ticket, status, { signal }) =>
      api.setStatus(conversationOf(ticket), status === 'open' ? 'open' : 'resolved', signal),

    async setTags(ticket, tags, { signal }) {
      const there = await api.labels(conversationOf(ticket), signal)
      const missing = tags.map((tag) => labelOf(tag)).filter((label) => !there.includes(label))
      if (missing.length > 0)
        await api.setLabels(conversationOf(ticket), [...there, ...new Set(missing)], signal)
    },

    async setCustomer(ticket, customer, { signal }) {
      const name = nameOf(customer)
      const { pictureUrl } = customer
      const known = {
        ...(name === undefined ? {} : { name }),
        ...(pictureUrl === null ? {} : { avatar_url: pictureUrl }),
      }
      if (Object.keys(known).length > 0) await api.updateContact(contactOf(ticket), known, signal)
    },

    async reportSent(_conversation, { source }, { status, failure }, { signal }) {
      if (!source || (status !== 'sent' && status !== 'failed')) return
      const error = status === 'failed' ? { external_error: failure?.message ?? 'It was not sent.' } : {}
      await api.setMessageStatus(source.ticket, source.message, { status, ...error }, signal)
    },

    async reportReceipt(_conversation, { source, status }, { signal }) {
      if (source) await api.setMessageStatus(source.ticket, source.message, { status }, signal)
    },

    callback: {
      scheme: 'chatwoot',
      secrets: settings.callbackSecrets,
      parse: ({ body }) => readCallback(body, link),
    },
    file: (ref, signal) => openFile(settings, files, ref, signal),
    setup: chatwootSetup(api, settings),

    async close() {
      await Promise.all([http.close(), files.close()])
    },
  }
}

function conversationOf(ticket: TicketRef): string {
  return ticket.split(' ')[0] ?? ticket
}

function contactOf(ticket: TicketRef): string {
  return ticket.split(' ')[1] ?? ''
}

function nameOf(customer: KnownCustomer | null): string | undefined {
  if (!customer) return undefined
  const { name, firstName, lastName, username } = customer
  const parts = [firstName, lastName].filter((part) => part !== null).join(' ')
  return name ?? (parts || username || undefined)
}

/** Labels are of letters, digits, dashes and underscores, and written small. */
function labelOf(tag: string): string {
  return tag.toLowerCase().replace(/[^\p{L}\p{N}_-]+/gu, '-')
}
