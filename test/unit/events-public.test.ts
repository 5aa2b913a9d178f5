import { describe, expect, test } from 'vitest'
import type { DomainEvent } from '../../src/domain/event.ts'
import { changeReaders } from '../../src/meta/events/change-readers.ts'
import { splitDelivery } from '../../src/meta/split.ts'
import { PAGE, T0 } from '../fixtures/deliveries.ts'
import { INSTAGRAM, changes, entry, feed, instagram } from '../fixtures/story.ts'

function only(delivery: unknown): DomainEvent {
  const { events } = splitDelivery(JSON.stringify(delivery), T0 + 60_000)
  expect(events).toHaveLength(1)
  return events[0]!
}

const comment = (more: object) =>
  only(changes(feed({ item: 'comment', verb: 'add', comment_id: '1_2', post_id: `${PAGE}_1`, ...more })))

describe('verbs', () => {
  test.each([
    ['add', 'add'],
    ['edit', 'edit'],
    ['edited', 'edit'],
    ['update', 'edit'],
    ['remove', 'remove'],
    ['delete', 'remove'],
    ['hide', 'hide'],
    ['unhide', 'unhide'],
    ['mute', 'mute'],
    ['block', 'block'],
    ['unblock', 'unblock'],
    ['follow', 'follow'],
    ['ADD', 'add'],
  ])('%s is %s', (verb, expected) => {
    expect(comment({ verb })).toMatchObject({ kind: 'comment', verb: expected })
    const post = { item: 'status', post_id: `${PAGE}_1`, verb }
    expect(only(changes(feed(post)))).toMatchObject({ kind: 'post', verb: expected })
  })

  test.each([['polish'], [undefined], [5], ['toString']])('%j is none: kept whole', (verb) => {
    expect(comment({ verb })).toMatchObject({ kind: 'unknown', name: 'feed' })
  })
})

describe('the thread of a comment', () => {
  test.each([
    ['on the post', { parent_id: `${PAGE}_1` }, '1_2', null],
    ['without a parent', {}, '1_2', null],
    ['that is its own parent', { parent_id: '1_2' }, '1_2', null],
    ['on a photo, which has another id as a post', { parent_id: `${PAGE}_7` }, '1_2', null],
    ['that answers a comment', { parent_id: '1_1' }, '1_1', '1_1'],
    ['that answers one with a number for an id', { parent_id: 88 }, '88', '88'],
  ])('%s', (_name, more, root, parentId) => {
    expect(comment(more)).toMatchObject({ conversationId: `${PAGE}:comment:${root}`, parentId, psid: null })
  })

  test('on Instagram it is the parent, if there is one', () => {
    const value = { comment_id: '9', parent_id: '7', text: 'a', from: { id: '1', username: 'u' } }
    const delivery = instagram(entry({ changes: [{ field: 'comments', value }] }, INSTAGRAM))
    expect(only(delivery)).toMatchObject({ conversationId: `${INSTAGRAM}:comment:7`, parentId: '7' })
  })

  test('a comment and all that happens to it stand in one conversation', () => {
    const verbs = ['add', 'edited', 'hide', 'unhide', 'remove']
    const ids = verbs.map((verb) => comment({ verb, parent_id: `${PAGE}_1` }).conversationId)
    expect(new Set(ids)).toEqual(new Set([`${PAGE}:comment:1_2`]))
  })
})

describe('the author', () => {
  test.each([
    [{ from: { id: PAGE, name: 'Möbel Åre' } }, { id: PAGE, name: 'Möbel Åre' }, true],
    [{ from: { id: Number(PAGE) } }, { id: PAGE, name: null }, true],
    [{ sender_id: Number(PAGE), sender_name: 'Möbel Åre' }, { id: PAGE, name: 'Möbel Åre' }, true],
    [{ from: { id: '7' } }, { id: '7', name: null }, false],
    [{}, { id: null, name: null }, false],
  ])('of %j', (more, author, byPage) => {
    expect(comment(more)).toMatchObject({ author, byPage })
  })
})

describe('when', () => {
  const seconds = T0 / 1000

  test('what is new happened when it was created, what is changed when it was edited, or told', () => {
    expect(comment({ created_time: seconds }).timestamp).toBe(T0)
    expect(comment({ created_time: String(seconds) }).timestamp).toBe(T0)
    expect(comment({ created_time: '2026-03-02T09:00:00+0000' }).timestamp).toBe(T0)
    const edited = { verb: 'edited', created_time: seconds, edited_time: seconds + 5 }
    expect(comment(edited).timestamp).toBe(T0 + 5000)
    expect(comment({ verb: 'hide', created_time: seconds }).timestamp).toBe(T0 + 60_000)
  })

  test('hidden in the same delivery in which it was written: after it', () => {
    const written = { item: 'comment', comment_id: '1_2', post_id: `${PAGE}_1`, created_time: seconds }
    const delivery = changes(feed({ ...written, verb: 'hide' }), feed({ ...written, verb: 'add' }))
    const { events } = splitDelivery(JSON.stringify(delivery), T0)
    expect(events.map((event) => event.kind === 'comment' && event.verb)).toEqual(['add', 'hide'])
  })
})

describe('a flat field is read as the same field of a change', () => {
  test.each(['comments', 'live_comments', 'mentions', 'story_insights'])('%s', (field) => {
    const value = { id: '9', media_id: '5', comment_id: '9', text: 'a', from: { id: '1', username: 'u' } }
    const inside = only(instagram(entry({ changes: [{ field, value }] }, INSTAGRAM)))
    const flat = only(instagram(entry({ field, value }, INSTAGRAM)))
    expect(inside.kind).not.toBe('unknown')
    expect(flat).toEqual(inside)
  })

  test('a message, too', () => {
    const value = {
      sender: { id: '1' },
      recipient: { id: INSTAGRAM },
      timestamp: String(T0),
      message: { mid: 'm_1', text: 'a' },
    }
    expect(only(instagram(entry({ field: 'messages', value }, INSTAGRAM)))).toMatchObject({
      kind: 'message',
      timestamp: T0,
    })
  })
})

describe('items of the feed', () => {
  test.each(['post', 'status', 'photo', 'video', 'share'])('%s is a post', (item) => {
    const value = { item, verb: 'add', post_id: `${PAGE}_1`, message: 'a' }
    expect(only(changes(feed(value)))).toMatchObject({ kind: 'post', item, commentId: null, text: 'a' })
  })

  test.each(['reaction', 'like'])('%s is a reaction', (item) => {
    expect(only(changes(feed({ item, verb: 'add', post_id: '1' })))).toMatchObject({
      kind: 'feed_reaction',
      reaction: item,
    })
  })

  test.each(['album', 'milestone', 'rating', 'question', undefined, 7])('%j is kept whole', (item) => {
    expect(only(changes(feed({ item, verb: 'add', post_id: '1' })))).toMatchObject({
      kind: 'unknown',
      name: 'feed',
    })
  })

  test.each([
    [1, true],
    ['1', true],
    [true, true],
    [0, false],
    ['0', false],
    [false, false],
    [undefined, null],
    ['maybe', null],
  ])('published: %j', (published, isPublished) => {
    expect(only(changes(feed({ item: 'status', verb: 'add', post_id: '1', published })))).toMatchObject({
      isPublished,
    })
  })
})

describe('a known field', () => {
  test.each([...changeReaders.keys()])('%s that holds anything else loses nothing', (field) => {
    const nothing = {
      item: 'comment',
      verb: 'add',
      comment_id: {},
      post_id: [],
      from: 5,
      label: [],
      user: 'x',
    }
    for (const value of [null, 5, 'x', true, [], [null], {}, nothing]) {
      expect(only(changes({ field, value })).raw).toEqual({ field, value })
    }
  })

  test('and a field of the future does, too', () => {
    const change = { field: 'message_context', value: { a: 1 } }
    expect(only(changes(change))).toMatchObject({ kind: 'unknown', name: 'message_context', raw: change })
  })
})
