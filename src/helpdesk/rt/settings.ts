import { z } from 'zod'
import { contextFacts } from '../adapter.ts'
import { longCallbackSecrets, refuseLiteral, remoteSettings } from '../remote-settings.ts'

const status = z.string().min(1).max(64)

/** Names that stand in searches: RT takes a bracket in one for the beginning of JSON. */
const searchable = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^'"\\[\]]+$/, 'must hold no quotes, brackets or backslashes')

export const rtSettings = z
  .strictObject({
    adapter: z.literal('rt'),
    url: z.url({ protocol: /^https?$/ }).describe('Where Request Tracker is, such as https://rt.example/rt.'),
    user: searchable.describe(
      'The name of our own user in RT. What it writes is never taken for an agent’s words.',
    ),
    token: z.string().min(1).optional().describe('An authentication token of that user.'),
    password: z.string().min(1).optional().describe('Its password, where RT gives no tokens.'),
    queue: z.string().min(1).max(200).describe('The name of the queue in which tickets are opened.'),
    customerDomain: z
      .string()
      .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'must be a domain name')
      .default('messenger.invalid')
      .describe('Customers are requestors with an address in this domain. No mail is ever sent to it.'),
    statuses: z
      .strictObject({
        open: status.default('open').describe('Set when a customer writes again.'),
        solved: z.array(status).min(1).default(['resolved']).describe('Solved; the first one is set.'),
        closed: z
          .array(status)
          .default(['rejected', 'deleted'])
          .describe('Over for good: what is written then opens a new ticket.'),
      })
      .prefault({})
      .describe("What the statuses of the queue's lifecycle mean."),
    fields: z
      .partialRecord(z.enum(contextFacts), z.string().min(1).max(200))
      .default({})
      .describe('Custom fields of tickets, by name, for what is known of the customer.'),
    tagsField: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('A custom field of tickets that takes several values, for tags.'),
    maxFileBytes: z
      .number()
      .int()
      .min(0)
      .max(25_000_000)
      .default(10_000_000)
      .describe(
        "All files of one message together, bytes. Beyond them links are told. RT's own limit is 10 MB at first.",
      ),
    pollSeconds: z
      .number()
      .min(1)
      .max(3600)
      .default(5)
      .describe('How often we ask for what agents wrote. With a scrip that calls us, a minute is enough.'),
    callbackSecrets: longCallbackSecrets.optional(),
    ...remoteSettings,
  })
  .superRefine((settings, context) => {
    refuseLiteral(settings, context)
    if ((settings.token === undefined) === (settings.password === undefined))
      context.addIssue({ code: 'custom', path: ['token'], message: 'either token or password must be there' })
  })

export type RtSettings = z.infer<typeof rtSettings>
