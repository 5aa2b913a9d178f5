import type { ContextFact, KnownCustomer, TicketHelpdesk, TicketRef } from '../adapter.ts'
import { helpdeskHttp } from '../http-client.ts'
import type { HelpdeskLimit } from '../http-client.ts'
import { afterEffect, freshdeskApi } from './api.ts'
import { markOf, marked } from './mark.ts'
import { openFile } from './open-file.ts'
import { freshdeskPoll } from './poll.ts'
import { readCallback } from './read-callback.ts'
import type { FreshdeskSettings } from './settings.ts'
import { freshdeskSetup } from './setup.ts'
import { status, statusOf } from './status.ts'
import { wordsOfAgent, writeAsAgent, writeAsCustomer } from './write-note.ts'
import type { Ref } from './write-note.ts'

/** Freshdesk: tickets whose conversation is made of notes. A TicketRef is `<ticket> <contact>`, by Freshdesk's numbers. */
export function freshdeskHelpdesk(
  settings: FreshdeskSettings,
  deps: { limit?: HelpdeskLimit } = {},
): TicketHelpdesk {
  const { allowPrivateNetwork, agentId, closedTickets, fields } = settings
  const http = helpdeskHttp({ allowPrivateNetwork, limit: deps.limit })
  const files = helpdeskHttp({ allowPrivateNetwork })
  const api = freshdeskApi(settings, http)
  const maxFileBytes = settings.maxFileMegabytes * 1024 * 1024
  const writing = { api, files, maxFileBytes, agentId, closedTickets }
  const facts = Object.keys(fields) as ContextFact[]

  return {
    style: 'tickets',
    fields: new Set(facts),

    async openTicket({ conversation, page, subject, customer, context, followUpOf }, step) {
      const { idempotencyKey, repeat, signal } = step
      const contact = await api.contact(
        conversation.id,
        nameOf(customer) ?? `Customer at ${page.name}`,
        signal,
      )
      const mark = markOf(idempotencyKey)
      const known = repeat ? await api.ticketsOf(contact, signal) : []
      const there = known.find(({ description, description_text: text }) =>
        `${description ?? ''} ${text ?? ''}`.includes(mark),
      )
      const knownFields = facts.flatMap((fact) => {
        const [field, words] = [fields[fact], context[fact]]
        return field === undefined || words === undefined ? [] : [[field, words] as const]
      })
      const made =
        there?.id ??
        (await api.openTicket(
          {
            subject: subject.slice(0, 255),
            description: marked(subject, mark),
            requester_id: Number(contact),
            status: status.open,
            priority: settings.priority,
            source: settings.source,
            tags: [settings.tag],
            ...(settings.groupId === undefined ? {} : { group_id: settings.groupId }),
            ...(knownFields.length > 0 ? { custom_fields: Object.fromEntries(knownFields) } : {}),
          },
          signal,
        ))
      if (followUpOf !== null) {
        const note = `This ticket goes on from #${readRef(followUpOf).ticket}.`
        const noting = { ...step, idempotencyKey: `${idempotencyKey}:follows` }
        await afterEffect(writeAsAgent(writing, String(made), note, noting))
      }
      return `${made} ${contact}`
    },

    appendMessage: (ref, message, step) =>
      message.from === 'customer'
        ? writeAsCustomer(writing, readRef(ref), message, step)
        : writeAsAgent(writing, readRef(ref).ticket, wordsOfAgent(message), step),
    addNote: (ref, { text }, step) => writeAsAgent(writing, readRef(ref).ticket, text, step),

    async setStatus(ref, wanted, { signal }) {
      const { ticket } = readRef(ref)
      const isOpen = statusOf((await api.ticket(ticket, signal)).status, closedTickets) === 'open'
      // Pending and the account's own are left as they are.
      if (isOpen === (wanted === 'open')) return
      await api.change(ticket, { status: wanted === 'open' ? status.open : status.resolved }, signal)
    },

    async setTags(ref, tags, { signal }) {
      const { ticket } = readRef(ref)
      const there = (await api.ticket(ticket, signal)).tags ?? []
      // Freshdesk takes no longer ones.
      const missing = tags.map((tag) => tag.slice(0, 32)).filter((tag) => !there.includes(tag))
      if (missing.length > 0) await api.change(ticket, { tags: [...there, ...new Set(missing)] }, signal)
    },

    async setCustomer(ref, customer, { signal }) {
      const name = nameOf(customer)
      if (name !== undefined) await api.renameContact(readRef(ref).contact, name, signal)
    },

    ...(settings.replies === 'poll'
      ? { poll: freshdeskPoll(settings, api) }
      : {
          callback: {
            scheme: 'path' as const,
            secrets: settings.callbackSecrets ?? [],
            parse: ({ body }: { body: unknown }) => readCallback(body),
          },
        }),
    file: (ref, signal) => openFile(api, files, ref, signal),
    setup: freshdeskSetup(api, settings),

    async close() {
      await Promise.all([http.close(), files.close()])
    },
  }
}

function readRef(ref: TicketRef): Ref {
  const [ticket = '', contact = ''] = ref.split(' ')
  return { ticket, contact }
}

function nameOf(customer: KnownCustomer | null): string | undefined {
  if (!customer) return undefined
  const { name, firstName, lastName, username } = customer
  const parts = [firstName, lastName].filter((part) => part !== null).join(' ')
  return name ?? (parts || username || undefined)
}
