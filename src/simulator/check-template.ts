import { z } from 'zod'
import { buttons, defaultAction, payload, plainButtons, webUrl, type Channel } from './check-button.ts'
import { coupon, customerFeedback, receipt } from './check-business-template.ts'

/** The payload of a template attachment: which template it is, and the limits of that one. */

const line = z.string().min(1).max(80, 'must be 80 characters at most')

function generic(channel: Channel) {
  const element = z
    .strictObject({
      title: line,
      subtitle: line.optional(),
      image_url: webUrl.optional(),
      default_action: defaultAction.optional(),
      buttons: buttons(channel).optional(),
    })
    .refine(
      (element) => Object.values(element).filter((part) => part !== undefined).length > 1,
      'an element has a title and at least one more property',
    )
  return z.strictObject({
    template_type: z.literal('generic'),
    elements: z.array(element).min(1).max(10, 'at most 10 elements'),
    image_aspect_ratio: z.enum(['horizontal', 'square']).optional(),
    sharable: z.boolean().optional(),
  })
}

function button(channel: Channel) {
  return z.strictObject({
    template_type: z.literal('button'),
    text: z.string().min(1).max(640, 'text must be 640 characters at most'),
    buttons: buttons(channel),
    sharable: z.boolean().optional(),
  })
}

const product = z.strictObject({
  template_type: z.literal('product'),
  elements: z
    .array(z.strictObject({ id: z.string().min(1) }))
    .min(1)
    .max(10, 'at most 10 products'),
})

const media = z.strictObject({
  template_type: z.literal('media'),
  elements: z
    .array(
      z
        .strictObject({
          media_type: z.enum(['image', 'video']),
          attachment_id: z.string().min(1).optional(),
          url: webUrl.optional(),
          buttons: buttons('messenger').optional(),
        })
        .refine(
          ({ attachment_id, url }) => (attachment_id === undefined) !== (url === undefined),
          'a media element has either attachment_id or url',
        )
        .refine(({ url }) => url === undefined || isFacebookUrl(url), 'url must be one of Facebook itself'),
    )
    .length(1, 'exactly one element'),
  sharable: z.boolean().optional(),
})

const imageAction = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('web_url'), url: webUrl }),
  z.strictObject({ type: z.literal('postback'), payload }),
])

const imageGrid = z.strictObject({
  template_type: z.literal('image_grid'),
  elements: z
    .array(
      z.strictObject({
        images: z
          .array(
            z.strictObject({
              url: webUrl,
              is_hero_image: z.boolean().optional(),
              action: imageAction.optional(),
            }),
          )
          .min(2, 'at least 2 images')
          .max(6, 'at most 6 images')
          .refine(
            (images) => images.filter((image) => image.is_hero_image).length <= 1,
            'one hero image at most',
          ),
        title: z.string().min(1).max(45, 'title must be 45 characters at most').optional(),
        subtitle: line.optional(),
        buttons: plainButtons.optional(),
      }),
    )
    .length(1, 'exactly one element'),
})

const oneTimeNotification = z.strictObject({
  template_type: z.literal('one_time_notif_req'),
  title: z.string().min(1).max(65, 'title must be 65 characters at most'),
  payload,
})

/** Instagram: those of which it is known. What is neither is refused, as templates that ended are. */
export function templatePayload(channel: Channel) {
  return channel === 'instagram'
    ? z.discriminatedUnion('template_type', [generic(channel), button(channel), product])
    : z.discriminatedUnion('template_type', [
        generic(channel),
        button(channel),
        product,
        media,
        imageGrid,
        receipt,
        coupon,
        customerFeedback,
        oneTimeNotification,
      ])
}

function isFacebookUrl(url: string): boolean {
  const { hostname = '' } = URL.parse(url) ?? {}
  return /(^|\.)facebook\.com$/.test(hostname)
}
