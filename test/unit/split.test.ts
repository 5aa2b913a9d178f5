import { describe, expect, test } from 'vitest'
import { conversationId } from '../../src/domain/conversation.ts'
import type { DomainEvent } from '../../src/domain/event.ts'
import { splitDelivery } from '../../src/meta/split.ts'
import { OTHER_PAGE, OTHER_PSID, PAGE, PSID, T0 } from '../fixtures/deliveries.ts'
import { fixture, fixtureNames } from '../support/fixtures.ts'

const receivedAt = T0 + 3_600_000
const split = (name: string, at = receivedAt) => splitDelivery(fixture(name).toString(), at)
const one = (name: string): DomainEvent => split(name).events[0]!
const person = { pageId: PAGE, psid: PSID, conversationId: `${PAGE}:${PSID}`, standby: false }
const wholePage = { pageId: PAGE, psid: null, conversationId: `${PAGE}:page`, standby: false }

/** What is expected of each event, in order; ids are checked below. */
const golden: Record<string, object[]> = {
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
    { ...person, standby: true, kind: 'unknown', name: 'read' },
  ],
  'feed-change': [{ ...wholePage, kind: 'unknown', name: 'feed', timestamp: 1_772_442_030_000 }],
  'flat-field': [
    {
      pageId: '178000000000031',
      psid: null,
      conversationId: '178000000000031:page',
      kind: 'unknown',
      name: 'comments',
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
    { ...person, kind: 'unknown', name: 'delivery' },
    { ...person, kind: 'unknown', name: 'read' },
    { ...person, kind: 'unknown', name: 'reaction' },
  ],
  'echo-of-another': [{ ...person, kind: 'unknown', name: 'echo' }],
  'own-echo': [],
  'deleted-message': [{ ...person, kind: 'unknown', name: 'message_deleted' }],
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
    { ...wholePage, kind: 'unknown', name: 'ratings', timestamp: T0 + 500 },
    { ...wholePage, kind: 'unknown', name: 'picture', timestamp: T0 + 500 },
    { ...wholePage, kind: 'unknown', name: 'feed', timestamp: 1_772_442_030_000 },
  ],
  'user-ref': [
    {
      pageId: PAGE,
      psid: 'user_ref:checkbox-9',
      conversationId: `${PAGE}:user_ref:checkbox-9`,
      name: 'optin',
    },
  ],
}

test('every fixture has its expectation', () => {
  expect([...Object.keys(golden), 'thousand-events'].sort()).toEqual(fixtureNames)
})

test.each(Object.entries(golden))('%s', (name, expected) => {
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
    ownEchoes: [{ replyId: 'rpl_AbCdEfGhIjKlMnOpQrSt-_', mid: 'm_echo-2', pageId: PAGE }],
    unreadable: [],
  })
})

test('an echo with metadata of somebody else is not ours', () => {
  const body = fixture('own-echo')
    .toString()
    .replace(/rpl_[^"]+/, 'campaign-7')
  expect(splitDelivery(body, receivedAt)).toMatchObject({
    events: [{ ...person, kind: 'unknown', name: 'echo' }],
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
  for (const event of split(name).events) {
    expect(event.conversationId).toBe(conversationId(event.pageId, event.psid))
  }
})

describe('ids', () => {
  const ids = (name: string, at?: number) => split(name, at).events.map((event) => event.id)

  test.each(fixtureNames)('%s: a redelivery has the same ids, whenever it comes', (name) => {
    expect(ids(name, receivedAt + 86_400_000)).toEqual(ids(name))
  })

  test('different events never share one, in one delivery or over all of them', () => {
    const all = fixtureNames.flatMap((name) => ids(name))
    expect(new Set(all).size).toBe(all.length)
    for (const id of all) expect(id).toMatch(/^evt_[A-Za-z0-9_-]{22}$/)
  })

  test('the same mid in another entry, in standby or beside another time is the same message', () => {
    const [plain] = ids('text-message')
    const again = fixture('text-message')
      .toString()
      .replace('"messaging"', '"standby"')
      .replaceAll(/"(timestamp|time)":\d+/g, '"$1":1772442000999')
    expect(splitDelivery(again, receivedAt).events[0]!.id).toBe(plain)
  })

  // Meta documents entry.time as the time of sending; so only events without a time of their own may lean on it.
  test.each(['receipts', 'echo-of-another', 'feed-change', 'standby-only', 'unknown-key', 'user-ref'])(
    '%s: a redelivery that was sent at another time has the same ids',
    (name) => {
      const again = fixture(name)
        .toString()
        .replace(/"time":\d+/, '"time":1772449999999')
      expect(again).not.toBe(fixture(name).toString())
      expect(splitDelivery(again, receivedAt).events.map((event) => event.id)).toEqual(ids(name))
    },
  )

  test('two events that say the same and have no time of their own are told apart by that of their entry', () => {
    const at = (time: number) =>
      splitDelivery(`{"entry":[{"id":"1","time":${time},"changed_fields":["feed"]}]}`, receivedAt).events[0]!
        .id
    expect(at(1_772_442_000)).not.toBe(at(1_772_442_001))
  })

  test('the same mid at another Page is another message', () => {
    const elsewhere = fixture('text-message').toString().replaceAll(PAGE, OTHER_PAGE)
    expect(splitDelivery(elsewhere, receivedAt).events[0]!.id).not.toBe(ids('text-message')[0])
  })

  test('a postback without mid and time keeps its id when it comes again later', () => {
    const body = JSON.stringify({
      entry: [{ id: PAGE, messaging: [{ sender: { id: PSID }, postback: { title: 'Ja', payload: 'YES' } }] }],
    })
    const first = splitDelivery(body, receivedAt).events[0]!
    expect(splitDelivery(body, receivedAt + 60_000).events[0]!.id).toBe(first.id)
  })

  test('two postbacks of one millisecond that differ in their title only have two ids', () => {
    const [yes, no] = ['Ja', 'Nein'].map((title) => ({
      sender: { id: PSID },
      recipient: { id: PAGE },
      timestamp: T0,
      postback: { title },
    }))
    const { events } = splitDelivery(
      JSON.stringify({ entry: [{ id: PAGE, standby: [yes, no] }] }),
      receivedAt,
    )
    expect(events[0]!.id).not.toBe(events[1]!.id)
  })
})
