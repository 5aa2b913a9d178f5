import { z } from 'zod'
import { payload, title, webUrl, type Channel } from './check-button.ts'
import { templatePayload } from './check-template.ts'

/** The `message` of a send: what it may hold, by channel. */

const MEDIA = ['image', 'video', 'audio', 'file'] as const

const mediaPayload = z
  .strictObject({
    url: webUrl.optional(),
    attachment_id: z.string().min(1).optional(),
    is_reusable: z.boolean().optional(),
  })
  .refine(
    ({ url, attachment_id, is_reusable }) =>
      (url === undefined || attachment_id === undefined) &&
      (attachment_id === undefined || is_reusable === undefined),
    'a payload has url or attachment_id, and is_reusable is for uploads',
  )

const media = z.strictObject({ type: z.enum(MEDIA), payload: mediaPayload.prefault({}) })

const quickReply = z.discriminatedUnion('content_type', [
  z.strictObject({
    content_type: z.literal('text'),
    title,
    payload,
    image_url: webUrl.optional(),
  }),
  z.strictObject({ content_type: z.literal('user_phone_number') }),
  z.strictObject({ content_type: z.literal('user_email') }),
])

const utilityTemplate = z.strictObject({
  name: z.string().min(1),
  language: z.strictObject({ code: z.string().min(2) }),
  components: z
    .array(
      z.looseObject({
        type: z.string().min(1),
        parameters: z.array(z.looseObject({ type: z.string().min(1) })).optional(),
      }),
    )
    .optional(),
})

/** The keys of which a message has exactly one. */
const CONTENTS = ['text', 'attachment', 'attachments', 'sticker_id', 'template'] as const

export function messageSchema(channel: Channel) {
  const attachment = z.discriminatedUnion('type', [
    media,
    z.strictObject({ type: z.literal('template'), payload: templatePayload(channel) }),
  ])
  const common = {
    text: channel === 'instagram' ? instagramText : messengerText,
    attachment: attachment.optional(),
    quick_replies: z.array(quickReply).min(1).max(13, 'at most 13 quick replies').optional(),
    metadata: z.string().max(999, 'Length of param message[metadata] must be less than 1000').optional(),
  }
  const message =
    channel === 'instagram' ? z.strictObject(common) : z.strictObject({ ...common, ...messengerOnly })
  return message
    .refine(
      (one) =>
        CONTENTS.filter((key) => key in one && one[key as keyof typeof one] !== undefined).length === 1,
      `a message has exactly one of ${CONTENTS.join(', ')}`,
    )
    .refine(
      ({ quick_replies, text, attachment }) =>
        quick_replies === undefined || text !== undefined || attachment !== undefined,
      'quick replies go with text or attachment',
    )
}

// Meta says "less than 2000 characters" and not what a character is; UTF-16 units is the stricter reading.
const messengerText = z
  .string()
  .min(1)
  .max(1999, 'Length of param message[text] must be less than 2000')
  .optional()

const instagramText = z
  .string()
  .min(1)
  .refine(
    (text) => Buffer.byteLength(text) <= 1000,
    'Length of param message[text] must be 1000 bytes at most',
  )
  .optional()

const messengerOnly = {
  attachments: z
    .array(
      z.strictObject({ type: z.literal('image', 'several attachments are images'), payload: mediaPayload }),
    )
    .min(1)
    .max(30, 'at most 30 images')
    .optional(),
  sticker_id: z.union([z.string().regex(/^\d+$/), z.int().positive()]).optional(),
  template: utilityTemplate.optional(),
}
