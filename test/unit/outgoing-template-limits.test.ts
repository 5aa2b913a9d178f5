import { expect, test } from 'vitest'
import {
  coupon,
  faultsOf,
  feedback,
  grid,
  many,
  media,
  nested,
  picture,
  postback,
  products,
  question,
  receipt,
  templateWith,
  x,
} from '../support/outgoing-bodies.ts'

/** The limits of the larger templates: what is at it passes, and one more is told with its place and the limit. */

const characters = (length: number, most: number, whose = 'Meta') =>
  `is ${length} characters long; ${whose} takes at most ${most}`
const entries = (count: number, most: number) => `has ${count} entries; Meta takes at most ${most}`

type Row = [name: string, make: (size: number) => object, limit: number, path: string, message: string]

const longest: Row[] = [
  [
    'media: elements',
    (n) => templateWith({ type: 'media', elements: many(n, { mediaType: 'image', attachmentId: '1' }) }),
    1,
    'template.elements',
    entries(2, 1),
  ],
  [
    'media: buttons',
    (n) => media({ buttons: many(n, postback()) }),
    3,
    'template.elements.0.buttons',
    entries(4, 3),
  ],
  [
    'image_grid: elements',
    (n) => templateWith({ type: 'image_grid', elements: many(n, { images: many(2, { url: picture }) }) }),
    1,
    'template.elements',
    entries(2, 1),
  ],
  [
    'image_grid: images',
    (n) => grid({ images: many(n, { url: picture }) }),
    6,
    'template.elements.0.images',
    entries(7, 6),
  ],
  [
    'image_grid: heroes',
    (n) => grid({ images: [...many(n, { url: picture, isHeroImage: true }), { url: picture }] }),
    1,
    'template.elements.0.images',
    'has 2 hero images; Meta takes at most 1',
  ],
  ['image_grid: title', (n) => grid({ title: x(n) }), 45, 'template.elements.0.title', characters(46, 45)],
  [
    'image_grid: subtitle',
    (n) => grid({ subtitle: x(n) }),
    80,
    'template.elements.0.subtitle',
    characters(81, 80),
  ],
  [
    'image_grid: buttons',
    (n) => grid({ buttons: many(n, postback()) }),
    3,
    'template.elements.0.buttons',
    entries(4, 3),
  ],
  [
    'image_grid: payload of an action',
    (n) =>
      grid({ images: [{ url: picture, action: { type: 'postback', payload: x(n) } }, { url: picture }] }),
    1000,
    'template.elements.0.images.0.action.payload',
    characters(1001, 1000),
  ],
  [
    'receipt: elements',
    (n) => receipt({ elements: many(n, { title: 'A', price: 1 }) }),
    100,
    'template.elements',
    entries(101, 100),
  ],
  ['coupon: title', (n) => coupon({ title: x(n) }), 80, 'template.title', characters(81, 80)],
  ['coupon: subtitle', (n) => coupon({ subtitle: x(n) }), 80, 'template.subtitle', characters(81, 80)],
  ['product: elements', products, 10, 'template.elements', entries(11, 10)],
  ['customer_feedback: title', (n) => feedback({ title: x(n) }), 65, 'template.title', characters(66, 65)],
  [
    'customer_feedback: subtitle',
    (n) => feedback({ subtitle: x(n) }),
    80,
    'template.subtitle',
    characters(81, 80),
  ],
  [
    'customer_feedback: button',
    (n) => feedback({ buttonTitle: x(n) }),
    20,
    'template.buttonTitle',
    characters(21, 20),
  ],
  [
    'customer_feedback: screens',
    (n) => feedback({ feedbackScreens: many(n, { questions: [{ id: 'q', type: 'nps' }] }) }),
    1,
    'template.feedbackScreens',
    entries(2, 1),
  ],
  [
    'customer_feedback: questions',
    (n) => feedback({ feedbackScreens: [{ questions: many(n, { id: 'q', type: 'nps' }) }] }),
    1,
    'template.feedbackScreens.0.questions',
    entries(2, 1),
  ],
  [
    'customer_feedback: id',
    (n) => question({ id: x(n) }),
    80,
    'template.feedbackScreens.0.questions.0.id',
    characters(81, 80),
  ],
  [
    'customer_feedback: question',
    (n) => question({ title: x(n) }),
    85,
    'template.feedbackScreens.0.questions.0.title',
    characters(86, 85),
  ],
  [
    'customer_feedback: placeholder',
    (n) => question({ followUp: { placeholder: x(n) } }),
    65,
    'template.feedbackScreens.0.questions.0.followUp.placeholder',
    characters(66, 65),
  ],
  [
    'customer_feedback: expiry',
    (n) => feedback({ expiresInDays: n }),
    7,
    'template.expiresInDays',
    'must be between 1 and 7; Meta takes no other',
  ],
  [
    'the depth of components',
    (n) => templateWith({ type: 'utility', name: 'A', language: 'en', components: [nested(n - 2)] }),
    20,
    'template.components',
    'is nested deeper than 20 levels; deskbridge takes no more',
  ],
]

test.each(longest)('%s', (_name, make, limit, path, message) => {
  expect(faultsOf(make(limit))).toEqual([])
  expect(faultsOf(make(limit + 1))).toEqual([{ path, message }])
})
