import type { Channel } from './conversation.ts'

/** A Facebook Page or Instagram account, as the config file describes it. */
export interface Page {
  id: string
  name: string
  channel: Channel
  accessToken: string
  /** Name of the helpdesk that this Page's events go to. */
  helpdesk: string
}
