import type { Answer, Attachment, EventBase, JsonValue, Referral } from './event-base.ts'

/** Events of the conversation with one person. */

export interface MessageEvent extends EventBase {
  kind: 'message'
  mid: string
  text: string | null
  attachments: Attachment[]
  quickReply?: { payload: string }
  /** The message or, on Instagram, the story that this answers. */
  replyTo?: { mid: string; isSelfReply?: boolean } | { story: { id: string | null; url: string | null } }
  referral?: Referral
  /** Names of the commands that the person chose. */
  commands?: string[]
  /** Meta says that there is a message and that the API cannot show it. */
  isUnsupported?: true
  /** An Instagram account wrote to itself, to test. */
  isSelf?: true
  /** What tied this person to a checkbox plugin before: `identifier` is its user_ref. */
  priorMessage?: { source: string | null; identifier: string }
}

export interface MessageEditEvent extends EventBase {
  kind: 'message_edit'
  mid: string
  /** The text as it is now. */
  text: string | null
  /** 1 for the first edit. */
  numEdit: number | null
  /** The Page did it, not the person. */
  byPage: boolean
}

export interface MessageDeletedEvent extends EventBase {
  kind: 'message_deleted'
  mid: string
  /** The Page did it, not the person. */
  byPage: boolean
}

/** Meta's copy of what the Page sent without us: staff in Meta's inbox, another app, an automatic answer of Meta's. */
export interface EchoEvent extends EventBase {
  kind: 'echo'
  mid: string
  text: string | null
  attachments: Attachment[]
  appId: string | null
  /** A person wrote it in Meta's own inbox, for Pages or for Instagram. */
  fromInbox: boolean
  /** What the app that sent it wrote there; never ours. */
  metadata: string | null
}

export interface PostbackEvent extends EventBase {
  kind: 'postback'
  mid: string | null
  title: string | null
  payload: string | null
  referral?: Referral
}

export interface ReactionEvent extends EventBase {
  kind: 'reaction'
  /** The message that is reacted to. */
  mid: string
  action: 'react' | 'unreact'
  /** Meta's word for it, such as `love`; `other` for most emoji. */
  reaction: string | null
  emoji: string | null
  /** The Page did it, not the person. */
  byPage: boolean
}

/** Messenger tells a watermark, Instagram the newest message that was seen. */
export interface ReadEvent extends EventBase {
  kind: 'read'
  /** Everything sent until then was read, ms since the epoch. */
  watermark: number | null
  mid: string | null
}

export interface DeliveryEvent extends EventBase {
  kind: 'delivery'
  mids: string[]
  /** Everything sent until then has arrived, ms since the epoch. */
  watermark: number | null
}

/** A person came back to a conversation by a link, an ad or a plugin. A new conversation tells it in its first message. */
export interface ReferralEvent extends EventBase {
  kind: 'referral'
  referral: Referral
}

export interface OptinEvent extends EventBase {
  kind: 'optin'
  /** one_time_notif_req, notification_messages; null for the checkbox and Send-to-Messenger plugins. */
  type: string | null
  ref: string | null
  userRef: string | null
  payload: string | null
  title: string | null
  /** What allows the notification to be sent. Whoever has it and the Page token may use it. */
  token: string | null
  /** ISO 8601. */
  tokenExpiresAt: string | null
  /** REFRESHED or NOT_REFRESHED. */
  tokenStatus: string | null
  /** `STOP NOTIFICATIONS` or `RESUME NOTIFICATIONS` when the person changed their mind. */
  status: string | null
  frequency: string | null
  topic: string | null
  timezone: string | null
  source: string | null
}

export interface AccountLinkingEvent extends EventBase {
  kind: 'account_linking'
  /** linked or unlinked. */
  status: string
  authorizationCode: string | null
}

export interface PolicyEnforcementEvent extends EventBase {
  kind: 'policy_enforcement'
  /** warning, block or unblock. */
  action: string
  reason: string | null
}

export interface ThreadControlEvent extends EventBase {
  kind: 'thread_control'
  action: 'pass' | 'take' | 'request' | 'app_roles'
  /** App ids. */
  previousOwner: string | null
  newOwner: string | null
  requestedOwner: string | null
  metadata: string | null
  /** Of `app_roles`: app id → its roles. */
  roles?: Record<string, string[]>
}

/** A survey that was filled in, or a thumb under one of our messages. */
export interface FeedbackEvent extends EventBase {
  kind: 'feedback'
  answers: {
    screenId: string | null
    questionId: string
    type: string | null
    payload: string | null
    followUp: string | null
  }[]
  /** `Good response` or `Bad response` to the message `mid`; null for a survey. */
  response: string | null
  mid: string | null
}

export interface OrderEvent extends EventBase {
  kind: 'order'
  products: OrderedProduct[]
  note: string | null
}

export interface OrderedProduct {
  id: string | null
  retailerId: string | null
  name: string | null
  unitPrice: number | null
  currency: string | null
  quantity: number | null
}

/** Meta's old payments. No current document names them. */
export interface PaymentEvent extends EventBase {
  kind: 'payment'
  step: 'payment' | 'checkout_update' | 'pre_checkout'
  payload: string | null
  amount: { amount: string | null; currency: string | null } | null
  requestedUserInfo: JsonValue
  shippingAddress: JsonValue
  credential: { providerType: string | null; chargeId: string | null } | null
}

export interface CustomerInformationEvent extends EventBase {
  kind: 'customer_information'
  answers: { screenId: string | null; key: string; value: string | null }[]
}

/** A lead form was filled in: on an ad (`leadgenId`) or in the conversation (`formId`, `answers`). */
export interface LeadEvent extends EventBase {
  kind: 'lead'
  leadgenId: string | null
  formId: string | null
  adId: string | null
  adgroupId: string | null
  answers: Answer[]
  /** False when Meta says that the person stopped half-way. */
  isComplete: boolean
  referral?: Referral
}

export interface CouponEvent extends EventBase {
  kind: 'coupon'
  couponCode: string
  payload: string | null
}

export interface GamePlayEvent extends EventBase {
  kind: 'game_play'
  gameId: string | null
  playerId: string | null
  contextType: string | null
  contextId: string | null
  score: number | null
  payload: string | null
}
