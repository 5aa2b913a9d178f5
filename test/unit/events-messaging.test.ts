import { describe, expect, test } from 'vitest'
import type { DomainEvent } from '../../src/domain/event.ts'
import { messagingReaders } from '../../src/meta/events/messaging-readers.ts'
import { splitDelivery } from '../../src/meta/split.ts'
import { PAGE, PSID, T0 } from '../fixtures/deliveries.ts'
import { INSTAGRAM, about, entry, igMessaging, igSaid, messaging, page, said } from '../fixtures/story.ts'

function only(delivery: unknown): DomainEvent {
  const { events, unreadable } = splitDelivery(JSON.stringify(delivery), T0 + 60_000)
  expect(events).toHaveLength(1)
  expect(unreadable).toEqual([])
  return events[0]!
}

const attached = (...attachments: object[]) => {
  const event = only(messaging(said(0, { mid: 'm_1', attachments })))
  return event.kind === 'message' ? event.attachments.map(({ type, url }) => `${type} ${url}`) : []
}
const image = (url: string, more: object = {}) => ({ type: 'image', payload: { url, ...more } })
const sticker = (url: string) => ({ type: 'sticker', payload: { url, sticker_id: 5 } })

describe('twins', () => {
  test('the image of a sticker is dropped, wherever it stands', () => {
    expect(attached(sticker('a'), image('a'))).toEqual(['sticker a'])
    expect(attached(image('b', { sticker_id: 5 }), sticker('a'))).toEqual(['sticker a'])
    expect(attached(image('x'), sticker('a'), image('a'), image('y'))).toEqual([
      'image x',
      'sticker a',
      'image y',
    ])
  })

  test('the image of a sticker is known by its sticker id, too', () => {
    expect(attached(image('x'), sticker('a'), image('b', { sticker_id: 5 }))).toEqual([
      'image x',
      'sticker a',
    ])
  })

  test('images without a sticker all stay, also the same one twice', () => {
    expect(attached(image('a'), image('a'), image('b'))).toEqual(['image a', 'image a', 'image b'])
    expect(attached(image('a', { sticker_id: 5 }), image('b'))).toEqual(['image a', 'image b'])
  })

  test('several shares are no twins of one post', () => {
    const post = { type: 'ig_post', payload: { url: 'p' } }
    const share = (url: string) => ({ type: 'share', payload: { url } })
    expect(attached(post, share('p'), share('q'))).toEqual(['ig_post p', 'share q'])
    expect(attached(share('q'), share('r'))).toEqual(['share q', 'share r'])
  })

  test('attachments that are no objects are left out', () => {
    expect(attached(image('a'), 'no object' as unknown as object)).toEqual(['image a'])
  })
})

describe('a message', () => {
  test('keeps its quick reply, which may be a phone number', () => {
    const message = { mid: 'm_1', text: '+46 70 1', quick_reply: { payload: '+46 70 1' } }
    expect(only(messaging(said(0, message)))).toMatchObject({ quickReply: { payload: '+46 70 1' } })
  })

  test('has only what it has: no key is there without a value', () => {
    const message = { mid: 'm_1', text: 'a', reply_to: {}, referral: {}, commands: [], is_unsupported: false }
    expect(Object.keys(only(messaging(said(0, message)))).sort()).toEqual(
      'attachments conversationId id kind mid pageId psid raw standby text timestamp'.split(' '),
    )
  })

  test('of an Instagram account that unsends is told as its own', () => {
    const event = { ...igSaid(0, { mid: 'm_1', is_deleted: true }), sender: { id: INSTAGRAM } }
    expect(only(igMessaging(event))).toMatchObject({ kind: 'message_deleted', byPage: true })
  })

  test('counts before whatever else stands beside it', () => {
    const both = { ...said(0, { mid: 'm_1' }), reaction: { mid: 'm_2', action: 'react' } }
    expect(only(messaging(both))).toMatchObject({ kind: 'message', mid: 'm_1' })
  })
})

describe('who', () => {
  test('a reaction of the Page is in the conversation with the person, and is not theirs', () => {
    const event = {
      sender: { id: PAGE },
      recipient: { id: PSID },
      timestamp: T0,
      reaction: { mid: 'm_1', action: 'react', emoji: '👍' },
    }
    expect(only(messaging(event))).toMatchObject({
      psid: PSID,
      conversationId: `${PAGE}:${PSID}`,
      byPage: true,
    })
  })

  test('a checkbox that names its person only inside', () => {
    const event = { recipient: { id: PAGE }, timestamp: T0, optin: { ref: 'a', user_ref: 'u-1' } }
    expect(only(messaging(event))).toMatchObject({ kind: 'optin', psid: 'user_ref:u-1', userRef: 'u-1' })
  })

  test('what concerns the Page alone is in its own conversation', () => {
    const event = { recipient: { id: PAGE }, timestamp: T0, 'policy-enforcement': { action: 'warning' } }
    expect(only({ entry: [{ messaging: [event] }] })).toMatchObject({
      kind: 'policy_enforcement',
      conversationId: `${PAGE}:page`,
      psid: null,
    })
  })
})

describe('values', () => {
  test('seconds, milliseconds, numbers and strings come out alike', () => {
    for (const watermark of [T0, String(T0), T0 / 1000, String(T0 / 1000)]) {
      expect(only(messaging(about(0, { read: { watermark } })))).toMatchObject({ watermark: T0 })
    }
    for (const token_expiry_timestamp of [T0, String(T0), T0 / 1000, '2026-03-02T09:00:00+0000']) {
      const optin = { type: 'notification_messages', token_expiry_timestamp }
      expect(only(messaging(about(0, { optin })))).toMatchObject({
        tokenExpiresAt: '2026-03-02T09:00:00.000Z',
      })
    }
  })

  test('a time beyond the last one is none', () => {
    const optin = { type: 'notification_messages', token_expiry_timestamp: 8.64e15 }
    expect(only(messaging(about(0, { optin })))).toMatchObject({ tokenExpiresAt: null })
  })

  test('app ids are strings, whatever they came as', () => {
    const owners = { previous_owner_app_id: 263902037430900, new_owner_app_id: '5' }
    expect(only(messaging(about(0, { take_thread_control: owners })))).toMatchObject({
      previousOwner: '263902037430900',
      newOwner: '5',
      requestedOwner: null,
      metadata: null,
    })
  })

  test.each([
    ['reaction', 5],
    ['reaction', { mid: 'm', action: 'dance' }],
    ['read', { watermark: 'yesterday' }],
    ['delivery', { mids: 'm_1' }],
    ['message_edit', { text: 'no mid' }],
    ['referral', {}],
    ['optin', {}],
    ['optin', 'yes'],
    ['account_linking', {}],
    ['policy_enforcement', { reason: 'no action' }],
    ['pass_thread_control', null],
    ['app_roles', ['primary_receiver']],
    ['messaging_feedback', { feedback_screens: {} }],
    ['response_feedback', {}],
    ['order', { note: 'no products' }],
    ['messaging_customer_information', {}],
    ['form', {}],
    ['template', { type: 'generic' }],
    ['game_play', {}],
    ['payment', 'paid'],
    ['message', { text: 'no mid' }],
  ])('%s that is %j is kept whole under its name', (key, value) => {
    const raw = about(0, { prior_message: { identifier: 'u-1' }, [key]: value })
    expect(only(messaging(raw))).toMatchObject({ kind: 'unknown', name: key, raw })
  })

  test.each([...messagingReaders.keys(), 'message'])('%s that is anything else loses nothing', (key) => {
    for (const value of [null, 5, 'x', true, [], [null], {}, { mid: null }, { mid: {} }]) {
      expect(only(messaging(about(0, { [key]: value })))).toMatchObject({ raw: { [key]: value } })
    }
  })

  test.each([
    [
      'messaging_feedback',
      { feedback_screens: [null, 5, { questions: { a: null, b: 5, c: {} } }] },
      'feedback',
    ],
    ['order', { products: [null, 5, {}] }, 'order'],
    [
      'messaging_customer_information',
      { screens: [null, { responses: [5, {}] }, {}] },
      'customer_information',
    ],
    ['app_roles', { '1': 'primary_receiver', '2': [5, 'secondary_receiver'] }, 'thread_control'],
    ['delivery', { watermark: T0, mids: [null, 5, {}] }, 'delivery'],
  ])('%s with garbage inside is what it is', (key, value, kind) => {
    expect(only(messaging(about(0, { [key]: value })))).toMatchObject({ kind })
  })

  test('a lead ad that ended without answers is a lead', () => {
    const referral = { type: 'LEAD_COMPLETE', source: 'ADS', ad_id: 5 }
    expect(only(messaging(about(0, { referral })))).toMatchObject({ kind: 'lead', adId: '5', answers: [] })
  })

  test.each(['call', 'message_context', 'toString', '__proto__'])('%s is kept under its name', (key) => {
    const body = `{"entry":[{"id":"${PAGE}","messaging":[{"timestamp":${T0},"${key}":{"a":1}}]}]}`
    expect(splitDelivery(body, T0).events).toMatchObject([{ kind: 'unknown', name: key }])
  })
})

describe('messaging inside changes', () => {
  const changed = (field: string, value: object) => only(page(entry({ changes: [{ field, value }] })))

  test.each([
    ['messages', said(0, { mid: 'm_1' }), 'message'],
    ['message_echoes', { ...said(0, { mid: 'm_1', is_echo: true }), sender: { id: PAGE } }, 'echo'],
    [
      'messaging_policy_enforcement',
      { recipient: { id: PAGE }, policy_enforcement: { action: 'block' } },
      'policy_enforcement',
    ],
    ['messaging_handovers', { recipient: { id: PAGE }, app_roles: { '1': [] } }, 'thread_control'],
    [
      'response_feedback',
      { recipient: { id: PAGE }, response_feedback: { feedback: 'Bad response' } },
      'feedback',
    ],
    ['send_cart', { recipient: { id: PAGE }, order: { products: [] } }, 'order'],
    ['messaging_seen', about(0, { read: { mid: 'm_1' } }), 'read'],
  ])('%s is unwrapped', (field, value, kind) => {
    expect(changed(field, value)).toMatchObject({ kind, standby: false, raw: value })
  })

  test('standby keeps its meaning, also for what has no sender', () => {
    const roles = { recipient: { id: PAGE }, app_roles: { '1': [] } }
    expect(changed('standby', roles)).toMatchObject({ kind: 'thread_control', standby: true })
    expect(changed('standby', said(0, { mid: 'm_1' }))).toMatchObject({ kind: 'message', standby: true })
  })

  test('a change with a recipient that is no messaging is read by its field', () => {
    const value = { item: 'post', verb: 'add', post_id: '1_2', recipient: { id: PAGE } }
    expect(changed('group_feed', value)).toMatchObject({ kind: 'post', postId: '1_2' })
  })
})
