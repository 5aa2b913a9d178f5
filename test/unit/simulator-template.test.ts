import { describe, expect, test } from 'vitest'
import { PAGE, PSID, reply, useSimulatedMeta, verdict } from '../support/simulated-meta.ts'

const meta = useSimulatedMeta()

const text = (length: number) => 'x'.repeat(length)
const times = <T>(count: number, one: T) => Array.from({ length: count }, () => one)
const url = 'https://shop.example/'
const postback = { type: 'postback', title: 'Buy', payload: 'BUY' }

async function send(payload: object) {
  return verdict(await meta.send(reply({ attachment: { type: 'template', payload } })))
}

const element = { title: 'Shoe', subtitle: 'Red' }
const generic = (...elements: object[]) => ({ template_type: 'generic', elements })
const button = (...buttons: object[]) => ({ template_type: 'button', text: 'Well?', buttons })
const facebookImage = { media_type: 'image', url: 'https://www.facebook.com/photo/?fbid=1' }
const media = (...elements: object[]) => ({ template_type: 'media', elements })
const grid = (more: object, count = 2) => ({
  template_type: 'image_grid',
  elements: [{ images: times(count, { url }), ...more }],
})
const receipt = {
  template_type: 'receipt',
  recipient_name: 'Ada',
  order_number: 'o-1',
  currency: 'EUR',
  payment_method: 'Card',
  summary: { total_cost: 12.5 },
}
const coupon = { template_type: 'coupon', title: '10 % off', coupon_code: 'TEN' }
const question = { id: 'q_1', type: 'csat', title: 'How was it?' }
const feedback = {
  template_type: 'customer_feedback',
  title: 'Tell us',
  button_title: 'Rate',
  feedback_screens: [{ questions: [question] }],
  business_privacy: { url },
}
const asked = (more: object) => ({
  ...feedback,
  feedback_screens: [{ questions: [{ ...question, ...more }] }],
})

describe('templates: at the limit, and one more', () => {
  test.each([
    ['generic: elements', generic(...times(10, element)), generic(...times(11, element))],
    ['generic: title', generic({ ...element, title: text(80) }), generic({ ...element, title: text(81) })],
    [
      'generic: subtitle',
      generic({ ...element, subtitle: text(80) }),
      generic({ ...element, subtitle: text(81) }),
    ],
    [
      'generic: buttons',
      generic({ ...element, buttons: times(3, postback) }),
      generic({ ...element, buttons: times(4, postback) }),
    ],
    ['button: text', { ...button(postback), text: text(640) }, { ...button(postback), text: text(641) }],
    ['button: buttons', button(...times(3, postback)), button(...times(4, postback))],
    ['button title', button({ ...postback, title: text(20) }), button({ ...postback, title: text(21) })],
    [
      'button payload',
      button({ ...postback, payload: text(1000) }),
      button({ ...postback, payload: text(1001) }),
    ],
    ['media: elements', media(facebookImage), media(facebookImage, facebookImage)],
    [
      'media: buttons',
      media({ ...facebookImage, buttons: times(3, postback) }),
      media({ ...facebookImage, buttons: times(4, postback) }),
    ],
    ['image_grid: images', grid({}, 6), grid({}, 7)],
    ['image_grid: title', grid({ title: text(45) }), grid({ title: text(46) })],
    ['image_grid: subtitle', grid({ subtitle: text(80) }), grid({ subtitle: text(81) })],
    [
      'image_grid: hero images',
      grid({ images: [{ url, is_hero_image: true }, { url }] }),
      grid({ images: times(2, { url, is_hero_image: true }) }),
    ],
    [
      'receipt: elements',
      { ...receipt, elements: times(100, { title: 'Shoe', price: 1 }) },
      { ...receipt, order_number: 'o-2', elements: times(101, { title: 'Shoe', price: 1 }) },
    ],
    [
      'receipt: timestamp in seconds',
      { ...receipt, timestamp: '1790000000' },
      { ...receipt, order_number: 'o-2', timestamp: '1790000000000' },
    ],
    [
      'product: products',
      { template_type: 'product', elements: times(10, { id: '1' }) },
      { template_type: 'product', elements: times(11, { id: '1' }) },
    ],
    ['coupon: title', { ...coupon, title: text(80) }, { ...coupon, title: text(81) }],
    ['coupon: subtitle', { ...coupon, subtitle: text(80) }, { ...coupon, subtitle: text(81) }],
    ['feedback: title', { ...feedback, title: text(65) }, { ...feedback, title: text(66) }],
    ['feedback: button', { ...feedback, button_title: text(20) }, { ...feedback, button_title: text(21) }],
    ['feedback: id', asked({ id: text(80) }), asked({ id: text(81) })],
    ['feedback: question', asked({ title: text(85) }), asked({ title: text(86) })],
    [
      'feedback: placeholder',
      asked({ follow_up: { type: 'free_form', placeholder: text(65) } }),
      asked({ follow_up: { type: 'free_form', placeholder: text(66) } }),
    ],
    ['feedback: days', { ...feedback, expires_in_days: 7 }, { ...feedback, expires_in_days: 8 }],
    [
      'one-time notification: title',
      { template_type: 'one_time_notif_req', title: text(65), payload: 'P' },
      { template_type: 'one_time_notif_req', title: text(66), payload: 'P' },
    ],
  ])('%s', async (_name, greatest, tooGreat) => {
    expect(await send(greatest)).toBe('200')
    expect(await send(tooGreat)).toBe('100')
  })
})

test.each([
  ['of an unknown type', { template_type: 'carousel', elements: [element] }],
  ['of a type that ended', { template_type: 'notification_messages', title: 'x', payload: 'x' }],
  ['generic with a title and nothing else', generic({ title: 'Shoe' })],
  ['generic without a title', generic({ subtitle: 'Red' })],
  ['generic without elements', generic()],
  ['button without buttons', button()],
  ['with an unknown button', button({ type: 'share', title: 'Share' })],
  ['with a button without its payload', button({ type: 'postback', title: 'Buy' })],
  ['with a link that is none', button({ type: 'web_url', title: 'Go', url: 'shop' })],
  [
    'media with an address outside Facebook',
    media({ media_type: 'image', url: 'https://notfacebook.com/1' }),
  ],
  ['media with no address at all', media({ media_type: 'image', url: 'nowhere' })],
  ['media with neither id nor address', media({ media_type: 'image' })],
  ['media with both', media({ ...facebookImage, attachment_id: '1' })],
  ['media with audio', media({ media_type: 'audio', url: facebookImage.url })],
  ['image_grid with one image', grid({}, 1)],
  [
    'image_grid with a call button',
    grid({ buttons: [{ type: 'phone_number', title: 'Call', payload: '+49' }] }),
  ],
  ['receipt without a total', { ...receipt, summary: {} }],
  ['receipt without an order number', { ...receipt, order_number: undefined }],
  ['coupon with spaces in its code', { ...coupon, coupon_code: 'TEN PERCENT' }],
  ['coupon with neither code nor address', { ...coupon, coupon_code: undefined }],
  ['feedback with two questions', { ...feedback, feedback_screens: [{ questions: [question, question] }] }],
  ['feedback with two screens', { ...feedback, feedback_screens: times(2, { questions: [question] }) }],
  ['feedback without a privacy address', { ...feedback, business_privacy: undefined }],
  ['feedback with a question of four characters', asked({ title: 'Hm?!' })],
  ['feedback with a dash in the id', asked({ id: 'q-1' })],
])('a template is refused: %s', async (_name, payload) => {
  expect(await send(payload)).toBe('100')
})

test.each([
  ['web_url', { type: 'web_url', title: 'Go', url, webview_height_ratio: 'full' }],
  ['phone_number', { type: 'phone_number', title: 'Call', payload: '+4930123' }],
  ['account_link', { type: 'account_link', url }],
  ['account_unlink', { type: 'account_unlink' }],
  ['game_play', { type: 'game_play', title: 'Play' }],
  ['audio_call', { type: 'audio_call', title: 'Call' }],
])('a button may be %s', async (_name, one) => {
  expect(await send(button(one))).toBe('200')
})

test('the number of an order is used once, by a message that was taken', async () => {
  meta.simulator.fail({ status: 500, error: { code: 2 } })
  expect(await send(receipt)).toBe('2')
  expect(await send(receipt)).toBe('200')
  expect(await send(receipt)).toBe('100')
  expect(await send({ ...receipt, order_number: 'o-2' })).toBe('200')
})

test('products are those of the catalogue, once it is known', async () => {
  const product = { template_type: 'product', elements: [{ id: '11' }] }
  expect(await send(product)).toBe('200')
  meta.simulator.page({ pageId: PAGE, products: ['22'] })
  expect(await send(product)).toBe('100/2018320')
  expect(await send({ ...product, elements: [{ id: '22' }] })).toBe('200')
})

test('media by an attachment id of the same kind', async () => {
  const { attachmentId } = meta.simulator.attachment({ pageId: PAGE, type: 'video' })
  expect(await send(media({ media_type: 'video', attachment_id: attachmentId }))).toBe('200')
  expect(await send(media({ media_type: 'image', attachment_id: attachmentId }))).toBe('100/2018047')
  expect(await send(media({ media_type: 'image', attachment_id: '1' }))).toBe('100/2018074')
})

describe('a utility template', () => {
  const body = { type: 'BODY', text: 'Hello {{1}}, order {{2}} left. {{1}}!' }
  const values = (count: number) => [{ type: 'body', parameters: times(count, { type: 'text', text: 'x' }) }]
  const use = async (template: object, more: object = {}) =>
    verdict(
      await meta.send({ recipient: { id: PSID }, messaging_type: 'UTILITY', message: { template }, ...more }),
    )
  const shipped = { name: 'shipped', language: { code: 'en' }, components: values(2) }

  test('is sent when it is approved, in its language, with all its values', async () => {
    expect(await use(shipped)).toBe('100')
    meta.simulator.template({ pageId: PAGE, name: 'shipped', components: [body] })
    expect(await use(shipped)).toBe('200')
    expect(await use(shipped, { messaging_type: 'RESPONSE' })).toBe('100')
    expect(await use({ ...shipped, language: { code: 'de' } })).toBe('100')
    expect(await use({ ...shipped, components: values(1) })).toBe('100')
    expect(await use({ name: 'shipped', language: { code: 'en' } })).toBe('100')
    meta.simulator.template({ pageId: PAGE, name: 'shipped', status: 'PAUSED', components: [body] })
    expect(await use(shipped)).toBe('100')
  })

  test('needs no values when it has no places for them', async () => {
    meta.simulator.template({ pageId: PAGE, name: 'hello' })
    expect(await use({ name: 'hello', language: { code: 'en' } })).toBe('200')
  })
})
