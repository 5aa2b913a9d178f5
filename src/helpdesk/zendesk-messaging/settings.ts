import { z } from 'zod'
import { contextFacts } from '../adapter.ts'
import { callbackSecrets, refuseLiteral, remoteSettings } from '../remote-settings.ts'

export const zendeskMessagingSettings = z
  .strictObject({
    adapter: z.literal('zendesk-messaging'),
    url: z
      .url({ protocol: /^https?$/ })
      .describe(
        'Such as https://acme.zendesk.com/sc, or https://api.smooch.io for accounts without Zendesk.',
      ),
    appId: z
      .string()
      .regex(/^[0-9a-zA-Z]+$/)
      .describe('Id of the app of Sunshine Conversations.'),
    keyId: z.string().min(1).describe('Id of an API key of the app, such as app_5deef….'),
    keySecret: z.string().min(1).describe('Secret of that key.'),
    callbackSecrets,
    switchboardIntegration: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Who gets control of a new conversation: id, name or type of a switchboard integration, such as zd-agentWorkspace, or next. Without it the default responder of the account.',
      ),
    tags: z
      .array(z.string().regex(/^[^\s,]{1,80}$/, 'must be one word without blanks or commas'))
      .max(20)
      .default([])
      .describe('Tags of the tickets, given along with control.'),
    fields: z
      .partialRecord(z.enum(contextFacts), z.number().int().min(1))
      .default({})
      .describe(
        'Ids of ticket fields that take what is known of the person, given along with control; the rest stands in a note.',
      ),
    maxFileMiB: z
      .number()
      .int()
      .min(1)
      .max(50)
      .default(25)
      .describe('Files of customers above it are shown as links, MiB.'),
    ...remoteSettings,
  })
  .superRefine(refuseLiteral)
  .superRefine(({ switchboardIntegration, tags, fields }, context) => {
    if (switchboardIntegration !== undefined) return
    const message = 'is given along with control: set switchboardIntegration, too'
    if (tags.length > 0) context.addIssue({ code: 'custom', path: ['tags'], message })
    if (Object.keys(fields).length > 0) context.addIssue({ code: 'custom', path: ['fields'], message })
  })

export type ZendeskMessagingSettings = z.infer<typeof zendeskMessagingSettings>
