import { z } from 'zod'
import {
  amount,
  constant,
  given,
  httpsUrl,
  list,
  object,
  plainText,
  rule,
  text,
  webUrl,
  yesOrNo,
} from './fields.ts'

/** Templates of shops: receipt, coupon and product. */

const receiptItem = object({
  title: plainText(),
  subtitle: plainText().optional(),
  quantity: amount().optional(),
  price: amount().describe('0 if it is free.'),
  currency: text(10, { whose: 'deskbridge' }).optional(),
  imageUrl: httpsUrl().optional().describe('Fetched by Meta.'),
})

const timestampFault = 'must be seconds since 1970, as text such as "1428444852"'
const timestamp = z
  .preprocess(
    (value) => (typeof value === 'number' ? String(value) : value),
    z.string({ error: timestampFault }).regex(/^\d{1,11}$/, { error: timestampFault }),
  )
  .describe('When it was ordered: seconds since 1970, as text.')

export const receiptTemplate = object({
  type: constant('receipt'),
  recipientName: plainText(),
  merchantName: plainText().optional(),
  orderNumber: plainText().describe('Meta wants every receipt to have another one.'),
  currency: text(10, { whose: 'deskbridge' }).meta({ example: 'EUR' }),
  paymentMethod: plainText().meta({ example: 'Visa 1234' }),
  orderUrl: webUrl().optional(),
  timestamp: timestamp.optional(),
  elements: list(receiptItem, 0, 100).optional().describe('At most 100. Meta does not keep their order.'),
  address: object({
    street1: plainText(),
    street2: text(1000, { least: 0, whose: 'deskbridge' }).optional(),
    city: plainText(),
    postalCode: plainText(),
    state: plainText(),
    country: plainText(),
  }).optional(),
  summary: object({
    subtotal: amount().optional(),
    shippingCost: amount().optional(),
    totalTax: amount().optional(),
    totalCost: amount(),
  }),
  adjustments: list(object({ name: plainText(), amount: amount() }), 0, 100, 'deskbridge')
    .optional()
    .describe('Discounts and the like.'),
  sharable: yesOrNo().optional(),
}).describe('An order confirmation. Messenger only.')

export const couponTemplate = object({
  type: constant('coupon'),
  title: text(80).describe('At most 80 characters.'),
  subtitle: text(80).optional().describe('At most 80 characters.'),
  couponCode: plainText()
    .regex(/^\S*$/, { error: 'has a blank in it; Meta takes none' })
    .optional()
    .describe('Without blanks.'),
  couponUrl: webUrl().optional(),
  couponUrlButtonTitle: plainText().optional(),
  couponPreMessage: plainText().optional().describe('What is said before the coupon.'),
  imageUrl: httpsUrl().optional().describe('Fetched by Meta.'),
  payload: plainText().optional().describe('Comes back in the event when the code is revealed.'),
})
  .check(
    rule((value) => [
      given(value, ['couponCode', 'couponUrl']).length === 0 && {
        path: [],
        message: 'needs couponCode or couponUrl',
      },
    ]),
  )
  .describe('A code to reveal, or a link, or both. Messenger only.')

export const productTemplate = object({
  type: constant('product'),
  elements: list(
    object({ id: plainText().describe("The product's id in your catalogue, as text.") }),
    1,
    10,
  ).describe('1 to 10 products of a catalogue that the Page owns.'),
}).describe('Products of your catalogue, with the picture, title and price that stand there.')
