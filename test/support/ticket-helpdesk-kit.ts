import { inspect } from 'node:util'
import { expect } from 'vitest'
import type { Conversation } from '../../src/domain/conversation.ts'
import type { Attachment } from '../../src/domain/event.ts'
import { stepFacts } from '../../src/domain/step-error.ts'
import type {
  KnownCustomer,
  NewTicket,
  Step,
  TicketHelpdesk,
  TicketMessage,
} from '../../src/helpdesk/adapter.ts'
import type { AgentFile, HelpdeskEvent, ProvenCallback } from '../../src/helpdesk/callback.ts'
import type { VendorServer } from './vendor-server.ts'

/** A ticket as somebody sees it who looks at the vendor's screen. */
export interface SeenTicket {
  /** As callbacks name it: the id part of its TicketRef. */
  id: string
  /** What the vendor keeps as the customer's external id. */
  customer: string
  customerName?: string | undefined
  status: 'open' | 'solved' | 'closed'
  tags: string[]
  /** Oldest first: messages and notes, each effect once. */
  entries: SeenEntry[]
}

export interface SeenEntry {
  /** As callbacks name it. */
  id: string
  from: 'customer' | 'agent' | 'note'
  /** Who said it, where the vendor shows that beside the text. */
  author?: string | undefined
  text: string
  /** Names or links of its files. */
  files: string[]
}

/** A callback of the vendor's, as its bytes hold it: plain JSON. */
export type SeenCallback = Partial<ProvenCallback> & { body: unknown }

export interface WrittenReply {
  text: string | null
  files: { type: AgentFile['type']; name: string }[]
  agent: string
}

/** What the stand-in sends us, for adapters with `callback`. */
export interface VendorCallbacks {
  /** An agent answers the customer in the vendor's screen. What the vendor posts of it, in order. */
  reply(ticket: string, reply: WrittenReply): SeenCallback[]
  /** An agent writes a private note. */
  note?(ticket: string, text: string): SeenCallback[]
  /** Somebody solves the ticket, or brings it back. */
  status?(ticket: string, status: 'open' | 'solved'): SeenCallback[]
  /** What the vendor posted of everything that the adapter itself wrote until now. */
  ours(): SeenCallback[]
}

/** One vendor of its own for each test: what `open` gives. */
export interface TicketHelpdeskUnderTest {
  adapter: TicketHelpdesk
  server: VendorServer
  /** Oldest first. */
  tickets(): SeenTicket[]
  /** Of its settings: no error and no recording may hold one. */
  secrets: string[]
  callbacks?: VendorCallbacks
  /** Makes a ticket one that takes nothing any more: TICKET_CLOSED. For vendors that have such. */
  closeForGood?(ticket: string): void
  /** Takes a ticket away: TICKET_GONE. For vendors whose tickets can go. */
  remove?(ticket: string): void
  /** What else differs from run to run in what is recorded; each is replaced by its name. */
  volatile?: Record<string, RegExp>
  /** Closes the stand-in; the kit closes the adapter. */
  close(): Promise<void>
}

export type Open = () => Promise<TicketHelpdeskUnderTest>

export const conversation: Conversation = {
  id: '1234567890:2400000000000001',
  pageId: '1234567890',
  psid: '2400000000000001',
  channel: 'messenger',
}

export const anna: KnownCustomer = {
  name: 'Anna Schmidt',
  firstName: 'Anna',
  lastName: 'Schmidt',
  username: null,
  pictureUrl: null,
  locale: 'de_DE',
  timezone: 2,
  gender: null,
  expiresAt: 1_893_456_000_000,
}

export const newTicket: NewTicket = {
  conversation,
  page: { name: 'Acme Shoes' },
  subject: 'Anna Schmidt at Acme Shoes',
  customer: anna,
  context: {
    name: 'Anna Schmidt',
    locale: 'de_DE',
    timezone: 'UTC+2',
    page: 'Acme Shoes',
    channel: 'Messenger',
  },
  followUpOf: null,
}

let counter = 0

/** Never the same key twice, as it is with events. */
export function stepFor(name: string, more: Partial<Step> = {}): Step {
  counter++
  const key = `evt_${String(counter).padStart(6, '0')}${name}`
  return { idempotencyKey: key, attempt: 1, signal: new AbortController().signal, ...more }
}

/** The next try of a step whose last one may have arrived. */
export function again(step: Step): Step {
  const { signal } = new AbortController()
  return { ...step, attempt: step.attempt + 1, repeat: true, signal }
}

export function said(text: string | null, more: Partial<TicketMessage> = {}): TicketMessage {
  counter++
  const eventId = `evt_said${counter}`
  const at = 1_790_000_000_000 + counter
  return { eventId, from: 'customer', at, text, attachments: [], payload: null, ...more }
}

export function picture(url: string): Attachment {
  return { type: 'image', url }
}

const untaken = 'what the vendor would not have taken'

/** Every test gets a vendor of its own, which must have been given nothing that it would not take. */
export async function using(
  open: Open,
  use: (under: TicketHelpdeskUnderTest) => Promise<void>,
): Promise<void> {
  const under = await open()
  try {
    await use(under)
    expect(under.server.faults(), untaken).toEqual([])
  } catch (error) {
    const faults = under.server.faults()
    if (faults.length === 0 || String(error).includes(untaken)) throw error
    throw new Error(`${untaken}:\n${faults.join('\n')}`, { cause: error })
  } finally {
    await under.server.close().catch(() => {})
    await under.adapter.close()
    await under.close()
  }
}

export async function opened({ adapter }: TicketHelpdeskUnderTest): Promise<string> {
  return adapter.openTicket(newTicket, stepFor('ticket'))
}

/** The one ticket there is. */
export function only({ tickets }: TicketHelpdeskUnderTest): SeenTicket {
  const [ticket, ...more] = tickets()
  expect(more, 'tickets beside the first').toEqual([])
  return ticket!
}

export function ticketId(ref: string): string {
  return ref.split(' ')[0]!
}

export async function thrownBy(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.unreachable('nothing was thrown'),
    (error: unknown) => error,
  )
}

/** That an error says what it should, and nothing of a person or a secret, however deeply one looks. */
export function expectFacts(
  error: unknown,
  facts: Partial<ReturnType<typeof stepFacts>>,
  hidden: string[],
): void {
  expect(stepFacts(error)).toMatchObject(facts)
  const everything = `${inspect(error, { depth: 12, showHidden: true })} ${JSON.stringify(error)} ${JSON.stringify(stepFacts(error))}`
  for (const text of hidden) expect(everything.includes(text), `the error holds ${text}`).toBe(false)
}

export function eventsOf({ adapter }: TicketHelpdeskUnderTest, callbacks: SeenCallback[]): HelpdeskEvent[] {
  return callbacks.flatMap((callback) => adapter.callback!.parse({ headers: {}, query: {}, ...callback }))
}
