import type { Conversation } from '../domain/conversation.ts'
import type { Customer } from '../domain/customer.ts'
import type { DomainEvent, Attachment } from '../domain/event.ts'
import type { Reply, ReplyFailure, ReplyStatus } from '../domain/reply.ts'

/** What every call of an adapter gets. */
export interface Step {
  /** The same on every try of the same step. Vendors that take one get it, others are asked before a second try. */
  idempotencyKey: string
  attempt: number
  /** Aborts when the lane's lease is nearly half over; the call must end promptly then. */
  signal: AbortSignal
}

/** The vendor's name for its case. We keep it per conversation and give it back on every later step. */
export type TicketRef = string

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
  /** Another app has the conversation at Meta, and answers: this is only shown. */
  standby?: true
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

/** A helpdesk that has tickets: routing turns an event into these steps, and keeps which of them are done. */
export interface TicketHelpdesk {
  style: 'tickets'
  openTicket(conversation: Conversation, step: Step): Promise<TicketRef>
  appendMessage(ticket: TicketRef, message: TicketMessage, step: Step): Promise<void>
  addNote(ticket: TicketRef, note: { at: number; text: string }, step: Step): Promise<void>
  /** Adds tags, such as the group that should see to it; those that are there stay. Without it a note says so. */
  setTags?(ticket: TicketRef, tags: string[], step: Step): Promise<void>
  /**
   * Who the person is, as soon as Meta has told: with a new ticket, later in one that is there, and again when it was
   * looked up anew. Never before the ticket.
   */
  setCustomer?(ticket: TicketRef, customer: KnownCustomer, step: Step): Promise<void>
  /** What became of a reply, so that the agent sees it where they wrote it. */
  reportSent?(conversation: Conversation, reply: Reply, outcome: ReplyOutcome, step: Step): Promise<void>
  /** The person's device has it, or they have read it. */
  reportReceipt?(conversation: Conversation, receipt: ReplyReceipt, step: Step): Promise<void>
  close(): Promise<void>
}

export type HelpdeskAdapter = EventHelpdesk | TicketHelpdesk
