import { z } from 'zod'

export const inboxSettings = z.strictObject({
  adapter: z.literal('inbox'),
  retentionDays: z
    .number()
    .int()
    .min(1)
    .max(3650)
    .default(90)
    .describe('How long a conversation is kept after its last message, days.'),
})
