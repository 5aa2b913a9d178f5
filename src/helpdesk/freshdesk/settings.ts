import { z } from 'zod'
import { contextFacts } from '../adapter.ts'
import { longCallbackSecrets, refuseLiteral, remoteSettings } from '../remote-settings.ts'

const freshdeskId = z.number().int().min(1)

export const freshdeskSettings = z
  .strictObject({
    adapter: z.literal('freshdesk'),
    url: z.url({ protocol: /^https?$/ }).describe('Of the account, such as https://acme.freshdesk.com.'),
    apiKey: z.string().min(1).describe('API key of the agent that deskbridge acts as.'),
    agentId: freshdeskId.describe(
      'Id of that agent, as `setup` tells it. What they write is ours, and is sent to nobody: no person should use it.',
    ),
    replies: z
      .enum(['poll', 'callout'])
      .default('poll')
      .describe('How replies of agents reach us: we ask for them, or automation rules of Freshdesk call us.'),
    pollSeconds: z
      .number()
      .int()
      .min(5)
      .max(3600)
      .default(20)
      .describe(
        'How often we ask with `replies: poll`, seconds. Each time takes one call, and one more for every ticket that was changed.',
      ),
    callbackSecrets: longCallbackSecrets.optional(),
    tag: z
      .string()
      .regex(/^[^\s,"]{1,32}$/, 'must be one word of at most 32 characters without commas')
      .default('deskbridge')
      .describe('Tag of every ticket that we open. Only tickets that bear it are asked for replies.'),
    source: freshdeskId.default(7).describe("Freshdesk's number of where new tickets come from; 7 is chat."),
    priority: z.number().int().min(1).max(4).default(1).describe('Of new tickets: 1 low to 4 urgent.'),
    groupId: freshdeskId.optional().describe('The group that new tickets go to.'),
    closedTickets: z
      .enum(['reopen', 'followUp'])
      .default('reopen')
      .describe('What a new message does to a closed ticket: it is opened again, or a new one is opened.'),
    fields: z
      .partialRecord(z.enum(contextFacts), z.string().regex(/^cf_\w+$/, 'must be the name of a field, cf_…'))
      .default({})
      .describe('Custom fields of tickets (text), by name: which of them holds which fact of a new ticket.'),
    maxFileMegabytes: z
      .number()
      .int()
      .min(1)
      .max(20)
      .default(15)
      .describe("Of one message's files together; what is larger is told as a link."),
    ...remoteSettings,
  })
  .superRefine(refuseLiteral)
  .superRefine(({ replies, callbackSecrets }, context) => {
    if (replies === 'poll' || callbackSecrets !== undefined) return
    const message = 'are needed with replies: callout'
    context.addIssue({ code: 'custom', path: ['callbackSecrets'], message })
  })

export type FreshdeskSettings = z.infer<typeof freshdeskSettings>
