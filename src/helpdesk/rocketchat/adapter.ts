import type { ContextFact, KnownCustomer, TicketHelpdesk } from '../adapter.ts'
import { helpdeskHttp } from '../http-client.ts'
import type { HelpdeskLimit } from '../http-client.ts'
import { openFile } from './agent-file.ts'
import { rocketchatApi } from './api.ts'
import { readCallback } from './read-callback.ts'
import { readRef, writeRef } from './room-ref.ts'
import type { RocketchatSettings } from './settings.ts'
import { rocketchatSetup } from './setup.ts'
import { wordsOfAgent, writeAsCustomer, writeAsUser } from './write-messages.ts'

/** Rocket.Chat Omnichannel: the customer is a visitor whose token only we know, and a ticket is their room. */
export function rocketchatHelpdesk(
  settings: RocketchatSettings,
  deps: { limit?: HelpdeskLimit } = {},
): TicketHelpdesk {
  const { allowPrivateNetwork, fields, maxTextLength } = settings
  const http = helpdeskHttp({ allowPrivateNetwork, limit: deps.limit })
  const files = helpdeskHttp({ allowPrivateNetwork })
  const api = rocketchatApi(settings, http)
  const writing = { api, files, maxTextLength, maxFileBytes: settings.maxFileMegabytes * 1024 * 1024 }
  const facts = Object.keys(fields) as ContextFact[]

  return {
    style: 'tickets',
    fields: new Set(facts),

    // A visitor has one open room at most, and every step of this leads to the same: it needs no key.
    async openTicket({ conversation, page, customer, context }, { signal }) {
      const name = nameOf(customer) ?? `Customer at ${page.name}`
      const visitor = await api.visitor(conversation.id, name, signal)
      const { id: room, tags } = await api.openRoom(conversation.id, signal)
      const ref = { room, customer: conversation.id, visitor }
      const livechatData = Object.fromEntries(
        facts.flatMap((fact) => {
          const [field, words] = [fields[fact], context[fact]]
          return field === undefined || words === undefined ? [] : [[field, words] as const]
        }),
      )
      if (Object.keys(livechatData).length > 0) await api.saveRoom(ref, { tags, livechatData }, signal)
      return writeRef(ref)
    },

    async appendMessage(ticket, message, step) {
      const ref = readRef(ticket)
      if (message.from === 'customer') return writeAsCustomer(writing, ref, message, step)
      return writeAsUser(writing, ref, wordsOfAgent(message), step)
    },

    addNote: (ticket, { text }, step) => writeAsUser(writing, readRef(ticket), `[note] ${text}`, step),

    async setTags(ticket, tags, { signal }) {
      const ref = readRef(ticket)
      const there = await api.tags(ref, signal)
      const missing = tags.filter((tag) => !there.includes(tag))
      if (missing.length > 0) await api.saveRoom(ref, { tags: [...there, ...new Set(missing)] }, signal)
    },

    async setCustomer(ticket, customer, { signal }) {
      const name = nameOf(customer)
      if (name !== undefined) await api.visitor(readRef(ticket).customer, name, signal)
    },

    callback: {
      scheme: 'rocketchat',
      secrets: settings.callbackSecrets,
      parse: ({ body }) => readCallback(body, settings.userId),
    },
    file: (ref, signal) => openFile(settings, files, ref, signal),
    setup: rocketchatSetup(api, settings),

    async close() {
      await Promise.all([http.close(), files.close()])
    },
  }
}

function nameOf(customer: KnownCustomer | null): string | undefined {
  if (!customer) return undefined
  const { name, firstName, lastName, username } = customer
  const parts = [firstName, lastName].filter((part) => part !== null).join(' ')
  return name ?? (parts || username || undefined)
}
