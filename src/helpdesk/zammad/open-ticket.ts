import type { ContextFact, KnownCustomer, NewTicket, Step, TicketRef } from '../adapter.ts'
import { over } from './api.ts'
import type { ZammadApi } from './api.ts'
import { loginOf, markOf } from './mark.ts'
import type { ZammadSettings } from './settings.ts'

/** A ref is `<ticket> <customer>`, both as Zammad numbers them. */
export async function openTicket(
  api: ZammadApi,
  settings: ZammadSettings,
  ticket: NewTicket,
  step: Step,
): Promise<TicketRef> {
  const login = loginOf(ticket.conversation.id)
  const mark = markOf(step.idempotencyKey)
  const opened = step.repeat ? await findOpened(api, login, mark, step.signal) : undefined
  if (opened !== undefined) return opened
  const told = facts(ticket, settings)
  const former = ticket.followUpOf?.split(' ')[0]
  const links = former === undefined ? {} : { links: { Ticket: { normal: [Number(former)] } } }
  // Zammad before 5 makes no ticket without an article; its words are not the customer's.
  const wanted = (body: string) => ({
    title: ticket.subject.slice(0, 250),
    group: settings.group,
    customer: { login, ...(customerName(ticket.customer) ?? nobody(ticket)) },
    tags: settings.tag,
    article: {
      type: 'note',
      sender: 'System',
      internal: true,
      body,
      content_type: 'text/plain',
      message_id: mark,
    },
  })
  const plain = wanted(ticket.subject)
  const inWords = Object.entries(told).map(([name, words]) => `${name}: ${words}`)
  // What it follows may be gone, and an attribute may take no words of this length: neither must cost the ticket.
  const ways = [
    ...(former === undefined ? [] : [{ ...plain, ...told, ...links }]),
    ...(inWords.length > 0 ? [{ ...plain, ...told }] : []),
    wanted([ticket.subject, ...inWords].join('\n')),
  ]
  for (const [n, way] of ways.entries()) {
    const isLast = n === ways.length - 1
    const ref = await api.createTicket(way, isLast ? [] : [403, 404, 422], step.signal)
    if (ref !== undefined) return ref
    // Older versions refuse a link only when the ticket is there.
    const there = await findOpened(api, login, mark, step.signal)
    if (there !== undefined) return there
  }
  throw over('HELPDESK_REFUSED', 'Zammad made no ticket')
}

/** Newest first; the ticket of a step that is tried again is among them. */
async function findOpened(
  api: ZammadApi,
  login: string,
  mark: string,
  signal: AbortSignal,
): Promise<TicketRef | undefined> {
  for (const { id, customer_id: customer } of await api.ticketsOf(login, signal)) {
    const articles = await api.articles(String(id), signal)
    if (articles.some(({ message_id: messageId }) => messageId === mark)) return `${id} ${customer}`
  }
  return undefined
}

function facts({ context }: NewTicket, { fields }: ZammadSettings): Record<string, string> {
  const told: Record<string, string> = {}
  for (const [fact, attribute] of Object.entries(fields) as [ContextFact, string][]) {
    const words = context[fact]
    if (words !== undefined) told[attribute] = words
  }
  return told
}

/** In two parts, since Zammad would take a name that is given as one apart at its first blank. */
export function customerName(customer: KnownCustomer | null) {
  if (!customer) return undefined
  const { name, firstName, lastName, username } = customer
  if (firstName !== null && lastName !== null)
    return { firstname: firstName.slice(0, 100), lastname: lastName.slice(0, 100) }
  const [first, ...rest] = (name ?? firstName ?? lastName ?? username ?? '').trim().split(/\s+/)
  return first ? { firstname: first.slice(0, 100), lastname: rest.join(' ').slice(0, 100) } : undefined
}

function nobody({ page }: NewTicket) {
  return { firstname: 'Customer', lastname: `at ${page.name}`.slice(0, 100) }
}
