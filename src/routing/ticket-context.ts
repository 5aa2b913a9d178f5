import { callName } from '../domain/customer.ts'
import type { ContextFact, KnownCustomer, TicketContext } from '../helpdesk/adapter.ts'
import { contextFacts } from '../helpdesk/adapter.ts'
import type { Link } from '../records/private-replies.ts'
import type { TicketState } from '../records/ticket-records.ts'
import type { TimelineEntry } from '../records/timeline.ts'
import { describeContext, describeEvent } from './describe-event.ts'
import { describeOrigin } from './describe-origin.ts'
import { describeLink } from './tell-private.ts'
import { ticketId } from './ticket-life.ts'
import type { Former } from './ticket-life.ts'
import type { TicketWork } from './ticket-steps.ts'

/** What a new ticket begins with. */
export interface Opening {
  customer: KnownCustomer | null
  context: TicketContext
  /** In one note, before all else; null when there is nothing that the agent does not see anyway. */
  note: string | null
}

/** So many of the newest are told. */
const toldTickets = 5
const toldOrders = 5

/** What is known by now of whoever a ticket is opened for. */
export async function openingOf(work: TicketWork, former: Former | undefined): Promise<Opening> {
  const { deps, event, page, conversation, helpdesk } = work
  const [record, origin, earlier, story] = await Promise.all([
    event.psid === null ? undefined : deps.people?.get(event.conversationId),
    originOf(work),
    deps.conversations.earlierTickets(conversation.id, page.helpdesk),
    deps.timeline?.all(conversation.id) ?? [],
  ])
  const customer = record?.state === 'known' ? { ...record.customer, expiresAt: record.expiresAt } : null
  // Once the new one is kept, the former is the first of the earlier ones.
  const others = earlier.filter(({ ticket }) => ticket !== former?.ticket)
  const facts: Record<ContextFact, string | null> = {
    name: customer?.name ?? (customer && callName(customer)) ?? null,
    locale: customer?.locale ?? null,
    timezone: customer?.timezone == null ? null : describeTimezone(customer.timezone),
    page: page.name,
    channel: page.channel,
    origin,
    earlierTickets: tickets([...(former ? [{ ticket: former.ticket, status: former.why }] : []), ...others]),
    orders: orders(story.filter(({ id }) => id !== event.id)),
    tags: labels(story).join(', ') || null,
  }
  const told = {
    ...facts,
    channel: channelNames[page.channel],
    origin: tellsOrigin(event.kind) ? null : origin,
    earlierTickets: tickets(others),
  }
  const note = noteOf(told, helpdesk.fields ?? new Set(), former)
  return { customer, context: known(facts), note }
}

/** What else the agent should know, beside what the subject of the ticket says. */
const headings: Readonly<Record<Exclude<ContextFact, 'origin'>, string>> = {
  name: 'Name',
  locale: 'Language',
  timezone: 'Time zone',
  page: 'Page',
  channel: 'Channel',
  earlierTickets: 'Earlier tickets',
  orders: 'Orders',
  tags: 'Labels',
}

const channelNames = { messenger: 'Messenger', instagram: 'Instagram' } as const

/** These stand in the subject or are plain: they are told with others, and are no reason for a note. */
const plain: ReadonlySet<ContextFact> = new Set(['name', 'page', 'channel'])

function noteOf(
  facts: Record<ContextFact, string | null>,
  fields: ReadonlySet<ContextFact>,
  former: Former | undefined,
): string | null {
  const told = contextFacts.filter((fact) => facts[fact] !== null && !fields.has(fact))
  if (!former && told.every((fact) => plain.has(fact))) return null
  const lines = told.flatMap((fact) => (fact === 'origin' ? [] : `${headings[fact]}: ${facts[fact]}`))
  const origin = told.includes('origin') ? [facts.origin] : []
  return [...(former ? [describeFormer(former)] : []), ...origin, ...lines].join('\n')
}

function describeFormer({ ticket, why }: Former): string {
  const id = ticketId(ticket)
  return why === 'gone'
    ? `The ticket before this one, ${id}, is gone.`
    : `Goes on from ticket ${id} (${why}).`
}

function known(facts: Record<ContextFact, string | null>): TicketContext {
  return Object.fromEntries(Object.entries(facts).filter(([, words]) => words !== null))
}

/** How the person came to what opens the ticket: by an ad, a link, a post, a plugin, a comment. */
async function originOf(work: TicketWork): Promise<string | null> {
  const { event, deps } = work
  if (event.kind === 'comment') {
    const { pageId, postId, parentId } = event
    const [post, parents] = await Promise.all([
      postId === null ? null : (deps.comments?.postText(pageId, postId) ?? null),
      parentId === null ? [] : deps.comments?.find([{ pageId, commentId: parentId }]),
    ])
    return describeOrigin(event, { post, pageComment: parents?.[0]?.text ?? null })
  }
  const isOne = tellsOrigin(event.kind)
  const hasOne = isOne || describeContext(event) !== undefined
  const who = hasOne && event.psid !== null ? await deps.nameOf?.(event.conversationId) : undefined
  if (isOne) return describeEvent(event, who)
  const link = await linkOf(work)
  const lines = [describeContext(event, who), link && describeLink(link)].filter((one) => one !== undefined)
  return lines.join('\n') || null
}

/** Its own note says how they came. */
function tellsOrigin(kind: TicketWork['event']['kind']): boolean {
  return kind === 'referral' || kind === 'optin' || kind === 'lead'
}

/** The comment that the conversation goes on from, for the first event that asks, and for that one as often as it asks. */
export async function linkOf({ deps, event, conversation }: TicketWork): Promise<Link | undefined> {
  if (event.kind !== 'message' && event.kind !== 'postback') return undefined
  return deps.privateReplies?.toTell(conversation.id, event.id)
}

function tickets(all: Pick<TicketState, 'ticket' | 'status'>[]): string | null {
  const newest = all.slice(0, toldTickets)
  return newest.map(({ ticket, status }) => `${ticketId(ticket)} (${status})`).join(', ') || null
}

/** What was ordered, and the receipts that were sent. */
function orders(story: TimelineEntry[]): string | null {
  const found = story.filter(({ kind }) => kind === 'order' || kind === 'receipt').slice(0, toldOrders)
  const words = found.map(({ at, text = '' }) => `${day(at)} ${text.replaceAll(/\s*\n\s*/g, ' ')}`)
  return words.join('; ') || null
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}

/** Those that are on: the newest word about each counts. */
function labels(story: TimelineEntry[]): string[] {
  const newest = new Map<string, boolean>()
  for (const { label } of story) if (label && !newest.has(label.name)) newest.set(label.name, label.isOn)
  return [...newest].filter(([, isOn]) => isOn).map(([name]) => name)
}

/** Such as `UTC+5:30`. */
function describeTimezone(hours: number): string {
  const minutes = Math.round(Math.abs(hours) * 60)
  const rest = minutes % 60 === 0 ? '' : `:${String(minutes % 60).padStart(2, '0')}`
  return `UTC${hours < 0 ? '-' : '+'}${Math.floor(minutes / 60)}${rest}`
}
