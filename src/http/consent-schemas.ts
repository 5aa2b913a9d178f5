import { z } from 'zod'
import { topicPattern } from '../domain/topic.ts'
import { choice, list, object, rule, text } from '../meta/outgoing/fields.ts'
import { template } from '../meta/outgoing/templates.ts'

/** A caller's clock may be ahead of ours by so much, ms. */
const skewMs = 60_000

export const customerParams = z.object({
  customerId: z
    .string()
    .min(3)
    .max(400)
    .describe('The id of their conversation, `<pageId>:<psid>`, as it is or percent-encoded.')
    .meta({ example: '1234567890:8765432109876543' }),
})

const topic = text(64, { whose: 'deskbridge' })
  .regex(topicPattern, {
    error: 'must be lower-case letters and digits, with dots, dashes and underscores after the first',
  })
  .describe('What the person agrees to get messages about.')
  .meta({ example: 'order-updates' })

const at = z.iso
  .datetime({ offset: true, error: 'must be a time such as 2026-01-15T09:30:00Z' })
  .refine((value) => !(Date.parse(value) > Date.now() + skewMs), { error: 'must not be in the future' })

const change = object({
  topic,
  status: choice('given', 'withdrawn'),
  source: text(200, { whose: 'deskbridge' })
    .optional()
    .describe('How the person said so, in your words: it is what you can show later.'),
  at: at
    .optional()
    .describe('When they said so; now if left out. A later decision is not undone by an earlier one.'),
})

export const consentBody = object({
  consents: list(change, 1, 100, 'deskbridge').describe('What changed; other topics stay as they are.'),
})
  .check(rule(repeatedTopics))
  .meta({
    example: {
      consents: [
        { topic: 'order-updates', status: 'given', source: 'checkout box', at: '2026-01-15T09:30:00Z' },
        { topic: 'offers', status: 'withdrawn', source: 'account settings' },
      ],
    },
  })

function repeatedTopics({ consents }: Record<string, unknown>) {
  const topics = Array.isArray(consents)
    ? consents.map((one) => (one as { topic?: unknown } | null)?.topic)
    : []
  return topics.map(
    (topic, place) =>
      typeof topic === 'string' &&
      topics.indexOf(topic) < place && {
        path: ['consents', place, 'topic'],
        message: 'stands there twice; give the last decision only',
      },
  )
}

const decision = {
  status: z.enum(['given', 'withdrawn']),
  source: z.string().describe('How the person said so.'),
  by: z.string().describe('Who told us: `rest:` and the id of an API key, or the id of an event.'),
  at: z.iso.datetime(),
}

export const consentView = z
  .object({
    consents: z.array(
      z.object({
        topic: z.string(),
        ...decision,
        history: z
          .array(z.object(decision))
          .describe('What was said of the topic, oldest first; the last one holds.'),
      }),
    ),
    stoppedAt: z.iso
      .datetime()
      .nullable()
      .describe(
        'When the person last wrote STOP, unless they took it back. Topics given after it count nevertheless.',
      ),
  })
  .describe('What the customer agreed to and took back, by topic.')

const shortId = (most: number) =>
  text(most, { whose: 'deskbridge' }).regex(/^[^\s:]+$/, { error: 'must not hold a colon or a blank' })

const to = z
  .union(
    [
      object({
        conversationId: text(400, { least: 3, whose: 'deskbridge' })
          .describe('`<pageId>:<psid>`')
          .meta({ example: '1234567890:8765432109876543' }),
      }),
      object({ pageId: shortId(100), psid: shortId(200) }),
      object({
        pageId: shortId(100),
        userRef: shortId(200).describe("Of Meta's checkbox plugin, for a person who has not written yet."),
      }),
    ],
    { error: 'must be { conversationId }, { pageId, psid } or { pageId, userRef }' },
  )
  .describe('Who gets it.')

export const notificationBody = object({ to, topic, template }).meta({
  example: {
    to: { conversationId: '1234567890:8765432109876543' },
    topic: 'order-updates',
    template: {
      type: 'utility',
      name: 'order_shipped',
      language: 'en_US',
      components: [{ type: 'body', parameters: [{ type: 'text', text: 'A-1042' }] }],
    },
  },
})

/** The conversation of whoever is meant. */
export function addressee(to: z.output<typeof notificationBody>['to']): string {
  if ('conversationId' in to) return to.conversationId
  return 'psid' in to ? `${to.pageId}:${to.psid}` : `${to.pageId}:user_ref:${to.userRef}`
}
