import { createHash } from 'node:crypto'
import type { ContextFact, KnownCustomer, NewTicket, Step, TicketHelpdesk } from '../adapter.ts'
import { helpdeskHttp } from '../http-client.ts'
import type { HelpdeskLimit } from '../http-client.ts'
import { rtCallback } from './callback.ts'
import { permanent, rtClient } from './client.ts'
import type { RtClient, RtTicket } from './client.ts'
import { composeMessage } from './compose-message.ts'
import { rtPoll } from './poll.ts'
import { readFile } from './read-file.ts'
import type { RtSettings } from './settings.ts'
import { rtSetup } from './setup.ts'

/**
 * Request Tracker 5 over REST2. It takes no idempotency keys: each ticket and each transaction that we make bears a
 * mark, and when an earlier try may have arrived we look for it first.
 */
export function rtHelpdesk(settings: RtSettings, limit?: HelpdeskLimit): TicketHelpdesk {
  const http = helpdeskHttp({ ...settings, limit })
  // Customers' files come from elsewhere, and cost RT no calls.
  const files = helpdeskHttp(settings)
  const client = rtClient(settings, http)

  /** What takes something; TICKET_CLOSED when its status says that it is over. RT itself would bring it back. */
  async function openOne(ref: string, { signal }: Step): Promise<RtTicket> {
    const ticket = await client.ticket(ref, signal)
    if (settings.statuses.closed.includes(ticket.Status))
      throw permanent('the ticket is closed', 'TICKET_CLOSED')
    return ticket
  }

  /** Changes what is not so yet, and looks whether it came about. */
  async function change(
    ticket: RtTicket,
    json: object,
    isSo: (ticket: RtTicket) => boolean,
    { signal }: Step,
  ): Promise<void> {
    if (isSo(ticket)) return
    await client.change(ticket.id, json, signal)
    if (isSo(await client.ticket(ticket.id, signal))) return
    throw permanent('the helpdesk left the ticket as it was', 'HELPDESK_REFUSED')
  }

  const adapter: TicketHelpdesk = {
    style: 'tickets',
    fields: new Set(Object.keys(settings.fields) as ContextFact[]),

    async openTicket(ticket, step) {
      const mark = `deskbridge:${markOf(step)}`
      if (step.repeat) {
        const made = await client.find('tickets', `RefersTo = '${mark}'`, step.signal)
        if (made !== undefined) return made
      }
      return client.create(newTicket(settings, ticket, mark), step.signal)
    },

    async appendMessage(ref, message, step) {
      const ticket = await openOne(ref, step)
      const made = await alreadyWritten(client, ticket, step)
      if (made !== undefined) return made
      const composed = await composeMessage(message, ticket, {
        http: files,
        signal: step.signal,
        maxBytes: settings.maxFileBytes,
      })
      return client.write(
        ticket.id,
        'correspond',
        { subject: subjectOf(ticket, step), ...composed },
        step.signal,
      )
    },

    async addNote(ref, { text }, step) {
      const ticket = await client.ticket(ref, step.signal)
      const made = await alreadyWritten(client, ticket, step)
      if (made !== undefined) return made
      return client.write(
        ticket.id,
        'comment',
        { subject: subjectOf(ticket, step), text, files: [] },
        step.signal,
      )
    },

    async setStatus(ref, status, step) {
      const { open, solved } = settings.statuses
      const isSo = ({ Status }: RtTicket) => solved.includes(Status) === (status === 'solved')
      await change(await openOne(ref, step), { Status: status === 'open' ? open : solved[0] }, isSo, step)
    },

    async setCustomer(ref, customer, step) {
      const ticket = await client.ticket(ref, step.signal)
      const user = ticket.Requestor.find(({ id }) => id.endsWith(`@${settings.customerDomain}`))
      if (user && customer.name !== null && user.RealName !== customer.name)
        await client.rename(user.id, customer.name, step.signal)
      const values = customFields(settings, customerFacts(customer))
      const isSo = (seen: RtTicket) =>
        Object.entries(values).every(([name, value]) => valuesOf(seen, name).includes(value))
      await change(ticket, { CustomFields: values }, isSo, step)
    },

    poll: rtPoll(settings, client),
    file: (ref, signal) => readFile(client, ref, signal),
    setup: rtSetup(settings, client),
    async close() {
      await Promise.all([http.close(), files.close()])
    },
  }

  const { tagsField, callbackSecrets } = settings
  if (tagsField !== undefined) {
    adapter.setTags = async (ref, tags, step) => {
      const ticket = await openOne(ref, step)
      const all = [...new Set([...valuesOf(ticket, tagsField), ...tags])]
      const isSo = (seen: RtTicket) => tags.every((tag) => valuesOf(seen, tagsField).includes(tag))
      await change(ticket, { CustomFields: { [tagsField]: all } }, isSo, step)
    }
  }
  if (callbackSecrets !== undefined) adapter.callback = rtCallback(settings, callbackSecrets)
  return adapter
}

function newTicket(settings: RtSettings, ticket: NewTicket, mark: string): object {
  const { conversation, customer, context, followUpOf } = ticket
  const address = `${conversation.id.replaceAll(':', '.')}@${settings.customerDomain}`
  const name = (customer?.name ?? '').replace(/["\\\s]+/g, ' ').trim()
  return {
    Queue: settings.queue,
    Subject: ticket.subject,
    Requestor: [name === '' ? address : `"${name}" <${address}>`],
    // Nobody reads that mail, and what bounces would come back as a ticket.
    SquelchMailTo: address,
    RefersTo: followUpOf === null ? [mark] : [followUpOf, mark],
    CustomFields: customFields(settings, context),
  }
}

/** The first 96 bits are told apart well enough, and leave room for a subject beside them. */
function markOf({ idempotencyKey }: Step): string {
  return createHash('sha256').update(idempotencyKey).digest('hex').slice(0, 24)
}

/** Watchers see it as the subject of RT's mail, and we find our own transaction by it. RT keeps 255 characters. */
function subjectOf(ticket: RtTicket, step: Step): string {
  return `${(ticket.Subject ?? '').slice(0, 200)} [${markOf(step)}]`.trimStart()
}

async function alreadyWritten(client: RtClient, ticket: RtTicket, step: Step): Promise<string | undefined> {
  if (!step.repeat) return undefined
  // Data of a transaction is the subject of its message.
  const query = `ObjectType = 'RT::Ticket' AND ObjectId = ${ticket.id} AND Data LIKE '${markOf(step)}'`
  return client.find('transactions', query, step.signal)
}

function customFields(settings: RtSettings, facts: NewTicket['context']): Record<string, string> {
  const entries = Object.entries(settings.fields) as [ContextFact, string][]
  return Object.fromEntries(
    entries.flatMap(([fact, field]) => (facts[fact] === undefined ? [] : [[field, facts[fact]]])),
  )
}

function customerFacts({ name, locale }: KnownCustomer): NewTicket['context'] {
  return { ...(name === null ? {} : { name }), ...(locale === null ? {} : { locale }) }
}

function valuesOf(ticket: RtTicket, field: string): unknown[] {
  return ticket.CustomFields.find(({ name }) => name === field)?.values ?? []
}
