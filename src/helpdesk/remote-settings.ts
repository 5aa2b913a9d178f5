import { z } from 'zod'
import { ipLiteralIsPrivate } from './address-guard.ts'

/** What every helpdesk has that is called over the network. Adapters spread it into their settings. */
export const remoteSettings = {
  allowPrivateNetwork: z
    .boolean()
    .default(false)
    .describe('Allows a helpdesk on loopback or in a private network.'),
  perMinute: z
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .optional()
    .describe(
      "Calls of the helpdesk's API in a minute, over all workers. Without it the vendor's usual limit.",
    ),
}

/** Secrets that prove callbacks: the current one first, older ones while they are rotated. */
export const callbackSecrets = z
  .array(z.string().min(1))
  .min(1)
  .max(5)
  .describe(
    "What proves that a callback is the helpdesk's own: the current secret first, older ones while they are rotated.",
  )

/** For vendors that sign nothing: whoever knows it can write as an agent. */
export const longCallbackSecrets = z
  .array(
    z.string().regex(/^[A-Za-z0-9_-]{32,200}$/, 'must be 32 to 200 letters, digits, dashes or underscores'),
  )
  .min(1)
  .max(5)
  .describe(
    'Secrets that callbacks carry instead of a signature: the current one first, older ones while they are rotated.',
  )

/** For `superRefine` of an adapter's settings, so that `check-config` tells what the first call would. */
export function refuseLiteral(
  settings: { url: string; allowPrivateNetwork: boolean },
  context: { addIssue: (issue: { code: 'custom'; path: string[]; message: string }) => void },
): void {
  if (settings.allowPrivateNetwork || !ipLiteralIsPrivate(settings.url)) return
  const message = 'is a private address; set allowPrivateNetwork: true beside it if that is meant'
  context.addIssue({ code: 'custom', path: ['url'], message })
}
