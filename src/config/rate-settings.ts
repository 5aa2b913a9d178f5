import { z } from 'zod'
import { whole } from './whole.ts'

function rate(limit: number, windowMs: number, what: string) {
  return z
    .strictObject({
      limit: whole(1, 1_000_000).default(limit).describe('Calls in any window.'),
      windowMs: whole(100, 86_400_000).default(windowMs).describe('How long a window is, ms.'),
    })
    .prefault({})
    .describe(what)
}

/** How often Graph may be called, for each Page: Meta's own limits, unless somebody wants to stay below them. */
export const rateSettings = z.strictObject({
  limits: z
    .strictObject({
      text: rate(300, 1000, 'Messages of a Page, but for audio and video.'),
      media: rate(10, 1000, 'Audio and video of a Page.'),
      privateReply: rate(750, 3_600_000, 'Private replies of a Page to comments.'),
      profile: rate(10, 600_000, "Changes of a Page's Messenger profile."),
      conversations: rate(2, 1000, 'Reads of past conversations.'),
      lookups: rate(100, 1000, 'Questions for the profiles of people; our own limit, Meta names none.'),
    })
    .prefault({}),
  marginPercent: whole(0, 50).default(1).describe("How much longer our windows are than Meta's, %."),
  slowFromPercent: whole(1, 99)
    .default(80)
    .describe("From this share of Meta's allowance on, by its usage headers, a Page sends less and less, %."),
})
