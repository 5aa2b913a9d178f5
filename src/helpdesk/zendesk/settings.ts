import { z } from 'zod'
import { contextFacts } from '../adapter.ts'
import { callbackSecrets, refuseLiteral, remoteSettings } from '../remote-settings.ts'

const zendeskId = z.number().int().min(1)

export const zendeskSettings = z
  .strictObject({
    adapter: z.literal('zendesk'),
    url: z.url({ protocol: /^https?$/ }).describe('Of the account, such as https://acme.zendesk.com.'),
    email: z.string().min(3).describe('Of the user that deskbridge works as.'),
    apiToken: z.string().min(1).describe('An API token of that account.'),
    userId: zendeskId.describe(
      'Id of the user that deskbridge works as. What they write is ours, and never sent to a person.',
    ),
    callbackSecrets,
    groupId: zendeskId.optional().describe('The group that new tickets go to.'),
    tags: z
      .array(z.string().regex(/^[^\s,]{1,80}$/, 'must be one word without blanks or commas'))
      .max(20)
      .default(['deskbridge'])
      .describe('Tags of every new ticket.'),
    fields: z
      .partialRecord(z.enum(contextFacts), zendeskId)
      .default({})
      .describe(
        'Ids of ticket fields (text) that take what is known of the person; the rest stands in a note.',
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

export type ZendeskSettings = z.infer<typeof zendeskSettings>
