import { describe, expect, test } from 'vitest'
import { recordErasure } from '../../src/records/erase-records.ts'
import { StepError } from '../../src/domain/step-error.ts'
import {
  answerNumber,
  commentEvent,
  commentLane,
  madeComment,
  person,
  sentPrivately,
  thread,
  threadLane,
} from '../support/lane-comments.ts'
import { laneKit } from '../support/lane-kit.ts'
import { noAnswer, refusedWith, replyNumber } from '../support/lane-replies.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })
const day = 86_400_000
const privately = { do: 'private' } as const

/** A comment was written, and then these replies. */
async function accepted(...replies: ReturnType<typeof answerNumber>[]) {
  const kit = laneKit(redis.client)
  const out = { kit, ...commentLane(kit) }
  await out.tell(commentEvent('c_1', { timestamp: out.clock.now }))
  for (const reply of replies) await out.accept(reply)
  return out
}

describe('a private reply', () => {
  test('goes to the comment by the Send API, counts as such, and is linked with the person', async () => {
    const out = await accepted(answerNumber(1, privately))
    out.answers.push(sentPrivately('m_1'))
    expect(await out.turn()).toEqual(['done'])
    expect(out.calls).toEqual([
      {
        method: 'POST',
        path: '1/messages',
        accessToken: 'token-of-the-page',
        body: {
          recipient: { comment_id: 'c_1' },
          messaging_type: 'RESPONSE',
          message: { text: 'answer 1', metadata: replyNumber(1).id },
        },
      },
    ])
    expect(out.asked).toEqual(['privateReply'])
    expect(await out.record(1)).toMatchObject({ conversationId: thread, parts: [{ mid: 'm_1' }] })
    expect(await out.privateReplies.linkedTo(thread)).toBe(person)
    expect(await out.privateReplies.linkedTo(person)).toBe(thread)
  })

  test('is the only one: another is refused without a call, and its replay, too', async () => {
    const out = await accepted(answerNumber(1, privately), answerNumber(2, privately))
    out.answers.push(sentPrivately('m_1'))
    expect(await out.turn()).toEqual(['done', 'done'])
    expect(out.calls).toHaveLength(1)
    expect(await out.record(2)).toMatchObject({ status: 'failed', failure: { code: 'MESSAGE_REFUSED' } })
    expect(out.refused).toEqual(['MESSAGE_REFUSED'])
    // Nor does it take any room from others.
    expect(out.asked).toEqual(['privateReply'])
    expect(await out.kit.deadLetters.count()).toBe(0)
    // It is kept for longer than a comment can be answered.
    const [key = ''] = await redis.keys(`${out.kit.prefix}:private-reply:*`)
    expect(await redis.client.pttl(key)).toBeGreaterThan(7 * day)
  })

  test.each([
    { age: 7 * day - 1, status: 'sent' },
    { age: 7 * day, status: 'failed' },
  ])('to a comment that is $age ms old is $status', async ({ age, status }) => {
    const out = await accepted(answerNumber(1, privately))
    out.clock.now += age
    out.answers.push(sentPrivately('m_1'))
    expect(await out.turn()).toEqual(['done'])
    expect(await out.record(1)).toMatchObject({ status })
    expect(out.calls).toHaveLength(status === 'sent' ? 1 : 0)
  })

  test('to a comment of which nobody knows the age is tried', async () => {
    const out = await accepted(answerNumber(1, { ...privately, commentId: 'c_9' }))
    out.clock.now += 30 * day
    out.answers.push(sentPrivately('m_1'))
    await out.turn()
    expect(await out.record(1)).toMatchObject({ status: 'sent' })
  })

  test('that certainly was not sent leaves room for another one', async () => {
    const out = await accepted(answerNumber(1, privately), answerNumber(2, privately))
    out.answers.push(refusedWith(100), sentPrivately('m_2'))
    expect(await out.turn()).toEqual(['dead MESSAGE_REFUSED', 'done'])
    expect(await out.record(2)).toMatchObject({ status: 'sent' })
  })

  test('that may have been sent leaves none', async () => {
    const out = await accepted(answerNumber(1, privately), answerNumber(2, privately))
    for (let sends = 1; sends <= 6; sends++) {
      out.answers.push(noAnswer('unknown'))
      await out.turn()
      out.clock.now += 3_600_000
    }
    expect(await out.turn()).toEqual(['dead OUTCOME_UNKNOWN', 'done'])
    expect(out.calls).toHaveLength(6)
    expect(await out.record(2)).toMatchObject({ status: 'failed', failure: { code: 'MESSAGE_REFUSED' } })
  })

  test('that may have been sent and was refused when it was sent again leaves none either', async () => {
    const out = await accepted(answerNumber(1, privately), answerNumber(2, privately))
    out.answers.push(noAnswer('unknown'))
    await out.turn()
    out.clock.now += 15_000
    out.answers.push(refusedWith(10_902))
    expect(await out.turn()).toEqual(['dead MESSAGE_REFUSED', 'done'])
    expect(out.calls).toHaveLength(2)
  })

  test('whose outcome nobody told is known by its echo, which tells who it is, too', async () => {
    const out = await accepted(answerNumber(1, privately))
    out.answers.push(noAnswer('unknown'))
    await out.turn()
    expect(await out.turn()).toEqual(['wait WAITING_FOR_ECHO'])
    const { id: replyId } = replyNumber(1)
    const echo = { replyId, part: 0, mid: 'm_1', conversationId: person, at: out.clock.now }
    await out.records.noteSent([echo], 'echo')
    expect(await out.turn()).toEqual(['done'])
    expect(out.calls).toHaveLength(1)
    expect(await out.privateReplies.linkedTo(thread)).toBe(person)
  })
})

describe('after a private reply', () => {
  const announced = answerNumber(1, { ...privately, publicText: 'We have written to you.' })

  test('what is to be said in public is, once, as a reply of its own', async () => {
    const out = await accepted(announced)
    out.answers.push(sentPrivately('m_1'), madeComment('c_2'))
    expect(await out.turn()).toEqual(['done', 'done'])
    expect(out.calls.map(({ path, body }) => [path, (body as { message: unknown }).message])).toEqual([
      ['1/messages', expect.objectContaining({ text: 'answer 1' })],
      ['c_1/comments', 'We have written to you.'],
    ])
  })

  test('that was not sent, nothing is said in public', async () => {
    const out = await accepted(announced)
    out.answers.push(refusedWith(100))
    expect(await out.turn()).toEqual(['dead MESSAGE_REFUSED'])
    expect(out.calls).toHaveLength(1)
    expect(await out.kit.payloads(threadLane)).toEqual([])
  })

  test('both tickets are told, and the person’s is told no more when they answer', async () => {
    const out = await accepted(answerNumber(1, privately))
    const { conversations } = out
    await conversations.keepTicket(thread, 'main', 'T-comment')
    await conversations.keepTicket(person, 'main', 'T-person')
    out.answers.push(sentPrivately('m_1'))
    expect(await out.turn()).toEqual(['done'])
    expect(out.notes).toEqual([
      `T-comment 1:private Answered in private: “answer 1” What is said there is in the conversation ${person}.`,
      `T-person 1:comment In answer to a comment the Page wrote: “answer 1” The comment is in the conversation ${thread}.`,
    ])
    expect(await out.privateReplies.toTell(person, 'evt_1')).toBeUndefined()
  })

  test('a helpdesk that is busy is told later, and nothing is sent again for it', async () => {
    const out = await accepted(announced)
    await out.conversations.keepTicket(thread, 'main', 'T-comment')
    out.noteErrors.push(new StepError('busy', { code: 'DESK_BUSY', verdict: 'retry', arrived: 'no' }))
    out.answers.push(sentPrivately('m_1'), madeComment('c_2'))
    expect(await out.turn()).toEqual(['retry DESK_BUSY'])
    expect(await out.turn()).toEqual(['done', 'done'])
    expect(out.notes).toHaveLength(1)
    expect(out.calls).toHaveLength(2)
  })

  test('a helpdesk that never takes the note does not hold up the thread', async () => {
    const out = await accepted(answerNumber(1, privately))
    await out.conversations.keepTicket(thread, 'main', 'T-comment')
    out.noteErrors.push(new StepError('no', { code: 'DESK_NO', verdict: 'permanent', arrived: 'no' }))
    out.answers.push(sentPrivately('m_1'))
    expect(await out.turn()).toEqual(['done'])
    expect(await out.record(1)).toMatchObject({ status: 'sent' })
  })
})

test('of two that want the same comment at the same time one gets it, and only that one lets go of it', async () => {
  const { privateReplies } = await accepted()
  const ref = { pageId: '1', commentId: 'c_1' }
  expect(await privateReplies.of(ref)).toBeNull()
  expect([await privateReplies.claim(ref, 'rpl_a'), await privateReplies.claim(ref, 'rpl_b')]).toEqual([
    'rpl_a',
    'rpl_a',
  ])
  await privateReplies.release(ref, 'rpl_b')
  expect(await privateReplies.of(ref)).toBe('rpl_a')
  await privateReplies.release(ref, 'rpl_a')
  expect(await privateReplies.claim({ ...ref, pageId: '2' }, 'rpl_c')).toBe('rpl_c')
  expect(await privateReplies.of(ref)).toBeNull()
})

test('the link is told with the first event that asks, as often as that one asks', async () => {
  const out = await accepted(answerNumber(1, privately))
  out.answers.push(sentPrivately('m_1'))
  await out.turn()
  const link = { comment: thread, commentId: 'c_1', text: 'answer 1', replyId: replyNumber(1).id }
  expect(await out.privateReplies.toTell(person, 'evt_1')).toEqual(link)
  expect(await out.privateReplies.toTell(person, 'evt_2')).toBeUndefined()
  // As a retry of the reply does it.
  await out.privateReplies.link(person, link, false)
  expect(await out.privateReplies.toTell(person, 'evt_2')).toBeUndefined()
  expect(await out.privateReplies.toTell(person, 'evt_1')).toEqual(link)
})

test('a person who is erased leaves no link behind', async () => {
  const out = await accepted(answerNumber(1, privately))
  out.answers.push(sentPrivately('m_1'))
  await out.turn()
  await recordErasure(redis.client, { prefix: out.kit.prefix }).erase([person])
  expect(await out.privateReplies.linkedTo(thread)).toBeNull()
  const left = await redis.keys(`${out.kit.prefix}:*`)
  const values = await Promise.all(left.map((key) => redis.client.dump(key)))
  expect([...left, ...values.map(String)].filter((text) => text.includes('2400000000000001'))).toEqual([])
})
