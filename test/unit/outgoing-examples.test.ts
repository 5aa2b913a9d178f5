import { expect, test } from 'vitest'
import { composeParts } from '../../src/meta/outgoing/compose.ts'
import { replyExamples } from '../../src/meta/outgoing/examples.ts'
import { outgoingSchema, readOutgoing } from '../../src/meta/outgoing/schema.ts'

const attachmentId = '1857777774821032'

const template = (payload: object) => ({ message: { attachment: { type: 'template', payload } } })
const attachment = (type: string, payload: object) => ({ message: { attachment: { type, payload } } })

/** The body of each example's only part, as Meta's documents have it. */
const bodies: Record<string, object> = {
  text: { message: { text: 'Hello Ada, your parcel leaves today.' } },
  textByAgent: { message: { text: 'Hello Ada, I have looked into it.' } },
  textInReply: { message: { text: 'Yes, this one.' }, reply_to: { mid: 'm_AG5Hz2Uq7tuwNEhXfYYKj8mJEM' } },
  textWithQuickReplies: {
    message: {
      text: 'How may we reach you?',
      quick_replies: [
        {
          content_type: 'text',
          title: 'Here',
          payload: 'REACH_HERE',
          image_url: 'https://shop.example/here.png',
        },
        { content_type: 'user_phone_number' },
        { content_type: 'user_email' },
      ],
    },
  },
  image: attachment('image', { url: 'https://shop.example/size-table.png' }),
  audio: attachment('audio', { url: 'https://shop.example/greeting.mp3' }),
  video: attachment('video', { url: 'https://shop.example/assembly.mp4' }),
  file: attachment('file', { attachment_id: attachmentId }),
  generic: template({
    template_type: 'generic',
    elements: [
      {
        title: 'Straw hat',
        subtitle: 'For every head',
        image_url: 'https://shop.example/hat.jpg',
        default_action: { type: 'web_url', url: 'https://shop.example/hat', webview_height_ratio: 'tall' },
        buttons: [
          { type: 'web_url', title: 'Look at it', url: 'https://shop.example/hat' },
          { type: 'postback', title: 'Put it aside', payload: 'KEEP_HAT' },
        ],
      },
    ],
  }),
  button: template({
    template_type: 'button',
    text: 'What may we do for you?',
    buttons: [
      { type: 'phone_number', title: 'Call us', payload: '+15105551234' },
      { type: 'account_link', url: 'https://shop.example/login' },
      { type: 'postback', title: 'Nothing, thank you', payload: 'NOTHING' },
    ],
  }),
  media: template({
    template_type: 'media',
    elements: [
      {
        media_type: 'video',
        attachment_id: attachmentId,
        buttons: [{ type: 'web_url', title: 'The manual', url: 'https://shop.example/manual' }],
      },
    ],
  }),
  receipt: template({
    template_type: 'receipt',
    recipient_name: 'Ada Lovelace',
    order_number: '2026-000123',
    currency: 'EUR',
    payment_method: 'Visa 1234',
    order_url: 'https://shop.example/orders/2026-000123',
    timestamp: '1795255200',
    address: {
      street_1: '12 St James Square',
      city: 'London',
      postal_code: 'SW1Y 4JH',
      state: 'London',
      country: 'GB',
    },
    elements: [
      {
        title: 'Straw hat',
        subtitle: 'Size M',
        quantity: 2,
        price: 25,
        currency: 'EUR',
        image_url: 'https://shop.example/hat.jpg',
      },
    ],
    summary: { subtotal: 50, shipping_cost: 4.95, total_tax: 8.77, total_cost: 44.95 },
    adjustments: [{ name: 'New customer', amount: 10 }],
  }),
  coupon: template({
    template_type: 'coupon',
    title: '10 % off everything',
    subtitle: 'Once per customer',
    coupon_code: 'HATS10',
    coupon_url: 'https://shop.example',
    coupon_url_button_title: 'To the shop',
    payload: 'SPRING',
  }),
  product: template({ template_type: 'product', elements: [{ id: '4321098765432109' }] }),
  customerFeedback: template({
    template_type: 'customer_feedback',
    title: 'How did we do?',
    subtitle: 'Your answer helps us to do better.',
    button_title: 'Rate us',
    feedback_screens: [
      {
        questions: [
          {
            id: 'support_1',
            type: 'csat',
            title: 'How content are you with our help?',
            score_label: 'neg_pos',
            score_option: 'five_stars',
            follow_up: { type: 'free_form', placeholder: 'What could we do better?' },
          },
        ],
      },
    ],
    business_privacy: { url: 'https://shop.example/privacy' },
    expires_in_days: 3,
  }),
  utility: {
    message: {
      template: {
        name: 'parcel_left',
        language: { code: 'en_US' },
        components: [{ type: 'body', parameters: [{ type: 'text', text: '2026-000123' }] }],
      },
    },
  },
  imageGrid: template({
    template_type: 'image_grid',
    elements: [
      {
        title: 'New this week',
        images: [
          {
            url: 'https://shop.example/hat.jpg',
            is_hero_image: true,
            action: { type: 'web_url', url: 'https://shop.example/hat' },
          },
          { url: 'https://shop.example/cap.jpg', action: { type: 'postback', payload: 'CAP' } },
        ],
        buttons: [{ type: 'web_url', title: 'To the shop', url: 'https://shop.example' }],
      },
    ],
  }),
  reaction: {
    sender_action: 'react',
    payload: { message_id: 'm_AG5Hz2Uq7tuwNEhXfYYKj8mJEM', reaction: '👍' },
  },
  noReaction: { sender_action: 'unreact', payload: { message_id: 'm_AG5Hz2Uq7tuwNEhXfYYKj8mJEM' } },
  typing: { sender_action: 'typing_on' },
  seen: { sender_action: 'mark_seen' },
  raw: { message: { sticker_id: '369239263222822' } },
}

test.each(Object.entries(replyExamples))('the example %s becomes what Meta takes', (name, { value }) => {
  const { message } = readOutgoing(outgoingSchema.parse(value))
  const parts = composeParts(message, { channel: 'messenger', attachmentId })
  expect(parts.map(({ body }) => body)).toEqual([bodies[name]])
  const isAction = ['reaction', 'noReaction', 'typing', 'seen'].includes(name)
  expect(parts[0]?.kind).toBe(isAction ? 'action' : 'message')
  expect(parts[0]?.rate).toBe(['audio', 'video', 'media'].includes(name) ? 'media' : 'text')
})
