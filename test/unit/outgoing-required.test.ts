import { describe, expect, test } from 'vitest'
import {
  buttons,
  coupon,
  faultsOf,
  feedback,
  generic,
  grid,
  many,
  picture,
  postback,
  products,
  question,
  receipt,
  templateWith,
  x,
} from '../support/outgoing-bodies.ts'

/** What must be there, and how much of it at least. */

type Row = [name: string, make: (size: number) => object, limit: number, path: string, message: string]

const shortest: Row[] = [
  [
    'generic: elements',
    (n) => templateWith({ type: 'generic', elements: many(n, { title: 'A', subtitle: 'B' }) }),
    1,
    'template.elements',
    'has no entries; Meta takes at least 1',
  ],
  ['generic: title', (n) => generic({ title: x(n) }), 1, 'template.elements.0.title', 'is empty'],
  [
    'button: buttons',
    (n) => buttons(...many(n, postback())),
    1,
    'template.buttons',
    'has no entries; Meta takes at least 1',
  ],
  [
    'image_grid: images',
    (n) => grid({ images: many(n, { url: picture }) }),
    2,
    'template.elements.0.images',
    'has 1 entry; Meta takes at least 2',
  ],
  ['product: elements', products, 1, 'template.elements', 'has no entries; Meta takes at least 1'],
  [
    'customer_feedback: question',
    (n) => question({ title: x(n) }),
    5,
    'template.feedbackScreens.0.questions.0.title',
    'is 4 characters long; Meta takes at least 5',
  ],
  [
    'customer_feedback: expiry',
    (n) => feedback({ expiresInDays: n }),
    1,
    'template.expiresInDays',
    'must be between 1 and 7; Meta takes no other',
  ],
  ['text', (n) => ({ text: x(n) }), 1, 'text', 'is empty; Meta takes no message without text'],
]

test.each(shortest)('%s', (_name, make, limit, path, message) => {
  expect(faultsOf(make(limit))).toEqual([])
  expect(faultsOf(make(limit - 1))).toEqual([{ path, message }])
})

describe('what must be there', () => {
  test.each([
    ['receipt', receipt({}), ['recipientName', 'orderNumber', 'currency', 'paymentMethod', 'summary']],
    ['coupon', coupon({}), ['title']],
    ['button', buttons(postback()), ['text', 'buttons']],
    ['generic', generic({}), ['elements']],
    ['product', products(1), ['elements']],
    [
      'customer_feedback',
      feedback({}),
      ['title', 'subtitle', 'buttonTitle', 'feedbackScreens', 'businessPrivacy'],
    ],
    ['utility', templateWith({ type: 'utility', name: 'A', language: 'en' }), ['name', 'language']],
  ])('in %s', (_name, body, required) => {
    expect(faultsOf(body)).toEqual([])
    for (const field of required) {
      const { [field]: _left, ...rest } = body.template as Record<string, unknown>
      expect(faultsOf({ template: rest })).toEqual([{ path: `template.${field}`, message: 'is missing' }])
    }
  })

  test('the total of a receipt', () => {
    const faults = faultsOf(receipt({ summary: { subtotal: 1 } }))
    expect(faults).toEqual([{ path: 'template.summary.totalCost', message: 'is missing' }])
  })
})
