import { z } from 'zod'
import { contextFacts } from '../adapter.ts'
import { longCallbackSecrets, refuseLiteral, remoteSettings } from '../remote-settings.ts'

export const rocketchatSettings = z
  .strictObject({
    adapter: z.literal('rocketchat'),
    url: z
      .url({ protocol: /^https?$/ })
      .describe('Where Rocket.Chat is, such as https://chat.acme.example; without /api.'),
    userId: z
      .string()
      .regex(/^[A-Za-z0-9]+$/, 'must be the id of a user, which is letters and digits')
      .describe('Id of the user that deskbridge acts as. What they write is ours, and is sent to nobody.'),
    authToken: z.string().min(1).describe('A personal access token of that user.'),
    visitorSecret: z
      .string()
      .min(32)
      .describe(
        'Makes the tokens of visitors: whoever has a token can read what is said. At least 32 characters; never change it.',
      ),
    callbackSecrets: longCallbackSecrets,
    department: z.string().min(1).optional().describe('Id or name of the department that new rooms go to.'),
    fields: z
      .partialRecord(
        z.enum(contextFacts),
        z.string().regex(/^[0-9A-Za-z_-]+$/, 'must be the name of a field'),
      )
      .default({})
      .describe(
        'Omnichannel custom fields of rooms, by name: which of them holds which fact of a new ticket.',
      ),
    maxTextLength: z
      .number()
      .int()
      .min(100)
      .max(100_000)
      .default(5000)
      .describe(
        'Characters of one message; what is longer becomes several. Rocket.Chat itself takes 5000 unless it is set otherwise.',
      ),
    maxFileMegabytes: z
      .number()
      .int()
      .min(1)
      .max(100)
      .default(25)
      .describe("Larger files of customers' are told as links."),
    ...remoteSettings,
  })
  .superRefine(refuseLiteral)

export type RocketchatSettings = z.infer<typeof rocketchatSettings>
