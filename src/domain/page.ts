import type { Channel } from './conversation.ts'
import type { MoreProfileField } from './customer.ts'
import type { ShownViews } from './event.ts'

/** A Facebook Page or Instagram account, as the config file describes it. */
export interface Page {
  id: string
  name: string
  channel: Channel
  accessToken: string
  /** Name of the helpdesk that this Page's events go to. */
  helpdesk: string
  /** What becomes of a reply when, as far as we know, Meta's window is closed. */
  window: 'refuse' | 'try'
  /** Whether Meta gave the app the Human Agent feature, which lets agents answer for seven days. */
  humanAgent: boolean
  /** What becomes of a reply while another app holds the thread. */
  threadControl: 'wait' | 'take'
  /** What it means for bots that a human answered elsewhere. Without it: note. */
  elsewhere?: 'note' | 'hold'
  /** How long `hold` lasts, hours. */
  elsewhereHours?: number
  /** Language of what the Page says by itself, such as `en`. */
  locale: string
  /** What the helpdesk sees otherwise than docs/events.md says. */
  show?: ShownViews | undefined
  /** What agents get of files that customers send. Without it: copies in Messenger, links on Instagram. */
  attachments?: 'link' | 'copy' | undefined
  /** What Messenger is asked of people beyond name and picture. */
  profileFields?: readonly MoreProfileField[]
  /** Words that mean STOP here, beside those that do everywhere. */
  stopWords?: readonly string[]
  /** Said after a STOP or START, instead of our own words; empty for nothing. */
  stopConfirmation?: string | undefined
  startConfirmation?: string | undefined
  /** What is done about comments by itself; the first rule that fits decides. */
  comments?: { rules: readonly CommentRule[] } | undefined
  /** What becomes of a solved ticket whose customer writes again. Without it: 72 hours, then a new one. */
  tickets?: TicketSettings | undefined
  /** Which reviews open a ticket. */
  reviews?: { ticketFor: 'all' | 'negative' | 'none' } | undefined
}

export interface TicketSettings {
  /** How long after it was solved a ticket is reopened; 0 for never. */
  reopenHours: number
  /** What is done after that time. */
  afterwards: 'followUp' | 'reopen'
}

export interface CommentRule {
  /** Words and phrases, one of which the comment holds; `*` is in every comment. */
  words: readonly string[]
  do: 'public' | 'private' | 'hide' | 'tag'
  /** Who should see to it: a tag of the ticket. Of `tag` always. */
  group?: string | undefined
  /** What is said, of `public` and `private`. */
  text?: string | undefined
  /** Of `private`: said in public once the private reply was sent. */
  publicText?: string | undefined
}
