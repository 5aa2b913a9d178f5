import { describe, expect, test } from 'vitest'
import type { Outgoing } from '../../src/domain/outgoing.ts'
import { composeParts, uploadIdOf, withMetadata } from '../../src/meta/outgoing/compose.ts'
import { outgoingSchema, readOutgoing } from '../../src/meta/outgoing/schema.ts'

const onMessenger = { channel: 'messenger', attachmentId: '1857777774821032' } as const
const onInstagram = { channel: 'instagram' } as const

describe('a text for which one message is too small', () => {
  const text = `${'a'.repeat(1900)}\n\n${'b'.repeat(1900)}\n\n${'c'.repeat(100)}`
  const message: Outgoing = { text, replyTo: 'm_1', quickReplies: [{ type: 'text', title: 'Thanks' }] }

  test('answers with its first part, and asks under its last', () => {
    expect(composeParts(message, onMessenger).map(({ body }) => body)).toEqual([
      { message: { text: 'a'.repeat(1900) }, reply_to: { mid: 'm_1' } },
      {
        message: {
          text: 'b'.repeat(1900),
        },
      },
      {
        message: {
          text: 'c'.repeat(100),
          quick_replies: [{ content_type: 'text', title: 'Thanks', payload: 'Thanks' }],
        },
      },
    ])
  })

  test('has more parts on Instagram', () => {
    expect(composeParts(message, onInstagram)).toHaveLength(5)
  })

  test('always makes the same parts', () => {
    expect(composeParts(message, onMessenger)).toEqual(composeParts(message, onMessenger))
  })
})

describe('withMetadata', () => {
  test('gives a message the id of its echo, and changes nothing else', () => {
    const [part] = composeParts({ text: 'Hi', replyTo: 'm_1' }, onMessenger)
    const before = structuredClone(part)
    expect(part && withMetadata(part, 'rpl_1')).toEqual({
      kind: 'message',
      rate: 'text',
      body: { message: { text: 'Hi', metadata: 'rpl_1' }, reply_to: { mid: 'm_1' } },
    })
    expect(part).toEqual(before)
  })

  test('leaves an action as it is', () => {
    const [part] = composeParts({ seen: true }, onMessenger)
    expect(part && withMetadata(part, 'rpl_1')).toBe(part)
  })
})

describe('a raw body', () => {
  test('is sent as it is, as an answer if one is asked for', () => {
    const raw = { message: { text: 'Hi' }, notification_type: 'NO_PUSH', new_field: { a: [1] } }
    expect(composeParts({ raw }, onMessenger)).toEqual([{ kind: 'message', rate: 'text', body: raw }])
    expect(composeParts({ raw, replyTo: 'm_1' }, onMessenger)[0]?.body).toEqual({
      ...raw,
      reply_to: { mid: 'm_1' },
    })
  })

  test('leaves its type and tag to policy', () => {
    const message = { text: 'Hi' }
    const raw = { message, messaging_type: 'MESSAGE_TAG', tag: 'HUMAN_AGENT' }
    expect(composeParts({ raw }, onMessenger)[0]?.body).toEqual({ message })
  })

  test('is an action if it says so', () => {
    const raw = { sender_action: 'react', payload: { message_id: 'm', reaction: 'x' } }
    expect(composeParts({ raw }, onMessenger)).toEqual([{ kind: 'action', rate: 'text', body: raw }])
  })

  test('counts as media if it shows a video', () => {
    const raw = { message: { attachment: { type: 'video', payload: { url: 'https://a/b' } } } }
    expect(composeParts({ raw }, onMessenger)[0]?.rate).toBe('media')
  })
})

describe('uploads', () => {
  const shown: [string, Outgoing][] = [
    ['an attachment', { attachment: { type: 'image', uploadId: 'upl_1' } }],
    [
      'a media template',
      { template: { type: 'media', elements: [{ mediaType: 'image', uploadId: 'upl_1' }] } },
    ],
  ]

  test.each(shown)('of %s are named, and must be known to Meta first', (_name, message) => {
    expect(uploadIdOf(message)).toBe('upl_1')
    expect(() => composeParts(message, onInstagram)).toThrow('attachmentId')
    expect(JSON.stringify(composeParts(message, onMessenger))).not.toContain('upl_1')
  })

  test.each<[string, Outgoing]>([
    ['text', { text: 'Hi' }],
    ['a URL', { attachment: { type: 'image', url: 'https://a/b' } }],
    [
      "an id of Meta's",
      { template: { type: 'media', elements: [{ mediaType: 'image', attachmentId: '1' }] } },
    ],
  ])('%s shows none', (_name, message) => {
    expect(uploadIdOf(message)).toBeUndefined()
    expect(composeParts(message, onInstagram)).toHaveLength(1)
  })
})

test('lists with nothing in them are left out', () => {
  const cards = { type: 'generic', elements: [{ title: 'A', subtitle: 'B', buttons: [] }] }
  expect(composeParts({ template: cards, quickReplies: [] }, onMessenger)[0]?.body).toEqual({
    message: {
      attachment: {
        type: 'template',
        payload: { template_type: 'generic', elements: [{ title: 'A', subtitle: 'B' }] },
      },
    },
  })
})

test('a utility template without parameters has no components', () => {
  const { message } = readOutgoing(
    outgoingSchema.parse({ template: { type: 'utility', name: 'closed', language: 'en' } }),
  )
  expect(composeParts(message, onMessenger)[0]?.body).toEqual({
    message: { template: { name: 'closed', language: { code: 'en' } } },
  })
})

test('a tap on a card opens a page also if it is not said how', () => {
  const cards = { type: 'generic', elements: [{ title: 'A', defaultAction: { url: 'https://a' } }] }
  const { message } = readOutgoing(outgoingSchema.parse({ template: cards }))
  expect(JSON.stringify(composeParts(message, onMessenger))).toContain(
    '"default_action":{"type":"web_url","url":"https://a"}',
  )
})

test.each([
  ['❤️', 'instagram', 'love'],
  ['❤', 'instagram', 'love'],
  ['👍', 'instagram', '👍'],
  ['❤️', 'messenger', '❤️'],
] as const)('the reaction %s is on %s %s', (emoji, channel, reaction) => {
  expect(composeParts({ reaction: { mid: 'm', emoji } }, { channel })[0]?.body).toEqual({
    sender_action: 'react',
    payload: { message_id: 'm', reaction },
  })
})

test('typing ends', () => {
  expect(composeParts({ typing: false }, onMessenger)).toEqual([
    { kind: 'action', rate: 'text', body: { sender_action: 'typing_off' } },
  ])
})
