import type { Agent, Outgoing } from './outgoing.ts'

/** What an agent or bot wants said. It waits in the conversation's outbound lane as JSON. */
export interface Reply {
  id: string
  conversationId: string
  message: Outgoing
  /** Who says it; null when a bot does. */
  agent: Agent | null
  /** What a notification is about, which the person must have agreed to; null for a plain reply. */
  topic: string | null
  /** Set when the conversation is a thread of comments: what is to be done there, in place of a message to a person. */
  comment?: CommentAnswer
  /** When it was accepted, ms since the epoch. */
  at: number
  /** Id of the API key that asked for it, or `helpdesk:<name>`. */
  by: string
  /** Where an agent wrote it; undefined for REST. */
  source?: ReplySource
  /** Why it can never be sent, as a sentence for its agent, who is told so in its turn. */
  refusal?: string
}

/** A message that an agent wrote in a helpdesk. */
export interface ReplySource {
  /** Its name in the config. */
  helpdesk: string
  /** As the vendor's callbacks name the ticket. */
  ticket: string
  /** The vendor's id of the message. */
  message: string
}

export interface CommentAnswer {
  do: 'public' | 'private' | 'hide' | 'unhide'
  commentId: string
  /** Of a private reply: said in public once it was sent. */
  publicText?: string
}

/** In the order in which a reply goes through them; `failed` ends it before `delivered`. */
export type ReplyStatus = 'queued' | 'sending' | 'sent' | 'delivered' | 'read' | 'failed'

/** Stable codes that say why a reply did not reach the person. */
export type FailureCode =
  | 'WINDOW_CLOSED'
  | 'CONSENT_MISSING'
  | 'PERSON_UNAVAILABLE'
  | 'MESSAGE_REFUSED'
  | 'PAGE_STOPPED'
  | 'THREAD_NOT_OURS'
  | 'GAVE_UP'

export interface ReplyFailure {
  code: FailureCode
  /** A sentence that an agent can act on. */
  message: string
  graph?: { code: number; subcode: number | null }
}

/** One call of the Send API; a long text takes several. */
export interface ReplyPart {
  /** Null until Meta gave one, and for what has none, such as typing. */
  mid: string | null
  status: ReplyStatus
}

/** The fate of a reply, as `GET /v1/replies/{id}` tells it. */
export interface ReplyRecord {
  id: string
  conversationId: string
  status: ReplyStatus
  /** True when it was sent again after an unknown outcome, so that the person may have it twice. */
  possibleRepeat: boolean
  parts: ReplyPart[]
  failure?: ReplyFailure
}

const replyIdPattern = /^rpl_[A-Za-z0-9_-]{22}$/

export function isReplyId(text: unknown): text is string {
  return typeof text === 'string' && replyIdPattern.test(text)
}

/** What an earlier version left in the lanes had only a text. */
export function readReply(payload: unknown): Reply {
  const { text, ...reply } = payload as Reply & { text?: string }
  return { ...reply, message: reply.message ?? { text }, topic: reply.topic ?? null }
}
