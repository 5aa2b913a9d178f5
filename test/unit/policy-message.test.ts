import { describe, expect, test } from 'vitest'
import type { Outgoing } from '../../src/domain/outgoing.ts'
import { policyMessage } from '../../src/meta/policy/policy-message.ts'

const said = (message: Outgoing) => policyMessage({ message, agent: null, topic: null })
const attached = (template_type: string) => ({
  message: { attachment: { type: 'template', payload: { template_type } } },
})

describe('kind', () => {
  test.each<[Outgoing, string]>([
    [{ text: 'hello' }, 'text'],
    [{ text: '' }, 'text'],
    [{ attachment: { type: 'image', url: 'https://example.com/a.png' } }, 'attachment'],
    [{ template: { type: 'generic' } }, 'template'],
    [{ template: { type: 'receipt' } }, 'template'],
    [{ template: { type: 'utility' } }, 'utility'],
    [{ template: { type: 'customer_feedback' } }, 'customer_feedback'],
    [{ reaction: { mid: 'm_1', emoji: null } }, 'action'],
    [{ typing: true }, 'action'],
    [{ typing: false }, 'action'],
    [{ seen: true }, 'action'],
    [{ raw: { message: { text: 'hello' } } }, 'raw'],
    [{ raw: { message: { sticker_id: 1 } } }, 'raw'],
    [{ raw: attached('generic') }, 'raw'],
    [{ raw: attached('customer_feedback') }, 'customer_feedback'],
    [{ raw: attached('utility') }, 'utility'],
    [{ raw: { sender_action: 'typing_on' } }, 'action'],
    [{ raw: { messaging_type: 'UTILITY', message: { text: 'hello' } } }, 'utility'],
    [{ raw: { message: { template: { name: 'shipped' } } } }, 'utility'],
    [{ raw: { template: { name: 'shipped' } } }, 'utility'],
    [{ raw: {} }, 'raw'],
    [{ raw: { message: null } }, 'raw'],
    [{ raw: { message: { attachment: [] } } }, 'raw'],
    [{ raw: { message: { attachment: { payload: 'x' } } } }, 'raw'],
  ])('%j: %s', (message, kind) => {
    expect(said(message).kind).toBe(kind)
  })
})

describe('tag', () => {
  test.each<[Outgoing, string | null]>([
    [{ text: 'hello' }, null],
    [{ raw: { message: {} } }, null],
    [{ raw: { tag: null } }, null],
    [{ raw: { tag: 'ACCOUNT_UPDATE' } }, 'ACCOUNT_UPDATE'],
    [{ raw: { tag: ['HUMAN_AGENT'] } }, '["HUMAN_AGENT"]'],
    [{ raw: { tag: 0 } }, '0'],
  ])('%j: %s', (message, tag) => {
    expect(said(message).tag).toBe(tag)
  })
})

test('whoever is named speaks as a person', () => {
  const message = { text: 'hello' }
  expect(policyMessage({ message, agent: { name: 'Ada' }, topic: null }).speaker).toBe('agent')
  expect(policyMessage({ message, agent: null, topic: null }).speaker).toBe('bot')
})

test('topic and private reply come through', () => {
  const privateReply = { createdAt: 5, alreadySent: true }
  expect(policyMessage({ message: { text: 'a' }, agent: null, topic: 'orders' }, privateReply)).toEqual({
    speaker: 'bot',
    kind: 'text',
    topic: 'orders',
    privateReply,
    tag: null,
  })
  expect(said({ text: 'a' }).privateReply).toBeNull()
})
