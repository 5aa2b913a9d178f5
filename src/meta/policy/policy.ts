import type { Channel } from '../../domain/conversation.ts'

/** What is known of a conversation when something is about to be sent into it. Times are ms since the epoch. */
export interface PolicyState {
  channel: Channel
  /**
   * The last act of the person that opens the standard window (`windowOpening` says which do). Null when nobody knows: a
   * fresh install, a record that expired.
   */
  lastCustomerAt: number | null
  /**
   * The person's first message after a click-to-message ad; null when there was none. To be forgotten when Meta refuses
   * a RESPONSE for a closed window: then this ad opened no longer one, and the rules may be asked again.
   */
  adMessageAt: number | null
  /** The person's consent to the topic of the message. */
  consent: 'given' | 'withdrawn' | 'unknown'
}

export interface PolicyMessage {
  speaker: 'agent' | 'bot'
  /** `action`: typing, seen and reactions. `raw`: a Send API body that is none of the others. */
  kind: 'text' | 'attachment' | 'template' | 'utility' | 'customer_feedback' | 'action' | 'raw'
  /** What a notification is about; null for a plain reply. */
  topic: string | null
  /** Set when it answers a comment or a visitor's post in private. `createdAt` is that comment's time, ms. */
  privateReply: { createdAt: number; alreadySent: boolean } | null
  /** The tag that a raw body names. It is looked at only to refuse what Meta retired; what is sent is the decision's. */
  tag?: string | null
}

export interface PolicySettings {
  /** What to do with a message when the window is known to be closed. */
  window: 'refuse' | 'try'
  /** The app has Meta's feature Human Agent. */
  humanAgent: boolean
}

/** Goes into the body of the send as it is, in place of whatever `messaging_type` and `tag` a raw body has. */
export type SendAs =
  | { messaging_type: 'RESPONSE' }
  | { messaging_type: 'MESSAGE_TAG'; tag: 'HUMAN_AGENT' | 'CUSTOMER_FEEDBACK' }
  | { messaging_type: 'UTILITY' }

export type RefusalCode = 'WINDOW_CLOSED' | 'CONSENT_MISSING' | 'MESSAGE_REFUSED'

/** `rule` is the name of the row of docs/policy.md that decided. `as` is null for sender actions, which have no type. */
export type Decision =
  { allowed: true; as: SendAs | null; rule: string } | { allowed: false; code: RefusalCode; rule: string }
