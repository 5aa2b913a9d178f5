import { z } from 'zod'

/** Buttons of templates, by channel. */

export type Channel = 'messenger' | 'instagram'

// Meta does not say what a character is; UTF-16 units is the stricter reading, here and for every other length.
export const title = z.string().min(1).max(20, 'Button title must be 20 characters at most')
export const payload = z.string().min(1).max(1000, 'Payload must be 1000 characters at most')
export const webUrl = z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' })

const opening = {
  type: z.literal('web_url'),
  url: webUrl,
  webview_height_ratio: z.enum(['compact', 'tall', 'full']).optional(),
  webview_share_button: z.string().optional(),
  messenger_extensions: z.boolean().optional(),
  fallback_url: webUrl.optional(),
}

/** What a tap on an element does: a web_url button without a title. */
export const defaultAction = z.strictObject(opening)

const webUrlButton = z.strictObject({ ...opening, title })
const postbackButton = z.strictObject({ type: z.literal('postback'), title, payload })
const otherButtons = [
  z.strictObject({ type: z.literal('phone_number'), title, payload }),
  z.strictObject({ type: z.literal('account_link'), url: webUrl }),
  z.strictObject({ type: z.literal('account_unlink') }),
  z.looseObject({ type: z.literal('game_play'), title }),
  z.looseObject({ type: z.literal('audio_call'), title: title.optional() }),
] as const

const plainButton = z.discriminatedUnion('type', [webUrlButton, postbackButton])
const anyButton = z.discriminatedUnion('type', [webUrlButton, postbackButton, ...otherButtons])

export const plainButtons = z.array(plainButton).min(1).max(3, 'at most 3 buttons')

/** Instagram knows web_url and postback only. */
export function buttons(channel: Channel) {
  return channel === 'instagram' ? plainButtons : z.array(anyButton).min(1).max(3, 'at most 3 buttons')
}
