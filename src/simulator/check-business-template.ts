import { z } from 'zod'
import { webUrl } from './check-button.ts'

/** The templates about an order, a coupon, and what a person thought of it. */

const amount = z.number()
const line = z.string().min(1).max(80, 'must be 80 characters at most')

export const receipt = z.strictObject({
  template_type: z.literal('receipt'),
  recipient_name: z.string().min(1),
  merchant_name: z.string().optional(),
  order_number: z.string().min(1),
  currency: z.string().length(3),
  payment_method: z.string().min(1),
  // Seconds, as text. More digits than ten are milliseconds.
  timestamp: z
    .string()
    .regex(/^\d{1,10}$/, 'timestamp is seconds, as text')
    .optional(),
  order_url: webUrl.optional(),
  elements: z
    .array(
      z.strictObject({
        title: z.string().min(1),
        subtitle: z.string().optional(),
        quantity: amount.optional(),
        price: amount,
        currency: z.string().length(3).optional(),
        image_url: webUrl.optional(),
      }),
    )
    .max(100, 'at most 100 elements')
    .optional(),
  address: z
    .strictObject({
      street_1: z.string(),
      street_2: z.string().optional(),
      city: z.string(),
      postal_code: z.string(),
      state: z.string(),
      country: z.string(),
    })
    .optional(),
  summary: z.strictObject({
    subtotal: amount.optional(),
    shipping_cost: amount.optional(),
    total_tax: amount.optional(),
    total_cost: amount,
  }),
  adjustments: z.array(z.strictObject({ name: z.string(), amount })).optional(),
  sharable: z.boolean().optional(),
})

export const coupon = z
  .strictObject({
    template_type: z.literal('coupon'),
    title: line,
    subtitle: line.optional(),
    coupon_code: z.string().regex(/^\S+$/, 'coupon_code has no spaces').optional(),
    coupon_url: webUrl.optional(),
    coupon_url_button_title: z.string().optional(),
    coupon_pre_message: z.string().optional(),
    image_url: webUrl.optional(),
    payload: z.string().optional(),
  })
  .refine(
    ({ coupon_code, coupon_url }) => (coupon_code ?? coupon_url) !== undefined,
    'a coupon has coupon_code or coupon_url',
  )

const question = z.strictObject({
  id: z.string().regex(/^\w{1,80}$/, 'id is 1 to 80 letters, digits and underscores'),
  type: z.enum(['csat', 'nps', 'ces']),
  title: z.string().min(5).max(85).optional(),
  score_label: z.string().optional(),
  score_option: z
    .enum(['one_to_five', 'five_stars', 'five_emojis', 'zero_to_ten', 'one_to_seven'])
    .optional(),
  follow_up: z
    .strictObject({
      type: z.literal('free_form'),
      title: z.string().optional(),
      placeholder: z.string().max(65, 'placeholder must be 65 characters at most').optional(),
    })
    .optional(),
})

export const customerFeedback = z.strictObject({
  template_type: z.literal('customer_feedback'),
  title: z.string().min(1).max(65, 'title must be 65 characters at most'),
  subtitle: line.optional(),
  button_title: z.string().min(1).max(20, 'button_title must be 20 characters at most'),
  feedback_screens: z
    .array(z.strictObject({ questions: z.array(question).length(1, 'exactly one question') }))
    .length(1, 'exactly one screen'),
  business_privacy: z.strictObject({ url: webUrl }),
  expires_in_days: z.int().min(1).max(7).optional(),
})
