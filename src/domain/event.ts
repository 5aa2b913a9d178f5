import type { EventBase } from './event-base.ts'
import type * as messaging from './messaging-events.ts'
import type * as page from './page-events.ts'

export type { Attachment, Author, JsonValue, Referral } from './event-base.ts'
export type { MessageEvent, PostbackEvent } from './messaging-events.ts'

/** Everything else, kept whole. `name` is Meta's key or field, such as `calls` or `feed`. */
export interface UnknownEvent extends EventBase {
  kind: 'unknown'
  name: string
}

export type DomainEvent =
  | messaging.MessageEvent
  | messaging.MessageEditEvent
  | messaging.MessageDeletedEvent
  | messaging.EchoEvent
  | messaging.PostbackEvent
  | messaging.ReactionEvent
  | messaging.ReadEvent
  | messaging.DeliveryEvent
  | messaging.ReferralEvent
  | messaging.OptinEvent
  | messaging.AccountLinkingEvent
  | messaging.PolicyEnforcementEvent
  | messaging.ThreadControlEvent
  | messaging.FeedbackEvent
  | messaging.OrderEvent
  | messaging.PaymentEvent
  | messaging.CustomerInformationEvent
  | messaging.LeadEvent
  | messaging.CouponEvent
  | messaging.GamePlayEvent
  | page.CommentEvent
  | page.PostEvent
  | page.FeedReactionEvent
  | page.ReviewEvent
  | page.MentionEvent
  | page.LabelEvent
  | page.PageIntegrityEvent
  | page.StoryInsightEvent
  | UnknownEvent

export type EventKind = DomainEvent['kind']

/** Every kind there is, in the order in which docs/events.md tells of them. */
export const eventKinds = [
  'message',
  'message_edit',
  'message_deleted',
  'echo',
  'postback',
  'reaction',
  'read',
  'delivery',
  'referral',
  'optin',
  'account_linking',
  'policy_enforcement',
  'thread_control',
  'feedback',
  'order',
  'payment',
  'customer_information',
  'lead',
  'coupon',
  'game_play',
  'comment',
  'post',
  'feed_reaction',
  'review',
  'mention',
  'label',
  'page_integrity',
  'story_insight',
  'unknown',
] as const satisfies readonly EventKind[]

/** What a helpdesk with tickets sees of an event. `status` and `nothing` open no ticket and add nothing to one. */
export const eventViews = ['customer message', 'agent message', 'note', 'status', 'nothing'] as const

export type EventView = (typeof eventViews)[number]

/** What a Page wants its helpdesk to see otherwise than docs/events.md says, by kind. */
export type ShownViews = { readonly [kind in EventKind]?: EventView | undefined }

/** Meta's copy of a message that we sent: it confirms one part of a reply and is never shown to the helpdesk. */
export interface OwnEcho {
  replyId: string
  /** Which of the reply's messages: 0 for the first. */
  part: number
  mid: string
  pageId: string
  conversationId: string
  /** When Meta sent it on, ms since the epoch. */
  timestamp: number
}
