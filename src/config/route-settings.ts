import { z } from 'zod'
import { eventKind } from '../helpdesk/show-settings.ts'
import { helpdeskName, pageId } from './page-settings.ts'

const when = z
  .strictObject({
    pages: z.array(pageId).min(1).optional().describe('Ids of Pages of this file.'),
    channels: z
      .array(z.enum(['messenger', 'instagram']))
      .min(1)
      .optional()
      .describe('Channels.'),
    kinds: z.array(eventKind).min(1).optional().describe('Kinds of events; see docs/events.md.'),
    words: z
      .array(z.string().trim().min(1).max(100))
      .min(1)
      .max(200)
      .optional()
      .describe('Words or phrases that the customer says, as in `pages[].comments.rules`. `*` is any words.'),
    languages: z
      .array(z.string().regex(/^[a-z]{2,3}(_[A-Z]{2})?$/, 'must look like de or de_AT'))
      .min(1)
      .optional()
      .describe("What Meta says the person's language is, else the Page's `locale`; `de` is also de_AT."),
    tags: z
      .array(z.string().trim().min(1).max(100))
      .min(1)
      .max(200)
      .optional()
      .describe("Labels that the conversation has in Meta's inbox, and groups that rules for comments gave."),
  })
  .describe('All that stands here must hold, and of each list one. Empty: every event.')

/** `routes[]` in the config. */
export const routeSettings = z.strictObject({
  when: when.prefault({}),
  to: z.array(helpdeskName).min(1).max(20).describe('Names of the helpdesks that get the event.'),
  also: z
    .boolean()
    .default(false)
    .describe('true: they get it beside those that are chosen without this route.'),
})
