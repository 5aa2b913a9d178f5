import { outgoingSchema } from '../../src/meta/outgoing/schema.ts'

/** Bodies of replies that pass, to put one thing more or other into, and what stands against one. */

export const x = (length: number) => 'x'.repeat(length)
export const many = <T>(count: number, one: T) => Array.from({ length: count }, () => one)
export const picture = 'https://shop.example/a.png'
export const postback = (more: object = {}) => ({ type: 'postback', title: 'Yes', payload: 'YES', ...more })

export const templateWith = (template: object) => ({ template })
export const generic = (card: object) =>
  templateWith({ type: 'generic', elements: [{ title: 'A', subtitle: 'B', ...card }] })
export const buttons = (...list: object[]) => templateWith({ type: 'button', text: 'Hi', buttons: list })
export const media = (element: object) =>
  templateWith({ type: 'media', elements: [{ mediaType: 'image', attachmentId: '1', ...element }] })
export const grid = (element: object) =>
  templateWith({ type: 'image_grid', elements: [{ images: many(2, { url: picture }), ...element }] })
export const receipt = (more: object) =>
  templateWith({
    type: 'receipt',
    recipientName: 'Ada',
    orderNumber: '1',
    currency: 'EUR',
    paymentMethod: 'Visa 1234',
    summary: { totalCost: 1 },
    ...more,
  })
export const coupon = (more: object) => templateWith({ type: 'coupon', title: 'A', couponCode: 'B', ...more })
export const products = (count: number) =>
  templateWith({ type: 'product', elements: many(count, { id: '1' }) })
export const feedback = (more: object) =>
  templateWith({
    type: 'customer_feedback',
    title: 'A',
    subtitle: 'B',
    buttonTitle: 'C',
    feedbackScreens: [{ questions: [{ id: 'q', type: 'csat' }] }],
    businessPrivacy: { url: 'https://shop.example/privacy' },
    ...more,
  })
export const question = (more: object) =>
  feedback({ feedbackScreens: [{ questions: [{ id: 'q', type: 'csat', ...more }] }] })
export const quickReplies = (...list: object[]) => ({ text: 'Hi', quickReplies: list })

/** An object that is so many levels deeper than an empty one. */
export function nested(depth: number): object {
  let value: object = {}
  for (let level = 0; level < depth; level++) value = { a: value }
  return value
}

/** The faults of a body as REST tells them, but for `body.` before the path. */
export function faultsOf(body: unknown): { path: string; message: string }[] {
  const { error } = outgoingSchema.safeParse(body)
  return (error?.issues ?? []).map(({ path, message }) => ({ path: path.join('.'), message }))
}
