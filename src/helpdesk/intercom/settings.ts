import { z } from 'zod'
import { contextFacts } from '../adapter.ts'
import { callbackSecrets, refuseLiteral, remoteSettings } from '../remote-settings.ts'

export const intercomHosts = {
  us: 'https://api.intercom.io',
  eu: 'https://api.eu.intercom.io',
  au: 'https://api.au.intercom.io',
} as const

export const intercomSettings = z
  .strictObject({
    adapter: z.literal('intercom'),
    region: z.enum(['us', 'eu', 'au']).default('us').describe('Where the workspace is hosted: us, eu or au.'),
    url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe("Intercom's API, where it is none of the regions'."),
    token: z.string().min(1).describe('The access token of our app in Intercom.'),
    adminId: z
      .string()
      .regex(/^\d+$/, 'must be the number of a teammate')
      .describe(
        'The teammate that notes and answers from elsewhere are by: one of our own, that no person uses.',
      ),
    assignTo: z
      .strictObject({ type: z.enum(['admin', 'team']), id: z.string().regex(/^\d+$/) })
      .optional()
      .describe('Who new conversations are assigned to.'),
    fields: z
      .partialRecord(z.enum(contextFacts), z.string().min(1))
      .optional()
      .describe('Which attributes of a conversation hold what is known, such as `locale: Language`.'),
    callbackSecrets,
    ...remoteSettings,
  })
  .superRefine(({ url, allowPrivateNetwork }, context) => {
    if (url !== undefined) refuseLiteral({ url, allowPrivateNetwork }, context)
  })

export type IntercomSettings = z.infer<typeof intercomSettings>
