import { describe, expect, test } from 'vitest'
import type { DomainEvent } from '../../src/domain/event.ts'
import { splitDelivery } from '../../src/meta/split.ts'
import { PAGE, PSID, T0 } from '../fixtures/deliveries.ts'
import { about, entry, feed, messaging, page } from '../fixtures/story.ts'
import { fixture, fixtureNames } from '../support/fixtures.ts'

const receivedAt = T0 + 60_000

function eventsOf(delivery: unknown): DomainEvent[] {
  return splitDelivery(JSON.stringify(delivery), receivedAt).events
}

/** The id of one event that holds `what`, at a time of its own, in an entry with a time of its own. */
function idOf(what: object, { at = 0, entryAt = 500, sender = PSID } = {}): string {
  const event = { ...about(at, what), sender: { id: sender } }
  return eventsOf(page(entry({ messaging: [event] }, PAGE, T0 + entryAt)))[0]!.id
}

function changeId(change: object, entryAt = 500): string {
  return eventsOf(page(entry({ changes: [change] }, PAGE, T0 / 1000 + entryAt)))[0]!.id
}

function distinct(ids: string[]): void {
  expect(new Set(ids).size).toBe(ids.length)
}

describe('in the conversation', () => {
  test('an edit is known by its message and its number, which may be a string', () => {
    const edit = (num_edit: unknown, text = 'neu') => ({ message_edit: { mid: 'm_1', text, num_edit } })
    expect(idOf(edit('1'), { at: 5 })).toBe(idOf(edit(1)))
    distinct([idOf(edit(1)), idOf(edit(2)), idOf({ message_edit: { mid: 'm_2', text: 'neu', num_edit: 1 } })])
  })

  test('without its number, by its time and text', () => {
    const edit = (text: string) => ({ message_edit: { mid: 'm_1', text } })
    distinct([idOf(edit('a')), idOf(edit('b')), idOf(edit('a'), { at: 9 })])
    expect(idOf(edit('a'), { entryAt: 900 })).toBe(idOf(edit('a')))
  })

  test('a reaction is known by message, person, action and time: taken back and given again is three', () => {
    const reaction = (action: string, mid = 'm_1') => ({ reaction: { mid, action, emoji: '❤️' } })
    distinct([
      idOf(reaction('react')),
      idOf(reaction('unreact'), { at: 1 }),
      idOf(reaction('react'), { at: 2 }),
      idOf(reaction('react', 'm_2')),
      idOf(reaction('react'), { sender: '6120000000000002' }),
    ])
    expect(idOf(reaction('react'), { entryAt: 999 })).toBe(idOf(reaction('react')))
  })

  test('receipts are known by their watermark or mid, whenever they come', () => {
    const read = (watermark: unknown) => ({ read: { watermark } })
    expect(idOf(read(T0), { at: 7, entryAt: 99 })).toBe(idOf(read(String(T0))))
    distinct([
      idOf(read(T0)),
      idOf(read(T0 + 1)),
      idOf(read(T0), { sender: '6120000000000002' }),
      idOf({ read: { mid: 'm_1' } }),
      idOf({ read: { mid: 'm_2' } }),
      idOf({ delivery: { watermark: T0 } }),
      idOf({ delivery: { watermark: T0, mids: ['m_1'] } }),
      idOf({ delivery: { watermark: T0, mids: ['m_2'] } }),
    ])
  })

  test('an echo and its deletion are not the message of the same mid', () => {
    distinct([
      idOf({ message: { mid: 'm_1', text: 'a' } }),
      idOf({ message: { mid: 'm_1', text: 'a', is_echo: true } }),
      idOf({ message: { mid: 'm_1', is_deleted: true } }),
    ])
  })

  test.each([
    ['referral', { ref: 'a', source: 'SHORTLINK' }],
    ['optin', { ref: 'a' }],
    ['account_linking', { status: 'linked' }],
    ['order', { products: [] }],
    ['pass_thread_control', { new_owner_app_id: '1' }],
    ['app_roles', { '1': ['primary_receiver'] }],
    ['response_feedback', { feedback: 'Good response' }],
    ['form', { id: '9' }],
    ['payment', { payload: 'a' }],
  ])('%s without an id of its own: by person, time and content', (key, value) => {
    expect(idOf({ [key]: value }, { entryAt: 77 })).toBe(idOf({ [key]: value }))
    distinct([
      idOf({ [key]: value }),
      idOf({ [key]: value }, { at: 1 }),
      idOf({ [key]: { ...value, more: 1 } }),
      idOf({ [key]: value }, { sender: '6120000000000002' }),
    ])
  })

  test('passing and taking the conversation are two things', () => {
    const owner = { new_owner_app_id: '1' }
    distinct([
      idOf({ pass_thread_control: owner }),
      idOf({ take_thread_control: owner }),
      idOf({ request_thread_control: owner }),
    ])
  })
})

describe('in public', () => {
  const comment = (more: object) =>
    feed({ item: 'comment', comment_id: '1_2', post_id: `${PAGE}_1`, created_time: T0 / 1000, ...more })

  test('a comment is known by its verb and time, whatever its entry says', () => {
    const add = comment({ verb: 'add', message: 'a' })
    expect(changeId(add, 900)).toBe(changeId(add))
    distinct([
      changeId(add),
      changeId(comment({ verb: 'add', comment_id: '1_3' })),
      changeId(comment({ verb: 'remove' })),
      changeId(comment({ verb: 'hide' })),
      changeId(comment({ verb: 'unhide' })),
    ])
  })

  test('synonyms of a verb are one verb', () => {
    expect(changeId(comment({ verb: 'delete' }))).toBe(changeId(comment({ verb: 'remove' })))
    const edit = { edited_time: T0 / 1000 + 9, message: 'b' }
    const ids = ['edit', 'edited', 'update'].map((verb) => changeId(comment({ verb, ...edit })))
    expect(new Set(ids).size).toBe(1)
  })

  test('edits are told apart by their time, and without one by their content', () => {
    const edit = (more: object) => changeId(comment({ verb: 'edited', ...more }))
    distinct([
      edit({ edited_time: T0 / 1000 + 1, message: 'a' }),
      edit({ edited_time: T0 / 1000 + 2, message: 'a' }),
      edit({ message: 'a' }),
      edit({ message: 'b' }),
    ])
  })

  test('hidden, shown and hidden again is three, though nothing but the entry says when', () => {
    const hide = comment({ verb: 'hide' })
    distinct([changeId(hide), changeId(comment({ verb: 'unhide' }), 600), changeId(hide, 700)])
  })

  test('likes of the Page and labels have no time of their own either', () => {
    const like = feed({ item: 'like', verb: 'add', user_id: '7' })
    const label = {
      field: 'inbox_labels',
      value: { user: { id: PSID }, action: 'add', label: { id: '1', page_label_name: 'a' } },
    }
    for (const change of [like, label]) {
      expect(changeId(change)).toBe(changeId(change))
      distinct([changeId(change), changeId(change, 600)])
    }
  })

  test('a lead of an ad is known by its id alone', () => {
    const lead = (more: object) => ({ field: 'leadgen', value: { leadgen_id: 5, ...more } })
    expect(changeId(lead({ created_time: 1 }), 700)).toBe(changeId(lead({ form_id: '9' })))
    expect(changeId(lead({ leadgen_id: '6' }))).not.toBe(changeId(lead({})))
  })

  test('a review, its comments and the feelings about it are told apart', () => {
    const rating = (more: object) =>
      changeId({
        field: 'ratings',
        value: { item: 'rating', verb: 'add', open_graph_story_id: 1, created_time: T0 / 1000, ...more },
      })
    distinct([
      rating({}),
      rating({ verb: 'remove' }),
      rating({ verb: 'edit', review_text: 'a' }),
      rating({ verb: 'edit', review_text: 'b' }),
      rating({ item: 'comment', comment_id: '1_1' }),
      rating({ item: 'comment', comment_id: '1_2' }),
      rating({ item: 'reaction', sender_id: '1' }),
      rating({ item: 'reaction', sender_id: '2' }),
    ])
  })

  test('the photos of one post are told apart', () => {
    const photo = (photo_id: number) =>
      changeId(feed({ item: 'photo', verb: 'add', post_id: `${PAGE}_1`, photo_id, created_time: T0 / 1000 }))
    distinct([photo(1), photo(2)])
  })
})

/** Fixtures with events whose own content does not say when they happened: hidden and shown, labels, likes of the Page. */
const leanOnTheirEntry = new Set([
  'changed-fields',
  'changes-that-are-unusable',
  'comment-changes',
  'empty-entry',
  'everything-at-once',
  'feed-reaction',
  'feedback',
  'label',
  'page-integrity',
  'post-changes',
  'review',
  'timestamps',
])

test.each(fixtureNames.filter((name) => !leanOnTheirEntry.has(name)))(
  '%s: sent again in an entry of another time, its events have the same ids',
  (name) => {
    const text = fixture(name).toString()
    const ids = (body: string) => splitDelivery(body, receivedAt).events.map((event) => event.id)
    const again = text.replaceAll(/"time":\d+/g, '"time":1772449999')
    expect(ids(again).sort()).toEqual(ids(text).sort())
  },
)

test('and standby is no part of any id', () => {
  const own = eventsOf(messaging(about(0, { read: { watermark: T0 } })))[0]!
  const other = eventsOf(page(entry({ standby: [about(0, { read: { watermark: T0 } })] })))[0]!
  expect(other).toEqual({ ...own, standby: true })
})
