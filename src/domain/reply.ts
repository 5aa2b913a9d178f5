/** What an agent or bot wants said. It waits in the conversation's outbound lane as JSON. */
export interface Reply {
  id: string
  conversationId: string
  text: string
  agent: { name: string } | null
  /** When it was accepted, ms since the epoch. */
  at: number
  /** Id of the API key that asked for it. */
  by: string
}

export type ReplyStatus = 'queued' | 'sending' | 'sent' | 'failed'

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

/** The fate of a reply, as `GET /v1/replies/{id}` tells it. */
export interface ReplyRecord {
  id: string
  conversationId: string
  status: ReplyStatus
  /** True when it was sent again after an unknown outcome, so that the person may have it twice. */
  possibleRepeat: boolean
  mid: string | null
  failure?: ReplyFailure
}

const replyIdPattern = /^rpl_[A-Za-z0-9_-]{22}$/

/** Our id travels in `message.metadata`; Meta's echo brings it back. */
export function isReplyId(text: unknown): text is string {
  return typeof text === 'string' && replyIdPattern.test(text)
}
