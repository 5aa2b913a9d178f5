import { describe, expect, test } from 'vitest'
import type { GraphAnswer } from '../../src/meta/graph-client.ts'
import {
  answerNumber,
  commentEvent,
  commentLane,
  madeComment,
  thread,
  threadLane,
} from '../support/lane-comments.ts'
import { laneKit } from '../support/lane-kit.ts'
import { noAnswer, refusedWith, replyNumber } from '../support/lane-replies.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })

function openLane(settings: Parameters<typeof commentLane>[1] = {}) {
  const kit = laneKit(redis.client)
  return { kit, ...commentLane(kit, settings) }
}

async function accepted(...replies: ReturnType<typeof answerNumber>[]) {
  const out = openLane()
  for (const reply of replies) await out.accept(reply)
  return out
}

describe('an answer in public', () => {
  test('is a call of the comment, in nobody’s name, and told where the agent wrote it', async () => {
    const out = await accepted(answerNumber(1))
    out.answers.push(madeComment('c_2'))
    expect(await out.turn()).toEqual(['done'])
    expect(out.calls).toEqual([
      {
        method: 'POST',
        path: 'c_1/comments',
        accessToken: 'token-of-the-page',
        body: { message: 'answer 1' },
      },
    ])
    expect(await out.record(1)).toMatchObject({
      conversationId: thread,
      status: 'sent',
      possibleRepeat: false,
      parts: [{ mid: 'c_2', status: 'sent' }],
    })
    expect(out.told).toMatchObject([
      { conversation: { id: thread, psid: null }, outcome: { status: 'sent' } },
    ])
    expect([await out.ownComments.isOurs('c_2', '1'), await out.ownComments.isOurs('c_2', '2')]).toEqual([
      true,
      false,
    ])
    expect(out.asked).toEqual(['text'])
  })

  test('to an answer goes to that one on Facebook, and to what began the thread on Instagram', async () => {
    const reply = answerNumber(1, { commentId: 'c_5' })
    const facebook = await accepted(reply)
    await facebook.turn()
    const instagram = openLane({ page: { channel: 'instagram' } })
    await instagram.accept(reply)
    await instagram.turn()
    expect([facebook.calls[0]?.path, instagram.calls[0]?.path]).toEqual(['c_5/comments', 'c_1/replies'])
  })

  test('without the permission for comments dies alone: the Page can still send messages', async () => {
    const out = await accepted(answerNumber(1), answerNumber(2))
    out.answers.push(refusedWith(200), madeComment('c_3'))
    expect(await out.turn()).toEqual(['dead PAGE_STOPPED', 'done'])
    expect(await out.stops.all()).toEqual(new Map())
    expect(await out.record(1)).toMatchObject({
      status: 'failed',
      failure: { code: 'PAGE_STOPPED', graph: { code: 200 } },
    })
  })

  test('goes on while messages lack their permission, of which it proves nothing', async () => {
    const out = await accepted(answerNumber(1))
    await out.deps.stops.stop(out.pages.get('1')!, 'permission', '10/-')
    out.answers.push(madeComment('c_2'))
    expect(await out.turn()).toEqual(['done'])
    expect([...(await out.stops.all()).values()]).toMatchObject([{ reason: 'permission' }])
  })

  test.each([
    { reason: 'token', code: 190 },
    { reason: 'restricted', code: 368 },
  ])('waits with the messages of its Page, and stops them: $reason', async ({ reason, code }) => {
    const out = await accepted(answerNumber(1))
    out.answers.push(refusedWith(code))
    expect(await out.turn()).toEqual(['wait PAGE_STOPPED'])
    expect([...(await out.stops.all()).values()]).toMatchObject([{ reason }])
    expect(await out.turn()).toEqual(['wait PAGE_STOPPED'])
    expect(out.calls).toHaveLength(1)
  })

  test('of a Page that the config does not know dies unsent', async () => {
    const out = await accepted(answerNumber(1))
    out.pages.clear()
    expect(await out.turn()).toEqual(['dead PAGE_UNKNOWN'])
    expect(out.calls).toEqual([])
  })
})

/** Ways in which nobody knows whether Graph has the comment. */
const ways = [
  {
    name: 'Graph gave no answer',
    async begin(out: ReturnType<typeof openLane>) {
      out.answers.push(noAnswer('unknown'))
      expect(await out.turn()).toEqual(['retry GRAPH_UND_ERR_SOCKET'])
    },
  },
  {
    name: 'Graph answered without an id',
    async begin(out: ReturnType<typeof openLane>) {
      out.answers.push({ outcome: 'ok', body: { success: true }, usage: null })
      expect(await out.turn()).toEqual(['retry GRAPH_NO_MESSAGE_ID'])
    },
  },
  {
    name: 'the worker crashed while it was sending',
    async begin(out: ReturnType<typeof openLane>) {
      out.answers.push(new Promise<GraphAnswer>(() => {}))
      const called = out.nextCall()
      void out.turn()
      await called
      await out.kit.leaseEnds(threadLane)
    },
  },
]

describe.each(ways)('an answer in public, when $name,', ({ begin }) => {
  test('is known by its copy in the feed, which answers and says the same', async () => {
    const out = await accepted(answerNumber(1))
    await begin(out)
    out.clock.now += 14_999
    expect(await out.turn()).toEqual(['wait WAITING_FOR_ECHO'])
    await out.copy('c_2', ' answer\n1 ')
    expect(await out.turn()).toEqual(['done'])
    expect(out.calls).toHaveLength(1)
    expect(await out.record(1)).toMatchObject({
      status: 'sent',
      possibleRepeat: false,
      parts: [{ mid: 'c_2' }],
    })
    expect(await out.ownComments.isOurs('c_2', '1')).toBe(true)
  })

  test('is sent again without its copy, is then a possible repeat, and neither copy is news', async () => {
    const out = await accepted(answerNumber(1))
    await begin(out)
    out.clock.now += 15_000
    out.answers.push(madeComment('c_3'))
    expect(await out.turn()).toEqual(['done'])
    expect(out.calls.map(({ body }) => body)).toEqual([{ message: 'answer 1' }, { message: 'answer 1' }])
    expect(await out.record(1)).toMatchObject({ status: 'sent', possibleRepeat: true })
    await out.copy('c_2', 'answer 1', { timestamp: 1_000_000 })
    await out.copy('c_3', 'answer 1')
    expect([await out.ownComments.isOurs('c_2', '1'), await out.ownComments.isOurs('c_3', '1')]).toEqual([
      true,
      true,
    ])
  })

  test.each([
    { name: 'says something else', more: { text: 'answer 2' } },
    { name: 'answers another comment', more: { parentId: 'c_9', conversationId: thread } },
    { name: 'is older than it', more: { timestamp: 1_000_000 - 5001 } },
    { name: 'is a customer’s', more: { byPage: false } },
    { name: 'is edited', more: { verb: 'edit' as const } },
  ])('is not known by a comment that $name', async ({ more }) => {
    const out = await accepted(answerNumber(1))
    await begin(out)
    await out.copy('c_2', 'answer 1', more)
    expect(await out.ownComments.isOurs('c_2', '1')).toBe(false)
    expect(await out.turn()).toEqual(['wait WAITING_FOR_ECHO'])
  })
})

describe('the copy of an answer in public', () => {
  test('of which Meta does not name the author is known as ours, too', async () => {
    const out = await accepted(answerNumber(1))
    out.answers.push(noAnswer('unknown'))
    await out.turn()
    await out.copy('c_2', 'answer 1', { byPage: false, author: { id: null, name: null } })
    expect(await out.turn()).toEqual(['done'])
    expect(await out.record(1)).toMatchObject({ parts: [{ mid: 'c_2' }], possibleRepeat: false })
  })

  test('that comes before Graph’s answer is known as ours', async () => {
    const out = await accepted(answerNumber(1))
    const late = Promise.withResolvers<GraphAnswer>()
    out.answers.push(late.promise)
    const called = out.nextCall()
    const turn = out.turn()
    await called
    await out.copy('c_2', 'answer 1')
    expect(await out.ownComments.isOurs('c_2', '1')).toBe(true)
    late.resolve(madeComment('c_2'))
    expect(await turn).toEqual(['done'])
    expect(await out.record(1)).toMatchObject({ parts: [{ mid: 'c_2' }], possibleRepeat: false })
  })

  test('is none of the next answer, which says the same', async () => {
    const same = { message: { text: 'Thank you!' } }
    const out = await accepted(answerNumber(1, {}, same), answerNumber(2, {}, same))
    out.answers.push(madeComment('c_2'), noAnswer('unknown'))
    expect(await out.turn()).toEqual(['done', 'retry GRAPH_UND_ERR_SOCKET'])
    await out.copy('c_2', 'Thank you!')
    expect(await out.turn()).toEqual(['wait WAITING_FOR_ECHO'])
    await out.copy('c_3', 'Thank you!')
    expect(await out.turn()).toEqual(['done'])
    expect(await out.record(2)).toMatchObject({ parts: [{ mid: 'c_3' }] })
  })

  test('is known no longer once its answer is: what others say for the Page is news', async () => {
    const out = await accepted(answerNumber(1))
    out.answers.push(madeComment('c_2'))
    await out.turn()
    await out.copy('c_3', 'answer 1')
    expect(await out.ownComments.isOurs('c_3', '1')).toBe(false)
  })

  test('of an answer to an answer is found in the thread that Meta does not name', async () => {
    const out = openLane()
    await out.tell(commentEvent('c_1'), commentEvent('c_5', { parentId: 'c_1' }))
    await out.accept(answerNumber(1, { commentId: 'c_5' }))
    out.answers.push(noAnswer('unknown'))
    await out.turn()
    const [placed] = await out.copy('c_6', 'answer 1', { parentId: 'c_5', conversationId: '1:comment:c_5' })
    expect(placed?.conversationId).toBe(thread)
    expect(await out.turn()).toEqual(['done'])
    expect(await out.record(1)).toMatchObject({ parts: [{ mid: 'c_6' }] })
  })
})

describe('hiding a comment', () => {
  test.each([
    { channel: 'messenger', verb: 'hide', body: { is_hidden: true } },
    { channel: 'messenger', verb: 'unhide', body: { is_hidden: false } },
    { channel: 'instagram', verb: 'hide', body: { hide: true } },
  ] as const)('on $channel, $verb: $body', async ({ channel, verb, body }) => {
    const out = openLane({ page: { channel } })
    await out.accept(answerNumber(1, { do: verb, commentId: 'c_4' }))
    out.answers.push({ outcome: 'ok', body: { success: true }, usage: null })
    expect(await out.turn()).toEqual(['done'])
    expect(out.calls).toMatchObject([{ path: 'c_4', body }])
    expect(await out.record(1)).toMatchObject({ status: 'sent', parts: [{ mid: null, status: 'sent' }] })
  })

  test('is done again at once when nobody knows whether it was: twice is the same as once', async () => {
    const out = await accepted(answerNumber(1, { do: 'hide' }))
    out.answers.push(noAnswer('unknown'), { outcome: 'ok', body: { success: true }, usage: null })
    expect(await out.turn()).toEqual(['retry GRAPH_UND_ERR_SOCKET'])
    expect(await out.turn()).toEqual(['done'])
    expect(await out.record(1)).toMatchObject({ status: 'sent', possibleRepeat: false })
  })

  test('that Meta refuses is told', async () => {
    const out = await accepted(answerNumber(1, { do: 'hide' }))
    out.answers.push(refusedWith(100, 33))
    expect(await out.turn()).toEqual(['dead MESSAGE_REFUSED'])
    expect(out.told).toMatchObject([{ reply: replyNumber(1).id, outcome: { status: 'failed' } }])
  })
})
