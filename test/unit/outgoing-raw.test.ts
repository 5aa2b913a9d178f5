import { describe, expect, test } from 'vitest'
import { outgoingSchema } from '../../src/meta/outgoing/schema.ts'
import { faultsOf } from '../support/outgoing-bodies.ts'
import { words } from '../support/words.ts'

describe('a raw body', () => {
  test.each<[string, object, string, string]>([
    [
      'nothing to send',
      { tag: 'HUMAN_AGENT_2' },
      'raw',
      'needs exactly one of message, sender_action; Meta takes no call with both or none',
    ],
    [
      'both',
      { message: {}, sender_action: 'typing_on' },
      'raw',
      'needs exactly one of message, sender_action; Meta takes no call with both or none',
    ],
    ['a message that is none', { message: 'Hi' }, 'raw.message', 'must be an object'],
    ['an action that is none', { sender_action: {} }, 'raw.sender_action', 'must be text'],
    [
      'metadata',
      { message: { text: 'Hi', metadata: 'mine' } },
      'raw.message.metadata',
      'is set by deskbridge, which knows its messages by it; leave it out',
    ],
    ...words('recipient access_token appsecret_proof method').map((key): [string, object, string, string] => [
      key,
      { message: {}, [key]: 'x' },
      `raw.${key}`,
      'is set by deskbridge; leave it out',
    ]),
    ...words('CONFIRMED_EVENT_UPDATE ACCOUNT_UPDATE POST_PURCHASE_UPDATE').map(
      (tag): [string, object, string, string] => [
        tag,
        { message: {}, messaging_type: 'MESSAGE_TAG', tag },
        'raw.tag',
        `is ${tag}, which Meta takes no more since 2026-04-27; use a utility template`,
      ],
    ),
    [
      'a bot that claims to be a person',
      { message: {}, tag: 'HUMAN_AGENT' },
      'raw.tag',
      'is HUMAN_AGENT, which Meta allows for what a person wrote; name the agent',
    ],
  ])('may not have %s', (_name, body, path, message) => {
    expect(faultsOf({ raw: body })).toEqual([{ path, message }])
  })

  test('is taken as it is', () => {
    const body = {
      message: { text: 'Hi', quick_replies: [] },
      messaging_type: 'UTILITY',
      new_field: { a_b: [null] },
    }
    expect(outgoingSchema.parse({ raw: body })).toEqual({ raw: body })
  })

  test('may bear the tag of a person whom it names', () => {
    const body = { message: { text: 'Hi' }, messaging_type: 'MESSAGE_TAG', tag: 'HUMAN_AGENT' }
    expect(faultsOf({ raw: body, agent: { name: 'Grace' } })).toEqual([])
  })

  test('answers one message only', () => {
    expect(faultsOf({ raw: { message: {}, reply_to: { mid: 'm' } }, replyTo: 'n' })).toEqual([
      { path: 'replyTo', message: 'is given twice: raw has a reply_to' },
    ])
    expect(faultsOf({ raw: { sender_action: 'typing_on' }, replyTo: 'n' })).toHaveLength(1)
  })

  test('can be as deep as JSON can be without harm', () => {
    const body = JSON.parse(`{"message":${'['.repeat(200_000)}${']'.repeat(200_000)}}`) as object
    expect(faultsOf({ raw: body })).toHaveLength(1)
    expect(faultsOf({ template: body })).toHaveLength(1)
    expect(faultsOf({ text: 'Hi', quickReplies: [body] })).toHaveLength(1)
  })
})
