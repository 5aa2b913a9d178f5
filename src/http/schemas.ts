import { z } from 'zod'
import { problems } from './problems.ts'

const isoTime = z.iso.datetime()

export const conversationParams = z.object({
  conversationId: z
    .string()
    .min(3)
    .max(400)
    .describe('`<pageId>:<psid>` or `<pageId>:comment:<id>`, as it is or percent-encoded.')
    .meta({ example: '1234567890:8765432109876543' }),
})
export const replyParams = z.object({ id: z.string().meta({ example: 'rpl_Q2hhbmdlLW1lLW9yLW5vdA' }) })
export const deadLetterParams = z.object({ id: z.string().max(60).meta({ example: '0-42' }) })
export const listQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50).describe('How many, newest first.'),
})

export const acceptedReply = z
  .object({
    id: z.string(),
    status: z.literal('queued'),
    publicReplyId: z
      .string()
      .optional()
      .describe(
        'Of a private reply with `publicText`: the reply that says it, once the private one was sent.',
      ),
  })
  .describe('Stored; it leaves in the order of its conversation.')

const status = z.enum(['queued', 'sending', 'sent', 'delivered', 'read', 'failed'])

export const replyFate = z.object({
  id: z.string(),
  conversationId: z.string(),
  status,
  possibleRepeat: z.boolean().describe('True when it was sent again after an unknown outcome.'),
  parts: z
    .array(z.object({ mid: z.string().nullable(), status }))
    .describe(
      'Its messages at Meta: a long text takes several. What has no mid, such as typing, keeps null.',
    ),
  failure: z
    .object({
      code: z.string(),
      message: z.string().describe('What happened and what to do, for the agent.'),
      graph: z.object({ code: z.number(), subcode: z.number().nullable() }).optional(),
    })
    .optional(),
})

const lane = z.object({
  waiting: z.number().int().describe('How much is still to be done.'),
  oldestSince: isoTime.nullable(),
  attempts: z.number().int().describe('How often its head was tried and put off.'),
  lastCode: z.string().nullable().describe('Why its head was put off the last time.'),
  notBefore: isoTime.nullable().describe('When it is tried next.'),
})

const text = z.string().nullable()
const customer = z.object({
  name: text,
  firstName: text,
  lastName: text,
  username: text.describe('On Instagram.'),
  pictureUrl: text.describe("Meta's own link, which expires."),
  locale: text,
  timezone: z.number().nullable().describe('Hours from UTC.'),
  gender: text,
})

export const conversationView = z.object({
  id: z.string(),
  pageId: z.string(),
  pageName: z.string(),
  psid: z.string().nullable(),
  customer: customer.nullable().describe('What Meta told of the person; null while nobody knows.'),
  channel: z.enum(['messenger', 'instagram']),
  helpdesk: z.string().describe("The Page's."),
  lastEventAt: isoTime.nullable(),
  lastCustomerAt: isoTime.nullable(),
  linkedConversationId: z
    .string()
    .nullable()
    .describe(
      'Of a thread of comments, where it goes on in private; of a person, the thread that it began in.',
    ),
  lanes: z.object({
    in: lane.describe("On the way to the Page's helpdesk."),
    out: lane.describe('On the way to Meta.'),
    routed: z
      .array(lane.extend({ helpdesk: z.string() }))
      .describe('On the way to the helpdesks that routes chose.'),
  }),
})

export const deadLetterView = z.object({
  id: z.string(),
  kind: z.enum(['event', 'reply', 'delivery']),
  conversationId: z.string().nullable(),
  helpdesk: z
    .string()
    .nullable()
    .describe(
      "Of an event, the helpdesk that a route chose for it, and to which it goes again; null for the Page's own.",
    ),
  code: z.string(),
  message: z.string(),
  at: isoTime,
  attempts: z.number().int(),
})
export const deadLetterList = z.object({ deadLetters: z.array(deadLetterView), total: z.number().int() })
export const deadLetterWhole = deadLetterView.extend({
  payload: z.string().describe('What was to be done, as it stood in the lane.'),
  encoding: z.enum(['utf8', 'base64']).describe('base64 only for a delivery that is no UTF-8.'),
})
export const replayed = z.object({ id: z.string(), status: z.literal('queued') })

export const erased = z.null().describe('Erased.')

const inboxConversationFields = {
  id: z.string(),
  pageId: z.string(),
  psid: z.string().nullable(),
  channel: z.enum(['messenger', 'instagram']),
  lastMessageAt: isoTime,
  lastText: z.string().nullable(),
  unanswered: z.boolean().describe('Whether the customer spoke last.'),
  status: z.enum(['open', 'solved']).describe('A solved one is open again when the customer writes.'),
  customerName: z.string().optional().describe('Once Meta has told it.'),
  customerPicture: z.string().optional().describe("Meta's own link, as long as it can be seen."),
}
export const inboxList = z.object({ conversations: z.array(z.object(inboxConversationFields)) })
export const inboxStatus = z.strictObject({ status: z.enum(['open', 'solved']) }).meta({
  examples: [{ status: 'solved' }, { status: 'open' }],
})
export const inboxConversation = z.object({
  ...inboxConversationFields,
  messages: z.array(
    z.object({
      id: z.string(),
      from: z.enum(['customer', 'agent', 'note']),
      at: isoTime,
      text: z.string().nullable(),
      attachments: z
        .array(z.looseObject({ type: z.string(), url: z.string().nullable(), title: z.string().optional() }))
        .optional(),
      payload: z.string().optional(),
      agentName: z.string().optional(),
      customerName: z.string().optional().describe('Who said it, where several people may.'),
      standby: z.literal(true).optional().describe('Another app has the conversation, and answers it.'),
      removed: z
        .literal(true)
        .optional()
        .describe('The customer took it back: its text and its files are gone.'),
      status: status.optional(),
      failure: z.object({ code: z.string(), message: z.string() }).optional(),
    }),
  ),
})

const problemDocument = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.enum(Object.keys(problems) as [string, ...string[]]),
    detail: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .describe('A problem document (RFC 9457).')

/** The problem documents that a route may answer with, by status, for openapi.yaml. */
export function problemResponses<const S extends number>(...statuses: S[]) {
  const response = {
    description: 'A problem document (RFC 9457)',
    content: { 'application/problem+json': { schema: problemDocument } },
  }
  return Object.fromEntries(statuses.map((one) => [one, response])) as Record<S, typeof response>
}
