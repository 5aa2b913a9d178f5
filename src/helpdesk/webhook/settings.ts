import { z } from 'zod'
import { eventKinds } from '../../domain/event.ts'
import { ipLiteral, isPublicAddress } from '../address-guard.ts'

export const webhookSettings = z
  .strictObject({
    adapter: z.literal('webhook'),
    url: z.url({ protocol: /^https?$/ }).describe('Where events are posted to.'),
    secret: z
      .string()
      .regex(
        /^whsec_[A-Za-z0-9+/]{16,}={0,2}$/,
        'must be whsec_ followed by at least 16 characters of base64',
      )
      .describe('Signs every request by the Standard Webhooks convention.'),
    allowPrivateNetwork: z
      .boolean()
      .default(false)
      .describe('Allows a helpdesk on loopback or in a private network.'),
    kinds: z
      .array(z.enum(eventKinds))
      .min(1)
      .optional()
      .describe('The kinds of events that are posted, where not all of them are wanted: message, postback …'),
    replyStatus: z
      .boolean()
      .optional()
      .describe('Posts what became of each reply, too, as `type: reply.status`.'),
  })
  .refine(({ url, allowPrivateNetwork }) => allowPrivateNetwork || isAllowed(url), {
    path: ['url'],
    message: 'is a private address; set allowPrivateNetwork: true beside it if that is meant',
  })

export type WebhookSettings = z.infer<typeof webhookSettings>

function isAllowed(url: string): boolean {
  const literal = ipLiteral(url)
  return literal === undefined || isPublicAddress(literal)
}
