import { z } from 'zod'
import { contextFacts } from '../adapter.ts'
import { callbackSecrets, refuseLiteral, remoteSettings } from '../remote-settings.ts'

export const chatwootSettings = z
  .strictObject({
    adapter: z.literal('chatwoot'),
    url: z
      .url({ protocol: /^https?$/ })
      .describe('Where Chatwoot is, such as https://app.chatwoot.com; without a path.'),
    accountId: z.number().int().positive().describe('The number after /accounts/ in its addresses.'),
    inboxIdentifier: z
      .string()
      .regex(/^[A-Za-z0-9_-]+$/, 'must be the inbox identifier, which is letters and digits')
      .describe('Of the API channel; under Configuration of the inbox.'),
    apiToken: z.string().min(1).describe('Access token of the user that deskbridge acts as.'),
    hmacToken: z
      .string()
      .min(1)
      .optional()
      .describe("The inbox's HMAC token; proves who a contact is. Needed where the inbox enforces it."),
    callbackSecrets,
    fields: z
      .partialRecord(z.enum(contextFacts), z.string().min(1))
      .default({})
      .describe(
        'Custom attributes of conversations, by key: which of them holds which fact of a new ticket.',
      ),
    maxFileMiB: z
      .number()
      .int()
      .min(1)
      .max(40)
      .default(25)
      .describe("Larger files of customers' are told as links."),
    ...remoteSettings,
  })
  .superRefine(refuseLiteral)

export type ChatwootSettings = z.infer<typeof chatwootSettings>
