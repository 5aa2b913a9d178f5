import { z } from 'zod'
import { showSettings } from '../helpdesk/show-settings.ts'
import { commentSettings, reviewSettings } from './comment-settings.ts'
import { profileSchema } from './profile-schema.ts'
import { ticketSettings } from './ticket-settings.ts'

/** Of a Page or Instagram account. */
export const pageId = z.union([
  z.string().regex(/^[^:\s]+$/, 'must not hold a colon or a blank'),
  z.number().int().nonnegative().transform(String),
])

export const helpdeskName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'must be lower-case letters, digits and dashes')

/** One Page or Instagram account. */
export const pageSettings = z.strictObject({
  id: pageId.describe('Id of the Page or Instagram account, as Meta writes it in entry.id.'),
  name: z.string().min(1).describe('What people call it.'),
  channel: z.enum(['messenger', 'instagram']).default('messenger').describe('Which of the two it is.'),
  accessToken: z.string().min(1).describe('Page access token.'),
  moreFields: z
    .array(z.string().regex(/^[a-z_]+$/, 'must be the name of a webhook field'))
    .default([])
    .describe('Webhook fields to subscribe to beside the usual ones, such as leadgen.'),
  profile: profileSchema
    .optional()
    .describe('How the Page presents itself in Messenger; `node src/main.ts profile` writes it.'),
  helpdesk: helpdeskName.describe('Name of the helpdesk below that gets its events.'),
  window: z
    .enum(['refuse', 'try'])
    .default('refuse')
    .describe(
      "When, as far as we know, Meta's window is closed: refuse tells the agent at once, try lets Meta decide.",
    ),
  humanAgent: z
    .boolean()
    .default(true)
    .describe('Whether Meta gave your app the Human Agent feature: agents may then answer for seven days.'),
  threadControl: z
    .enum(['wait', 'take'])
    .default('wait')
    .describe('When another app holds the conversation: wait until it is ours, or take it.'),
  elsewhere: z
    .enum(['note', 'hold'])
    .default('note')
    .describe(
      "When a human answers in Meta's inbox or another app gets the conversation: note only shows it, hold also refuses what bots say there for a while.",
    ),
  elsewhereHours: z
    .number()
    .positive()
    .max(168)
    .default(1)
    .describe('How long hold lasts after the last sign of a human elsewhere, hours.'),
  locale: z
    .string()
    .regex(/^[a-z]{2}(_[A-Z]{2})?$/, 'must look like en or en_US')
    .default('en')
    .describe('Language of what the Page says by itself.'),
  show: showSettings.optional(),
  tickets: ticketSettings.optional(),
  comments: commentSettings.optional(),
  reviews: reviewSettings.optional(),
  attachments: z
    .enum(['link', 'copy'])
    .optional()
    .describe(
      "What agents get of files that customers send: Meta's link, which expires, or a copy of ours. Without it copy in Messenger, where there is a store for it, and link on Instagram.",
    ),
  profileFields: z
    .array(z.enum(['locale', 'timezone', 'gender']))
    .default([])
    .describe(
      'What Messenger is asked of people beyond name and picture; each takes a permission of its own, without which Meta may tell nothing.',
    ),
  stopWords: z
    .array(z.string().trim().min(1).max(60))
    .max(50)
    .default([])
    .describe('Words that mean STOP at this Page, beside those of docs/consent.md.'),
  stopConfirmation: z
    .string()
    .max(900)
    .optional()
    .describe('Said after a STOP, instead of our own words. Empty: nothing is said.'),
  startConfirmation: z
    .string()
    .max(900)
    .optional()
    .describe('Said after a START that gave something back. Empty: nothing is said.'),
})
