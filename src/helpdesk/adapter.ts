import type { Conversation } from '../domain/conversation.ts'
import type { Customer } from '../domain/customer.ts'
import type { DomainEvent, Attachment } from '../domain/event.ts'
import type { Reply, ReplyFailure, ReplySource, ReplyStatus } from '../domain/reply.ts'
import type { HelpdeskCallback, HelpdeskFile, HelpdeskPoll } from './callback.ts'
import type { HelpdeskSetup } from './setup.ts'

/** What every call of an adapter gets. */
export interface Step {
  /** The same on every try of the same step. Vendors that take one get it, others are asked before a second try. */
  idempotencyKey: string
  attempt: number
  /** An earlier try may have taken effect without our hearing of it: a vendor without keys is asked before it is told again. */
  repeat?: true
  /** Aborts when the lane's lease is nearly half over; the call must end promptly then. */
  signal: AbortSignal
}

/**
 * The vendor's name for its case: an id without blanks, which its callbacks name, and whatever else the adapter needs
 * behind a blank. We keep it per conversation and give it back on every later step.
 */
export type TicketRef = string

/** The vendor's name for one message in a ticket. */
export type MessageRef = string

/** What we wrote into a ticket to tell of one event. */
export interface WrittenMessage {
  eventId: string
  message: MessageRef
  /** The idempotency key under which it was written. */
  key: string
}

/** A case that is to be opened. */
export interface NewTicket {
  conversation: Conversation
  page: { name: string }
  /** One line, such as "Anna Schmidt at Acme Shoes". */
  subject: string
  /** Who the person is, as far as Meta has told by now. */
  customer: KnownCustomer | null
  /** What the agent needs, and what the customer should not be asked again. */
  context: TicketContext
  /** The ticket that this one goes on from; that one is over for good. */
  followUpOf: TicketRef | null
}

/** In the order in which a note tells them. */
export const contextFacts = [
  'name',
  'locale',
  'timezone',
  'page',
  'channel',
  'origin',
  'earlierTickets',
  'orders',
  'tags',
] as const

export type ContextFact = (typeof contextFacts)[number]

/** Each as words that an agent can read. What is not known is left out. */
export type TicketContext = Partial<Record<ContextFact, string>>

/** What was said: by the customer, or by somebody who answered them without us. */
export interface TicketMessage {
  eventId: string
  from: 'customer' | 'agent'
  /** ms since the epoch, by Meta's clock. */
  at: number
  text: string | null
  attachments: Attachment[]
  /** The title of the button or quick reply that was tapped stands in `text`, its payload here. */
  payload: string | null
  /** Who answered, as far as Meta tells; of agents only. */
  agentName?: string
  /** Who said it, where several people may: under a post or a review. Of customers only. */
  customerName?: string
  /** Where it was said: what we remember of it is erased with that. */
  conversationId?: string
  /** Another app has the conversation at Meta, and answers: this is only shown. */
  standby?: true
}

/** Something for agents alone. */
export interface TicketNote {
  at: number
  text: string
  /** Of a note that quotes what somebody said, so that it can be taken out: the event, and where it was said. */
  quotes?: { eventId: string; conversationId: string }
}

/** What Meta told of a person; ms since the epoch until which it may be kept, and its picture can be seen. */
export interface KnownCustomer extends Customer {
  expiresAt: number
}

export interface ReplyOutcome {
  status: ReplyStatus
  failure?: ReplyFailure
}

export interface ReplyReceipt {
  replyId: string
  /** Where the agent wrote it, when that was in this helpdesk. */
  source?: ReplySource
  status: 'delivered' | 'read'
  /** ms since the epoch, by Meta's clock. */
  at: number
}

/**
 * A helpdesk that is told events as they are. All methods throw StepError and are called again with the same
 * idempotency key until they return.
 */
export interface EventHelpdesk {
  style: 'events'
  forwardEvent(event: DomainEvent, conversation: Conversation, step: Step): Promise<void>
  /** What became of a reply. */
  reportSent?(conversation: Conversation, reply: Reply, outcome: ReplyOutcome, step: Step): Promise<void>
  /** The person's device has it, or they have read it. */
  reportReceipt?(conversation: Conversation, receipt: ReplyReceipt, step: Step): Promise<void>
  close(): Promise<void>
}

/**
 * A helpdesk that has tickets: routing turns an event into these steps, and keeps which of them are done. A ticket that
 * takes nothing any more makes a step fail with TICKET_CLOSED, one that is gone with TICKET_GONE (both permanent): then a
 * new one is opened.
 */
export interface TicketHelpdesk {
  style: 'tickets'
  openTicket(ticket: NewTicket, step: Step): Promise<TicketRef>
  /** Answers what the vendor calls it, so that its own callback about it is told from an agent's words. */
  appendMessage(ticket: TicketRef, message: TicketMessage, step: Step): Promise<MessageRef | undefined>
  /** Several that wait, as one update; where the vendor counts updates. In order, under the key of the first. */
  appendMessages?(ticket: TicketRef, messages: TicketMessage[], step: Step): Promise<MessageRef | undefined>
  addNote(ticket: TicketRef, note: TicketNote, step: Step): Promise<MessageRef | undefined>
  /**
   * Takes out what was said, all of it: text and files, since the customer took it back. Touches nothing that others
   * wrote. What is gone already is fine. A refusal is permanent: then a note says that it is still there.
   */
  removeMessage?(ticket: TicketRef, written: WrittenMessage, step: Step): Promise<void>
  /** `removeMessage` finds it by its event and the conversation's ticket: nobody needs to remember where it was written. */
  findsByEvent?: true
  /** `open` brings a solved one back. Without it a vendor does so by itself when a message comes. */
  setStatus?(ticket: TicketRef, status: 'open' | 'solved', step: Step): Promise<void>
  /** Adds tags, such as the group that should see to it; those that are there stay. Without it a note says so. */
  setTags?(ticket: TicketRef, tags: string[], step: Step): Promise<void>
  /**
   * Who the person is, as soon as Meta has told: with a new ticket, later in one that is there, and again when it was
   * looked up anew. Never before the ticket.
   */
  setCustomer?(ticket: TicketRef, customer: KnownCustomer, step: Step): Promise<void>
  /** What became of a reply, so that the agent sees it where they wrote it (`reply.source`). Without it a note tells failures. */
  reportSent?(conversation: Conversation, reply: Reply, outcome: ReplyOutcome, step: Step): Promise<void>
  /** The person's device has it, or they have read it. */
  reportReceipt?(conversation: Conversation, receipt: ReplyReceipt, step: Step): Promise<void>
  /** `reportSent` shows replies that were written elsewhere, too. Without it they are appended as an agent's messages. */
  showsReplies?: true
  /** What of a new ticket's context stands in fields of its own. The others are told in one private note. */
  fields?: ReadonlySet<ContextFact>
  callback?: HelpdeskCallback
  /** For what the vendor does not call us about. */
  poll?: HelpdeskPoll
  /** A file of an agent's that only we may read, by the `ref` that a callback gave it. Streams; fails with StepError. */
  file?(ref: string, signal: AbortSignal): Promise<HelpdeskFile>
  setup?: HelpdeskSetup
  close(): Promise<void>
}

export type HelpdeskAdapter = EventHelpdesk | TicketHelpdesk
