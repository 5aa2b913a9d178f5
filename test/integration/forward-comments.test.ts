import { describe, expect, test } from 'vitest'
import type { Page } from '../../src/domain/page.ts'
import type { ReviewEvent } from '../../src/domain/page-events.ts'
import { commentEvent, person, thread } from '../support/lane-comments.ts'
import { busy, message } from '../support/lane-events.ts'
import { openForwarding } from '../support/lane-forward.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })
const openLane = (settings: Partial<Page> = {}) => openForwarding(redis.client, settings)

const review = (more: Partial<ReviewEvent> = {}): ReviewEvent => ({
  ...commentEvent('r'),
  kind: 'review',
  conversationId: '1:review:s_1',
  storyId: 's_1',
  item: 'rating',
  text: 'Too slow',
  rating: null,
  recommendation: 'negative',
  commentId: null,
  reaction: null,
  ...more,
})

describe('a ticket that a comment opens', () => {
  test('begins with where it was written, what the post says, and the Page’s words that it answers', async () => {
    const { forward, steps, comments } = openLane()
    await comments.keepPosts([{ pageId: '1', postId: '1_p', text: 'New hats!' }])
    const own = commentEvent('c_1', { byPage: true, text: 'Which do you like?' })
    const permalinkUrl = 'https://www.facebook.example/1_p'
    expect(await forward(own, commentEvent('c_2', { parentId: 'c_1', permalinkUrl }))).toEqual([
      'done',
      'done',
    ])
    expect(steps).toEqual([
      `open ${thread}`,
      [
        'note T-1 evt_c_2:context Ada commented under a post: https://www.facebook.example/1_p',
        'The post says: “New hats!”',
        "It answers the Page's comment: “Which do you like?”",
        'Page: Acme',
        'Channel: Messenger',
      ].join('\n'),
      'append T-1 customer: comment c_2',
    ])
    await forward(commentEvent('c_3', { parentId: 'c_1' }))
    expect(steps.slice(3)).toEqual(['append T-1 customer: comment c_3'])
  })

  test('says so once, however often what comes after it fails', async () => {
    const { forward, steps, failing, turn } = openLane()
    failing.set('note', busy())
    expect(await forward(commentEvent('c_1'))).toEqual(['retry DESK_BUSY'])
    failing.set('append', busy())
    expect(await turn(`in:${thread}`)).toEqual(['retry DESK_BUSY'])
    expect(await turn(`in:${thread}`)).toEqual(['done'])
    expect(steps.map((step) => step.split(' ')[0])).toEqual(['open', 'note', 'append'])
  })

  test('is opened by neither the Page’s own words nor by what is done to a comment without one', async () => {
    const { forward, steps } = openLane()
    const own = commentEvent('c_1', { byPage: true })
    const [hidden, removed] = (['hide', 'remove'] as const).map((verb) =>
      commentEvent('c_2', { verb, id: `evt_${verb}` }),
    )
    expect(await forward(own, hidden!, removed!)).toEqual(['done', 'done', 'done'])
    expect(steps).toEqual([])
    await forward(
      commentEvent('c_3', { parentId: 'c_1' }),
      commentEvent('c_4', { parentId: 'c_1', byPage: true }),
    )
    expect(steps.at(-1)).toBe('append T-1 agent: comment c_4')
  })
})

describe('our own comment', () => {
  test('is no customer’s when Meta does not name its author', async () => {
    const { forward, steps, ownComments } = openLane()
    await ownComments.keep(
      { pageId: '1', commentId: 'c_2', replyId: 'rpl_1' },
      { conversationId: thread, text: 'Yes', isOnly: true },
    )
    const author = { id: null, name: null }
    await forward(commentEvent('c_1'), commentEvent('c_2', { parentId: 'c_1', author }))
    expect(steps.filter((step) => step.startsWith('append'))).toEqual(['append T-1 customer: comment c_1'])
    await forward(commentEvent('c_3', { parentId: 'c_1', author }))
    expect(steps.at(-1)).toBe('append T-1 customer: comment c_3')
  })

  test('is told to no helpdesk, whatever it takes', async () => {
    for (const helpdesk of ['main', 'events']) {
      const { forward, steps, events, ownComments } = openLane({ helpdesk })
      const own = { pageId: '1', commentId: 'c_2', replyId: 'rpl_1' }
      await ownComments.keep(own, { conversationId: thread, text: 'Yes', isOnly: true })
      await forward(commentEvent('c_1'), commentEvent('c_2', { parentId: 'c_1', byPage: true, text: 'Yes' }))
      expect([steps.filter((step) => step.startsWith('append')).length, events.length]).toEqual(
        helpdesk === 'main' ? [1, 0] : [0, 1],
      )
    }
  })
})

describe('reviews', () => {
  test.each<[Page['reviews'], string, ReviewEvent, number]>([
    [undefined, 'any', review(), 1],
    [undefined, 'any good', review({ recommendation: 'positive' }), 1],
    [{ ticketFor: 'negative' }, 'bad', review(), 1],
    [{ ticketFor: 'negative' }, 'good', review({ recommendation: 'positive' }), 0],
    [{ ticketFor: 'negative' }, '3 stars', review({ recommendation: null, rating: 3 }), 1],
    [{ ticketFor: 'negative' }, '4 stars', review({ recommendation: null, rating: 4 }), 0],
    [{ ticketFor: 'negative' }, 'unclear', review({ recommendation: null }), 1],
    [{ ticketFor: 'negative' }, 'commented', review({ item: 'comment' }), 0],
    [{ ticketFor: 'none' }, 'bad', review(), 0],
    [{ ticketFor: 'all' }, 'removed', review({ verb: 'remove' }), 0],
    [{ ticketFor: 'all' }, 'answered by the Page', review({ item: 'comment', byPage: true }), 0],
  ])('with %o: one that is %s', async (reviews, _name, event, opened) => {
    const { forward, steps } = openLane({ reviews })
    expect(await forward(event)).toEqual(['done'])
    expect(steps.filter((step) => step.startsWith('open'))).toHaveLength(opened)
  })

  test('that have a ticket are told in it, whatever becomes of them', async () => {
    const { forward, steps } = openLane({ reviews: { ticketFor: 'negative' } })
    await forward(review(), review({ verb: 'edit', recommendation: 'positive', id: 'evt_edit' }))
    expect(steps).toHaveLength(3)
    expect(steps[2]).toContain('note T-1')
  })
})

test('a mention opens a ticket of its own', async () => {
  const { forward, steps } = openLane()
  await forward({ ...commentEvent('m'), kind: 'mention', conversationId: '1:mention:9_9', item: 'post' })
  expect(steps).toEqual([
    'open 1:mention:9_9',
    expect.stringContaining('note T-1 evt_m Ada mentioned the Page'),
  ])
})

describe('the first that a person says after a private reply', () => {
  async function linked() {
    const lane = openLane()
    await lane.forward(commentEvent('c_1'))
    const link = { comment: thread, commentId: 'c_1', text: 'Hello Ada', replyId: 'rpl_1' }
    await lane.privateReplies.link(person, link, false)
    return lane
  }

  test('tells in both tickets that they are one', async () => {
    const { forward, steps } = await linked()
    await forward(message(1))
    expect(steps.slice(3)).toEqual([
      `open ${person}`,
      `note T-2 evt_1:context In answer to a comment the Page wrote: “Hello Ada” The comment is in the conversation ${thread}.\nPage: Acme\nChannel: Messenger`,
      `note T-1 evt_1:answered The customer answered in private, in the conversation ${person}.`,
      'append T-2 customer: text 1',
    ])
    await forward(message(2))
    expect(steps.slice(7)).toEqual(['append T-2 customer: text 2'])
  })

  test('says each once and loses nothing, whatever fails, and though the link is erased in between', async () => {
    const { forward, steps, failing, turn, kit } = await linked()
    failing.set('append', busy())
    expect(await forward(message(1))).toEqual(['retry DESK_BUSY'])
    await redis.client.del(`${kit.prefix}:link:${person}`)
    expect(await turn(`in:${person}`)).toEqual(['done'])
    expect(steps.slice(3).map((step) => step.split(' ').slice(0, 2).join(' '))).toEqual([
      `open ${person}`,
      'note T-2',
      'note T-1',
      'append T-2',
    ])
  })
})
