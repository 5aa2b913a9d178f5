import { z } from 'zod'
import { callbackSecrets, refuseLiteral, remoteSettings } from '../remote-settings.ts'

export const frontSettings = z
  .strictObject({
    adapter: z.literal('front'),
    url: z
      .url({ protocol: /^https?$/ })
      .default('https://api2.frontapp.com')
      .describe("Front's API."),
    channelId: z
      .string()
      .regex(/^cha_\w+$/, 'must be cha_ and the id of the channel')
      .describe('The channel of our app that conversations come in through.'),
    appId: z.string().min(1).describe('The UID of the app in Front that the channel belongs to.'),
    appSecret: z.string().min(1).describe("The app's secret: it signs our calls, for this channel alone."),
    token: z
      .string()
      .min(1)
      .optional()
      .describe('An API token, which tags and names of contacts need. Without it tags become notes.'),
    callbackSecrets,
    callbackUrl: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('Where Front is to call us; it is told when the channel is connected.'),
    ...remoteSettings,
  })
  .superRefine(refuseLiteral)

export type FrontSettings = z.infer<typeof frontSettings>
