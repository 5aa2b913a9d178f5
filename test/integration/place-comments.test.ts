import { expect, test } from 'vitest'
import type { DomainEvent } from '../../src/domain/event.ts'
import type { PostEvent } from '../../src/domain/page-events.ts'
import { placeComments } from '../../src/routing/place-comments.ts'
import { commentEvent, commentLane, thread } from '../support/lane-comments.ts'
import { message } from '../support/lane-events.ts'
import { laneKit } from '../support/lane-kit.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })
const open = () => commentLane(laneKit(redis.client))
const homes = (events: DomainEvent[]) => events.map(({ conversationId }) => conversationId)

const reaction = (commentId: string): DomainEvent => ({
  ...commentEvent('x'),
  kind: 'feed_reaction',
  conversationId: `1:comment:${commentId}`,
  reaction: 'love',
  commentId,
})

test('what answers an answer is in the thread, also within one delivery, and so is a reaction to it', async () => {
  const { tell } = open()
  const events = [
    commentEvent('c_1'),
    commentEvent('c_2', { parentId: 'c_1' }),
    commentEvent('c_3', { parentId: 'c_2' }),
  ]
  expect(homes(await tell(...events))).toEqual([thread, thread, thread])
  expect(homes(await tell(commentEvent('c_4', { parentId: 'c_3' }), reaction('c_4')))).toEqual([
    thread,
    thread,
  ])
  // The same again is the same again.
  expect(homes(await tell(...events))).toEqual([thread, thread, thread])
})

test('a thread of another Page is another one, and so is what answers an unknown comment', async () => {
  const { tell } = open()
  await tell(commentEvent('c_1'), commentEvent('c_2', { parentId: 'c_1' }))
  const other = commentEvent('c_3', { pageId: '2', parentId: 'c_2', conversationId: '2:comment:c_2' })
  const unknown = commentEvent('c_4', { parentId: 'c_9' })
  expect(homes(await tell(other, unknown))).toEqual(['2:comment:c_2', '1:comment:c_9'])
})

test('events of other kinds stay as they are, and cost nothing', async () => {
  const asked: string[] = []
  const never = (name: string) => () => {
    asked.push(name)
    return Promise.reject(new Error('not asked for'))
  }
  const place = placeComments({
    comments: {
      find: never('find'),
      note: never('note'),
      forget: never('forget'),
      keepPosts: (posts) => {
        if (posts.length > 0) asked.push('keepPosts')
        return Promise.resolve()
      },
    },
    ownComments: { recognise: never('recognise'), keep: never('keep'), isOurs: never('isOurs') },
    replies: { noteSent: never('noteSent'), get: never('get') },
  })
  const events = [message(1), message(2)]
  expect(await place(events)).toBe(events)
  expect(asked).toEqual([])
})

test('the newest comment of a customer is known; the Page’s own, and one that was removed, are not it', async () => {
  const { tell, comments } = open()
  await tell(
    commentEvent('c_1', { timestamp: 1000 }),
    commentEvent('c_3', { parentId: 'c_1', timestamp: 3000 }),
    commentEvent('c_2', { parentId: 'c_1', timestamp: 2000 }),
    commentEvent('c_4', { parentId: 'c_1', timestamp: 4000, byPage: true }),
  )
  expect(await comments.newest(thread)).toBe('c_3')
  const [removed] = await tell(
    commentEvent('c_3', { parentId: 'c_1', verb: 'remove', text: null, id: 'evt_r' }),
  )
  expect([removed?.conversationId, await comments.newest(thread)]).toEqual([thread, 'c_2'])
})

test('of what customers write nothing is kept but where and when; of the Page’s words the beginning', async () => {
  const { tell, comments } = open()
  const said = 'a'.repeat(600)
  await tell(
    commentEvent('c_1', { text: 'my number is 4711' }),
    commentEvent('c_2', { parentId: 'c_1', byPage: true, text: said }),
  )
  const ref = (commentId: string) => ({ pageId: '1', commentId })
  expect(await comments.find([ref('c_1'), ref('c_2'), ref('c_9')])).toEqual([
    { conversationId: thread, at: 1_000_000, byPage: false, text: null },
    { conversationId: thread, at: 1_000_000, byPage: true, text: said.slice(0, 500) },
    undefined,
  ])
  const keys = await redis.client.keys('*:comment:1:c_1')
  const dumps = await Promise.all(keys.map((key) => redis.client.dump(key)))
  expect(dumps.map(String).join()).not.toContain('4711')
})

test('posts of the Page are remembered by what they say, those of visitors are not', async () => {
  const { tell, comments } = open()
  const post = (postId: string, byPage: boolean): PostEvent => ({
    ...commentEvent('x'),
    kind: 'post',
    conversationId: '1:page',
    commentId: null,
    postId,
    item: 'status',
    text: `post ${postId}`,
    isPublished: true,
    byPage,
  })
  await tell(post('1_1', true), post('1_2', false), { ...post('1_3', true), verb: 'remove' })
  expect(await Promise.all(['1_1', '1_2', '1_3'].map((id) => comments.postText('1', id)))).toEqual([
    'post 1_1',
    null,
    null,
  ])
})
