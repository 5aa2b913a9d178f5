import { describe, expect, test } from 'vitest'
import {
  INSTAGRAM,
  only,
  OTHER_PAGE,
  OTHER_TOKEN,
  PAGE,
  PSID,
  reply,
  useSimulatedMeta,
  verdict,
} from '../support/simulated-meta.ts'

const meta = useSimulatedMeta()

const text = (length: number) => 'x'.repeat(length)
const image = { type: 'image', payload: { url: 'https://cdn.example/1.png' } }
const quickReply = { content_type: 'text', title: 'Yes', payload: 'YES' }
const times = <T>(count: number, one: T) => Array.from({ length: count }, () => one)

describe('a message', () => {
  test.each([
    ['text', { text: text(1999) }, { text: text(2000) }],
    ['metadata', { text: 'x', metadata: text(999) }, { text: 'x', metadata: text(1000) }],
    [
      'quick replies',
      { text: 'x', quick_replies: times(13, quickReply) },
      { text: 'x', quick_replies: times(14, quickReply) },
    ],
    [
      'the title of a quick reply',
      { text: 'x', quick_replies: [{ ...quickReply, title: text(20) }] },
      { text: 'x', quick_replies: [{ ...quickReply, title: text(21) }] },
    ],
    [
      'the payload of a quick reply',
      { text: 'x', quick_replies: [{ ...quickReply, payload: text(1000) }] },
      { text: 'x', quick_replies: [{ ...quickReply, payload: text(1001) }] },
    ],
    ['images in one message', { attachments: times(30, image) }, { attachments: times(31, image) }],
  ])('has a greatest size: %s', async (_name, greatest, tooGreat) => {
    expect(verdict(await meta.send(reply(greatest)))).toBe('200')
    expect(verdict(await meta.send(reply(tooGreat)))).toBe('100')
    expect(meta.simulator.sent).toHaveLength(1)
  })

  test.each([
    [
      'quick replies asking for phone and mail',
      {
        text: 'x',
        quick_replies: [{ content_type: 'user_phone_number' }, { content_type: 'user_email' }],
      },
    ],
    ['quick replies with an attachment', { attachment: image, quick_replies: [quickReply] }],
    [
      'a file by its address',
      { attachment: { type: 'file', payload: { url: 'https://cdn.example/1.pdf' } } },
    ],
    ['a sticker', { sticker_id: 369239263222822 }],
  ])('may be %s', async (_name, message) => {
    expect(verdict(await meta.send(reply(message)))).toBe('200')
  })

  test.each([
    ['nothing', {}],
    ['quick replies alone', { quick_replies: [quickReply] }],
    ['quick replies with a sticker', { sticker_id: 1, quick_replies: [quickReply] }],
    ['a quick reply asking for the location', { text: 'x', quick_replies: [{ content_type: 'location' }] }],
    [
      'a quick reply without a payload',
      { text: 'x', quick_replies: [{ content_type: 'text', title: 'Yes' }] },
    ],
    ['an attachment of an unknown type', { attachment: { ...image, type: 'location' } }],
    ['an attachment without a source', { attachment: { type: 'image', payload: {} } }],
    [
      'an attachment with an address that is none',
      { attachment: { type: 'image', payload: { url: 'cat.png' } } },
    ],
    ['an attachment on a disk', { attachment: { type: 'image', payload: { url: 'file:///cat.png' } } }],
    ['several attachments that are not all images', { attachments: [image, { ...image, type: 'video' }] }],
    ['a key that nobody knows', { text: 'x', subject: 'Hello' }],
  ])('is refused when it is %s', async (_name, message) => {
    expect(verdict(await meta.send(reply(message)))).toBe('100')
    expect(meta.simulator.sent).toEqual([])
  })

  test('answers one in particular, of the same conversation', async () => {
    const { mid } = await meta.simulator.write({ pageId: PAGE, psid: PSID, text: 'Which size?' })
    const other = await meta.simulator.write({ pageId: PAGE, psid: '77', text: 'Hi' })
    expect(verdict(await meta.send({ ...reply({ text: 'M' }), reply_to: { mid } }))).toBe('200')
    expect(verdict(await meta.send({ ...reply({ text: 'M' }), reply_to: { mid: other.mid } }))).toBe('100')
    expect(verdict(await meta.send({ ...reply({ text: 'M' }), reply_to: { mid: 'm_unknown' } }))).toBe('100')
    await meta.simulator.idle()
    expect(meta.events().at(-1)).toMatchObject({ message: { is_echo: true, text: 'M', reply_to: { mid } } })
  })

  test('is of one type: a tag, a template of its own, or neither', async () => {
    const send = (more: object, message = {}) => meta.send({ ...reply({ text: 'x', ...message }), ...more })
    for (const more of [
      { messaging_type: 'UPDATE' },
      { messaging_type: 'MESSAGE_TAG', tag: 'HUMAN_AGENT' },
      { notification_type: 'NO_PUSH' },
    ]) {
      expect([more, verdict(await send(more))]).toEqual([more, '200'])
    }
    for (const more of [
      { tag: 'HUMAN_AGENT' },
      { messaging_type: 'MESSAGE_TAG', tag: 'CONFIRMED_EVENT_UPDATE' },
      { messaging_type: 'MESSAGE_TAG', tag: 'POST_PURCHASE_UPDATE' },
      { messaging_type: 'MESSAGE_TAG', tag: 'CUSTOMER_FEEDBACK' },
      { messaging_type: 'UTILITY' },
      { notification_type: 'LOUD' },
      { persona_id: '123' },
    ]) {
      expect([more, verdict(await send(more))]).toEqual([more, '100'])
    }
  })
})

describe('a recipient', () => {
  test.each([
    ['two at once', { id: PSID, user_ref: 'r' }],
    ['a phone number', { phone_number: '+49' }],
    ['a token of the marketing messages that ended', { notification_messages_token: 't' }],
    ['a number', { id: 2400000000000001 }],
  ])('is not %s', async (_name, recipient) => {
    expect(verdict(await meta.send({ ...reply({ text: 'x' }), recipient }))).toBe('100')
  })

  test('by a checkbox reference: the answer names nobody, and no echo comes', async () => {
    await meta.simulator.optIn({ pageId: PAGE, userRef: 'ref-1' })
    const { body } = await meta.send({ ...reply({ text: 'x' }), recipient: { user_ref: 'ref-1' } })
    expect(body).toEqual({ message_id: expect.stringMatching(/^m_/) })
    await meta.simulator.idle()
    expect(only(meta.events())).toMatchObject({ sender: { user_ref: 'ref-1' }, optin: { user_ref: 'ref-1' } })
    expect(meta.simulator.shown({ psid: 'user_ref:ref-1' })).toMatchObject([{ text: 'x' }])
  })
})

describe('a sender action', () => {
  const act = (more: object) => meta.send({ recipient: { id: PSID }, ...more })

  test('is answered with the recipient, and shows nothing', async () => {
    for (const sender_action of ['typing_on', 'typing_off', 'mark_seen']) {
      expect(await act({ sender_action })).toMatchObject({ status: 200, body: { recipient_id: PSID } })
    }
    expect((await act({ sender_action: 'typing_on' })).body).toEqual({ recipient_id: PSID })
    expect([meta.simulator.sent, meta.simulator.shown()]).toEqual([[], []])
    expect(meta.simulator.stats().pages[PAGE]).toMatchObject({ sends: 0, senderActions: 4 })
  })

  test('goes without a message, and a call has one of the two', async () => {
    const both = { ...reply({ text: 'x' }), sender_action: 'typing_on' }
    expect(verdict(await meta.send(both))).toBe('100/2018014')
    expect(verdict(await meta.send({ recipient: { id: PSID } }))).toBe('100/2018014')
  })

  test('reacts to a message of the conversation with one emoji, and takes it back', async () => {
    const { mid } = await meta.simulator.write({ pageId: PAGE, psid: PSID, text: 'Thanks' })
    const shown = () => only(meta.simulator.shown({ psid: PSID }))
    const react = (reaction?: string) =>
      act({ sender_action: 'react', payload: { message_id: mid, ...(reaction && { reaction }) } })
    for (const reaction of ['❤️', '❤', '👍🏽', '🇩🇪', '👩‍👩‍👧', '1️⃣']) {
      expect([reaction, verdict(await react(reaction))]).toEqual([reaction, '200'])
      expect(shown()).toMatchObject({ reaction })
    }
    for (const reaction of [undefined, 'love', 'x', '👍👍']) {
      expect([reaction, verdict(await react(reaction))]).toEqual([reaction, '100'])
    }
    const unreact = (payload?: object) => act({ sender_action: 'unreact', ...(payload && { payload }) })
    expect(verdict(await unreact())).toBe('100')
    expect(verdict(await unreact({ message_id: mid, reaction: '❤️' }))).toBe('100')
    expect(verdict(await unreact({ message_id: mid }))).toBe('200')
    expect(shown()).not.toHaveProperty('reaction')
  })

  test.each([
    ['an unknown action', { sender_action: 'wave' }],
    ['a persona', { sender_action: 'typing_on', persona_id: '1' }],
    ['a payload that has no place', { sender_action: 'typing_on', payload: { message_id: 'm_1' } }],
    [
      'a message that is not there',
      { sender_action: 'react', payload: { message_id: 'm_1', reaction: '👍' } },
    ],
    [
      'a message of somebody else',
      { sender_action: 'react', payload: { message_id: 'm_else', reaction: '👍' } },
    ],
    ['a user_ref', { sender_action: 'typing_on', recipient: { user_ref: 'r' } }],
  ])('is refused with %s', async (_name, more) => {
    await meta.simulator.write({ pageId: PAGE, psid: '77', text: 'Hi', mid: 'm_else' })
    expect(verdict(await act(more))).toBe('100')
  })
})

describe('Instagram', () => {
  const send = (message: object, more: object = {}) =>
    meta.sendOnInstagram({ recipient: { id: PSID }, message, ...more })
  const button = { type: 'postback', title: 'Buy', payload: 'BUY' }
  const template = (payload: object) => ({ attachment: { type: 'template', payload } })

  test('counts bytes, not characters', async () => {
    expect(verdict(await send({ text: text(1000) }))).toBe('200')
    expect(verdict(await send({ text: text(1001) }))).toBe('100')
    expect(verdict(await send({ text: 'ä'.repeat(500) }))).toBe('200')
    expect(verdict(await send({ text: 'ä'.repeat(501) }))).toBe('100')
  })

  test('is told apart in what the webhook hears, and knows its linked Page', async () => {
    const body = { recipient: { id: PSID }, message: { text: 'x' } }
    const call = { token: 'token-of-the-account', body }
    expect((await meta.graph('POST', '55/messages', call)).status).toBe(200)
    await meta.simulator.idle()
    expect(JSON.parse(only(meta.webhook.received).bytes.toString())).toMatchObject({
      object: 'instagram',
      entry: [{ id: INSTAGRAM, messaging: [{ message: { is_echo: true } }] }],
    })
  })

  test('has fewer buttons and templates', async () => {
    const generic = (one: object) =>
      template({ template_type: 'generic', elements: [{ title: 'Shoe', buttons: [one] }] })
    expect(verdict(await send(generic(button)))).toBe('200')
    expect(verdict(await send(generic({ type: 'phone_number', title: 'Call', payload: '+49' })))).toBe('100')
    expect(verdict(await send(template({ template_type: 'button', text: 'x', buttons: [button] })))).toBe(
      '200',
    )
    const media = { media_type: 'image', url: 'https://www.facebook.com/1' }
    expect(verdict(await send(template({ template_type: 'media', elements: [media] })))).toBe('100')
  })

  test('reacts with love only', async () => {
    const { mid } = await meta.simulator.write({ pageId: INSTAGRAM, psid: PSID, text: 'Hi' })
    const react = (reaction: string) =>
      meta.sendOnInstagram({
        recipient: { id: PSID },
        sender_action: 'react',
        payload: { message_id: mid, reaction },
      })
    expect(verdict(await react('love'))).toBe('200')
    expect(verdict(await react('❤️'))).toBe('100')
  })

  test.each([
    ['stickers', { sticker_id: 1 }, {}],
    ['several images', { attachments: [image] }, {}],
    ['personas', { text: 'x' }, { persona_id: '1' }],
    [
      'utility templates',
      { template: { name: 'a', language: { code: 'en' } } },
      { messaging_type: 'UTILITY' },
    ],
  ])('has no %s', async (_name, message, more) => {
    expect(verdict(await send(message, more))).toBe('100')
  })
})

test('a message that two Pages share is known to its own only', async () => {
  const { mid } = await meta.simulator.write({ pageId: PAGE, psid: PSID, text: 'Hi' })
  const body = { ...reply({ text: 'x' }), reply_to: { mid } }
  expect(verdict(await meta.graph('POST', `${OTHER_PAGE}/messages`, { token: OTHER_TOKEN, body }))).toBe(
    '100',
  )
})
