import { expect, test } from 'vitest'
import { conversationId, parseConversationId } from '../../src/domain/conversation.ts'
import type { DomainEvent } from '../../src/domain/event.ts'
import { splitDelivery } from '../../src/meta/split.ts'
import { OTHER_PAGE, OTHER_PSID, PAGE, PSID, T0 } from '../fixtures/deliveries.ts'
import { fixture, fixtureNames } from '../support/fixtures.ts'

const receivedAt = T0 + 3_600_000
const split = (name: string, at = receivedAt) => splitDelivery(fixture(name).toString(), at)
const one = (name: string): DomainEvent => split(name).events[0]!
const person = { pageId: PAGE, psid: PSID, conversationId: `${PAGE}:${PSID}`, standby: false }
const wholePage = { pageId: PAGE, psid: null, conversationId: `${PAGE}:page`, standby: false }

/** What is expected of deliveries as a whole, by hand; events-golden.test.ts has every field of every fixture. */
const expectations: Record<string, object[]> = {
  'text-message': [
    {
      ...person,
      kind: 'message',
      mid: 'm_text-1',
      text: 'Grüße! 👋 Ist der Tisch 1/2 noch da? <b>&"\\',
      attachments: [],
      timestamp: T0,
    },
  ],
  'quick-reply': [
    { ...person, kind: 'message', mid: 'm_quick-1', text: 'Rot', quickReply: { payload: 'COLOUR/RED' } },
  ],
  attachments: [
    {
      ...person,
      mid: 'm_att-1',
      text: null,
      attachments: [{ type: 'image', url: 'https://cdn.example/i/1.jpg?a=1&b=2' }],
    },
    { mid: 'm_att-2', attachments: [{ type: 'sticker', url: 'https://cdn.example/s/2.png' }] },
    {
      mid: 'm_att-3',
      text: 'https://shop.example/tisch',
      attachments: [{ type: 'fallback', url: 'https://shop.example/tisch', title: 'Tisch „Åre“' }],
    },
    {
      mid: 'm_att-4',
      attachments: [
        { type: 'reel', url: 'https://cdn.example/r/3', title: 'Aufbau' },
        { type: 'location', url: null },
        { type: 'file', url: null },
      ],
    },
  ],
  postback: [
    {
      ...person,
      kind: 'postback',
      mid: 'm_pb-1',
      title: 'Los geht’s',
      payload: 'GET_STARTED',
      timestamp: T0,
    },
    { ...person, kind: 'postback', mid: null, title: 'Preise', payload: 'PRICES', timestamp: T0 + 1 },
  ],
  'several-entries': [
    { pageId: OTHER_PAGE, psid: OTHER_PSID, conversationId: `${OTHER_PAGE}:${OTHER_PSID}`, text: 'eins' },
    { ...person, text: 'zwei', timestamp: T0 + 100 },
    { ...person, text: 'drei', timestamp: T0 + 100 },
    { ...person, text: 'vier', timestamp: T0 + 300 },
  ],
  'standby-only': [
    { ...person, standby: true, kind: 'message', mid: 'm_sb-1', text: 'Ist da ein Mensch?' },
    { ...person, standby: true, kind: 'postback', mid: null, title: 'Mensch, bitte', payload: null },
    { ...person, standby: true, kind: 'read', watermark: T0, mid: null },
  ],
  'feed-change': [
    {
      pageId: PAGE,
      psid: null,
      conversationId: `${PAGE}:comment:401_77`,
      kind: 'comment',
      verb: 'add',
      text: 'Habt ihr den Tisch noch?',
      timestamp: 1_772_442_030_000,
    },
  ],
  'flat-field': [
    {
      pageId: '178000000000031',
      psid: null,
      conversationId: '178000000000031:comment:1800000000000044',
      kind: 'comment',
      author: { id: '9310000000000005', name: 'jordis.a' },
      timestamp: 1_772_442_040_000,
    },
  ],
  'changed-fields': [
    { ...wholePage, kind: 'unknown', name: 'feed', timestamp: 1_772_442_050_000 },
    { ...wholePage, kind: 'unknown', name: 'ratings', timestamp: 1_772_442_050_000 },
  ],
  'numeric-ids': [
    { pageId: '9223372036854775807', psid: '9007199254740993', text: 'erste' },
    { pageId: '9223372036854775807', psid: '9007199254740995', text: 'zweite' },
    { pageId: '9223372036854775807', psid: PSID, text: 'dritte' },
    { ...person, text: 'vierte' },
  ],
  receipts: [
    { ...person, kind: 'delivery', mids: ['m_out-1'], watermark: T0 },
    { ...person, kind: 'read', watermark: T0 + 1 },
    { ...person, kind: 'reaction', mid: 'm_out-1', action: 'react', emoji: '❤️' },
  ],
  'echo-of-another': [{ ...person, kind: 'echo', text: 'Vom Postfach der Seite', fromInbox: true }],
  'own-echo': [],
  'deleted-message': [{ ...person, kind: 'message_deleted', mid: 'm_text-1' }],
  'unknown-key': [
    { ...person, kind: 'unknown', name: 'hologram_wave' },
    { ...person, kind: 'message', mid: 'm_holo-2', text: 'und?' },
  ],
  'messages-in-changes': [
    { ...person, kind: 'message', mid: 'm_chg-1', text: 'über den Testknopf', timestamp: T0 },
  ],
  'outer-array': [
    { ...person, text: 'eins' },
    { ...person, text: 'zwei' },
  ],
  timestamps: [
    // Without a time of their own they have the entry's.
    { mid: 'm_ts-4', timestamp: T0 + 500 },
    { mid: 'm_ts-5', timestamp: T0 + 500 },
    { mid: 'm_ts-1', timestamp: T0 + 60_000 },
    { mid: 'm_ts-2', timestamp: T0 + 61_000 },
    { mid: 'm_ts-3', timestamp: T0 + 62_000 },
  ],
  'empty-entry': [
    { ...wholePage, kind: 'unknown', name: 'entry', timestamp: T0 },
    { pageId: '', psid: null, kind: 'unknown', name: 'entry', timestamp: receivedAt },
  ],
  'no-entry': [{ pageId: '', psid: null, kind: 'unknown', name: 'delivery', timestamp: receivedAt }],
  'everything-at-once': [
    { ...person, kind: 'message', mid: 'm_all-1' },
    { ...person, kind: 'message', mid: 'm_all-2', standby: true },
    { pageId: PAGE, kind: 'review', storyId: '3100000000000006', timestamp: T0 + 500 },
    { ...wholePage, kind: 'unknown', name: 'picture', timestamp: T0 + 500 },
    { pageId: PAGE, kind: 'comment', commentId: '401_78', timestamp: 1_772_442_030_000 },
  ],
  'user-ref': [
    {
      pageId: PAGE,
      psid: 'user_ref:checkbox-9',
      conversationId: `${PAGE}:user_ref:checkbox-9`,
      kind: 'optin',
      ref: 'warenkorb',
    },
  ],
}

test.each(Object.entries(expectations))('%s', (name, expected) => {
  const { events, unreadable } = split(name)
  expect(events).toHaveLength(expected.length)
  expect(events).toMatchObject(expected)
  expect(unreadable).toEqual([])
})

test('thousand-events: all of them, each once, in their order', () => {
  const { events, ownEchoes, unreadable } = split('thousand-events')
  expect(events.map((event) => event.kind === 'message' && event.text)).toEqual(
    Array.from({ length: 1000 }, (_, at) => `Nr. ${at}`),
  )
  expect(new Set(events.map((event) => event.id)).size).toBe(1000)
  expect(new Set(events.map((event) => event.conversationId)).size).toBe(40)
  expect([ownEchoes, unreadable]).toEqual([[], []])
})

test('an echo of what we sent names the reply and is no event', () => {
  expect(split('own-echo')).toEqual({
    events: [],
    ownEchoes: [
      {
        replyId: 'rpl_AbCdEfGhIjKlMnOpQrSt-_',
        part: 0,
        mid: 'm_echo-2',
        pageId: PAGE,
        conversationId: `${PAGE}:${PSID}`,
        timestamp: T0,
      },
    ],
    unreadable: [],
  })
})

test('an echo with metadata of somebody else is not ours', () => {
  const body = fixture('own-echo')
    .toString()
    .replace(/rpl_[^"]+/, 'campaign-7')
  expect(splitDelivery(body, receivedAt)).toMatchObject({
    events: [{ ...person, kind: 'echo', metadata: 'campaign-7', fromInbox: false }],
    ownEchoes: [],
  })
})

test('where the entry has no id, the event itself tells its Page', () => {
  const withoutId = (name: string) =>
    fixture(name).toString().replace(`"entry":[{"id":"${PAGE}",`, '"entry":[{')
  expect(splitDelivery(withoutId('text-message'), receivedAt).events).toMatchObject([person])
  expect(splitDelivery(withoutId('echo-of-another'), receivedAt).events).toMatchObject([person])
  expect(splitDelivery(withoutId('own-echo'), receivedAt).ownEchoes).toMatchObject([{ pageId: PAGE }])
})

test('a message holds what Meta sent, untouched', () => {
  expect(one('text-message').raw).toEqual({
    sender: { id: PSID },
    recipient: { id: PAGE },
    timestamp: T0,
    message: { mid: 'm_text-1', text: 'Grüße! 👋 Ist der Tisch 1/2 noch da? <b>&"\\' },
  })
  expect(one('text-message')).not.toHaveProperty('quickReply')
})

test('a change is kept whole, with its field and its value', () => {
  expect(one('feed-change').raw).toMatchObject({
    field: 'feed',
    value: { item: 'comment', comment_id: '401_77', from: { name: 'Jördis Åkesson' } },
  })
  expect(one('flat-field').raw).toMatchObject({ field: 'comments', value: { text: 'Schön!' } })
})

test('what is kept unknown keeps the digits of its numbers', () => {
  const body = `{"object":"page","entry":[{"id":"1","changes":[{"field":"feed","value":{"user_id":10201978818232601}}]}]}`
  expect(splitDelivery(body, receivedAt).events[0]!.raw).toEqual({
    field: 'feed',
    value: { user_id: '10201978818232601' },
  })
})

test.each(fixtureNames)('%s: each event belongs to the conversation of its Page and person', (name) => {
  for (const event of split(name).events.filter(({ pageId }) => pageId !== '')) {
    const { thread, ...own } = parseConversationId(event.conversationId)!
    expect(own).toEqual({ pageId: event.pageId, psid: event.psid })
    if (!thread) expect(event.conversationId).toBe(conversationId(event.pageId, event.psid))
  }
})
