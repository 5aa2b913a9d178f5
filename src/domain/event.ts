/** What Meta sent, as data. Anything JSON can hold, with ids above 2^53 kept as strings. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue }

export interface Attachment {
  /** Meta's word: image, audio, video, file, sticker, reel, fallback, location … */
  type: string
  /** Meta's own link, which expires; null when Meta sent none. */
  url: string | null
  title?: string
}

interface EventBase {
  /** Stable: the same event delivered twice has the same id. It is the helpdesk's idempotency key. */
  id: string
  pageId: string
  conversationId: string
  psid: string | null
  /** Milliseconds since the epoch, by Meta's clock. */
  timestamp: number
  /** True when another app owns the thread and Meta only lets us listen. */
  standby: boolean
  /** Exactly what Meta sent for this one event. */
  raw: JsonValue
}

export interface MessageEvent extends EventBase {
  kind: 'message'
  mid: string
  text: string | null
  attachments: Attachment[]
  quickReply?: { payload: string }
}

export interface PostbackEvent extends EventBase {
  kind: 'postback'
  mid: string | null
  title: string | null
  payload: string | null
}

/** Everything else, kept whole. `name` is Meta's key or field, such as `read`, `echo` or `feed`. */
export interface UnknownEvent extends EventBase {
  kind: 'unknown'
  name: string
}

export type DomainEvent = MessageEvent | PostbackEvent | UnknownEvent

/** Meta's copy of a message that we sent: it confirms a reply and is never shown to the helpdesk. */
export interface OwnEcho {
  replyId: string
  mid: string
  pageId: string
}
