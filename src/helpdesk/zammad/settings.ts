import { z } from 'zod'
import { contextFacts } from '../adapter.ts'
import { callbackSecrets, refuseLiteral, remoteSettings } from '../remote-settings.ts'

const stateName = z.string().min(1)

export const zammadSettings = z
  .strictObject({
    adapter: z.literal('zammad'),
    url: z.url({ protocol: /^https?$/ }).describe('Where Zammad is, such as https://acme.zammad.com.'),
    token: z.string().min(1).describe('Access token of the user that deskbridge acts as.'),
    group: z.string().min(1).describe('Name of the group that new tickets belong to.'),
    callbackSecrets,
    tag: z
      .string()
      .regex(/^[^\s,]+$/, 'must be one word without commas')
      .default('deskbridge')
      .describe('Every ticket of ours has it, and the triggers look for it.'),
    messageType: z
      .enum(['web', 'note', 'phone', 'chat'])
      .default('web')
      .describe("Type of customers' articles. A note does not count for service levels."),
    replyTypes: z
      .array(z.string().min(1))
      .min(1)
      .default(['note'])
      .describe("Types of agents' public articles that are replies to the customer."),
    states: z
      .strictObject({
        open: stateName.default('open'),
        solved: z.array(stateName).min(1).default(['closed']),
        pending: z.array(stateName).default(['pending reminder', 'pending close']),
      })
      .prefault({})
      .describe(
        "Names of Zammad's states: the one that is set when a ticket is opened again, those that mean solved (the first is set), and those that a message of the customer ends.",
      ),
    fields: z
      .partialRecord(
        z.enum(contextFacts),
        z.string().regex(/^[a-z][a-z0-9_]*$/, 'must be the name of an object attribute'),
      )
      .default({})
      .describe('Object attributes of tickets, by name: which of them holds which fact of a new ticket.'),
    maxFileMegabytes: z
      .number()
      .int()
      .min(1)
      .max(40)
      .default(25)
      .describe("Of one message's files together; what is larger is told as a link."),
    ...remoteSettings,
  })
  .superRefine(refuseLiteral)

export type ZammadSettings = z.infer<typeof zammadSettings>
