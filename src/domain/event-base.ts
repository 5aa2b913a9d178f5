/** What Meta sent, as data. Anything JSON can hold, with ids above 2^53 kept as strings. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue }

/** What every event has. */
export interface EventBase {
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

export interface Attachment {
  /** Meta's word: image, audio, video, file, sticker, reel, post, ig_post, share, story_mention, template, fallback … */
  type: string
  /** Meta's own link, which expires, or ours to a copy (docs/attachments.md); null when Meta sent none. */
  url: string | null
  title?: string
  stickerId?: string
  /** Of `reel` and `ig_reel`. */
  reelId?: string
  /** Of `post` and `ig_post`. */
  postId?: string
  location?: { lat: number; long: number }
  appointment?: Appointment
  /** Products of a catalogue that were shown or asked about. */
  products?: ShownProduct[]
  /** In echoes: which template was sent, such as `generic`. Its content is in the event's `raw`. */
  template?: string
}

export interface Appointment {
  bookingId: string | null
  /** requested, confirmed, declined or cancelled. */
  status: string | null
  /** ISO 8601. */
  startsAt: string | null
  endsAt: string | null
  /** As Meta names it, such as `Europe/Stockholm`. */
  timezone: string | null
}

export interface ShownProduct {
  id: string | null
  retailerId: string | null
  title: string | null
  subtitle: string | null
  imageUrl: string | null
}

/** How the person came to the conversation: an ad, an m.me link, a plugin, a product of the shop. */
export interface Referral {
  /** ADS, SHORTLINK … */
  source: string | null
  /** OPEN_THREAD, LEAD_COMPLETE … */
  type: string | null
  /** What the link or ad carried for us. */
  ref: string | null
  adId: string | null
  adTitle?: string
  /** The post that the ad is made of. */
  postId?: string
  photoUrl?: string
  videoUrl?: string
  productId?: string
  flowId?: string
  /** The page that the plugin stood on. */
  refererUri?: string
  /** The person wrote through the chat plugin without a Facebook account. */
  isGuest?: boolean
}

/** Whoever commented, posted, reviewed or reacted in public. Meta leaves both out where its permissions say so. */
export interface Author {
  id: string | null
  /** On Instagram the user name. */
  name: string | null
}

/** One line of a form or survey that a person filled in. */
export interface Answer {
  question: string
  answer: string
}
