import { describe, expect, test } from 'vitest'
import type { Outgoing } from '../../src/domain/outgoing.ts'
import { channelFaults } from '../../src/meta/outgoing/channel-faults.ts'
import { replyExamples } from '../../src/meta/outgoing/examples.ts'
import { policyMessage } from '../../src/meta/policy/policy-message.ts'
import { outgoingSchema, readOutgoing } from '../../src/meta/outgoing/schema.ts'
import { words } from '../support/words.ts'

const examples = Object.entries(replyExamples).map(([name, { value }]): [string, Outgoing] => [
  name,
  readOutgoing(outgoingSchema.parse(value)).message,
])

describe('channelFaults', () => {
  test.each(examples)('the example %s may be sent on Messenger', (_name, message) => {
    expect(channelFaults(message, 'messenger')).toEqual([])
  })

  test('Instagram takes three of the templates', () => {
    const refused = examples.filter(([, message]) => channelFaults(message, 'instagram').length > 0)
    expect(refused.map(([name]) => name).sort()).toEqual(
      words('button coupon customerFeedback imageGrid media receipt utility'),
    )
    expect(channelFaults({ template: { type: 'coupon', title: 'A', couponCode: 'B' } }, 'instagram')).toEqual(
      [{ path: 'template.type', message: 'is coupon; Instagram takes only generic, button, product' }],
    )
  })

  test('and two of the buttons', () => {
    const buttons = [
      { type: 'web_url', title: 'A', url: 'https://a' },
      { type: 'phone_number', title: 'B', payload: '+1' },
      { type: 'postback', title: 'C', payload: 'D' },
      { type: 'account_unlink' },
    ]
    const card = { title: 'A', subtitle: 'B' }
    expect(
      channelFaults({ template: { type: 'generic', elements: [card, { ...card, buttons }] } }, 'instagram'),
    ).toEqual([
      {
        path: 'template.elements.1.buttons.1.type',
        message: 'is phone_number; Instagram takes only web_url and postback',
      },
      {
        path: 'template.elements.1.buttons.3.type',
        message: 'is account_unlink; Instagram takes only web_url and postback',
      },
    ])
    expect(channelFaults({ template: { type: 'button', text: 'Hi', buttons } }, 'instagram')).toEqual([
      {
        path: 'template.buttons.1.type',
        message: 'is phone_number; Instagram takes only web_url and postback',
      },
      {
        path: 'template.buttons.3.type',
        message: 'is account_unlink; Instagram takes only web_url and postback',
      },
    ])
  })

  test.each([
    ['messenger', 'a'.repeat(19_990), []],
    ['messenger', 'a '.repeat(9994), []],
    [
      'messenger',
      `${'a'.repeat(1100)} `.repeat(11),
      ['needs 11 messages of at most 1999 characters; deskbridge sends at most 10'],
    ],
    ['instagram', 'a'.repeat(10_000), []],
    [
      'instagram',
      'a'.repeat(10_001),
      ['needs 11 messages of at most 1000 bytes; deskbridge sends at most 10'],
    ],
    ['instagram', 'ä'.repeat(5000), []],
    ['instagram', 'ä'.repeat(5001), ['needs 11 messages of at most 1000 bytes; deskbridge sends at most 10']],
  ] as const)('on %s a text has at most ten parts: %#', (channel, text, messages) => {
    expect(channelFaults({ text }, channel)).toEqual(messages.map((message) => ({ path: 'text', message })))
  })

  test("Instagram's word for the heart is no emoji on Messenger", () => {
    const message: Outgoing = { reaction: { mid: 'm', emoji: 'love' } }
    expect(channelFaults(message, 'instagram')).toEqual([])
    expect(channelFaults(message, 'messenger')).toEqual([
      { path: 'reaction.emoji', message: 'must be one emoji on Messenger' },
    ])
  })
})

describe('what our rules see of a message', () => {
  const kindOf = (message: Outgoing) => policyMessage({ message, agent: null, topic: null }).kind

  test('of each example', () => {
    const kinds = Object.fromEntries(examples.map(([name, message]) => [name, kindOf(message)]))
    expect(kinds).toEqual({
      text: 'text',
      textByAgent: 'text',
      textInReply: 'text',
      textWithQuickReplies: 'text',
      image: 'attachment',
      audio: 'attachment',
      video: 'attachment',
      file: 'attachment',
      generic: 'template',
      button: 'template',
      media: 'template',
      receipt: 'template',
      coupon: 'template',
      product: 'template',
      imageGrid: 'template',
      customerFeedback: 'customer_feedback',
      utility: 'utility',
      reaction: 'action',
      noReaction: 'action',
      typing: 'action',
      seen: 'action',
      raw: 'raw',
    })
  })

  test.each<[Outgoing, string]>([
    [{ typing: false }, 'action'],
    [{ raw: { sender_action: 'typing_on' } }, 'action'],
  ])('%j is %s', (message, kind) => {
    expect(kindOf(message)).toBe(kind)
  })
})
