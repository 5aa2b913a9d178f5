import { describe, expect, test } from 'vitest'
import { StepError } from '../../src/domain/step-error.ts'
import { laneKit } from '../support/lane-kit.ts'
import {
  conversation,
  noAnswer,
  outLane,
  outbound,
  refusedWith,
  replyNumber,
  sentAs,
} from '../support/lane-replies.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })

async function withReplies(count = 1) {
  const kit = laneKit(redis.client)
  const out = outbound(kit)
  for (let n = 1; n <= count; n++) await out.accept(replyNumber(n))
  return { kit, ...out }
}

const deskDown = (verdict: 'retry' | 'permanent') =>
  new StepError('the desk says no', { code: 'DESK', verdict, arrived: 'no' })

describe('a reply that Graph takes', () => {
  test('is sent with its id, and told where the agent wrote it', async () => {
    const { turn, calls, told, record } = await withReplies()
    expect(await turn()).toEqual(['done'])
    expect(calls).toEqual([
      {
        method: 'POST',
        path: '1/messages',
        accessToken: 'token-of-the-page',
        body: {
          recipient: { id: '2400000000000001' },
          messaging_type: 'RESPONSE',
          message: { text: 'answer 1', metadata: replyNumber(1).id },
        },
      },
    ])
    expect(await record(1)).toEqual({
      id: replyNumber(1).id,
      conversationId: conversation,
      status: 'sent',
      possibleRepeat: false,
      parts: [{ mid: 'm_1', status: 'sent' }],
    })
    expect(told).toMatchObject([
      {
        conversation: { id: conversation, pageId: '1', psid: '2400000000000001', channel: 'messenger' },
        reply: replyNumber(1).id,
        outcome: { status: 'sent' },
        key: `${replyNumber(1).id}:fate`,
      },
    ])
  })

  test('goes after the one before it', async () => {
    const { turn, texts } = await withReplies(3)
    await turn()
    expect(texts()).toEqual(['answer 1', 'answer 2', 'answer 3'])
  })
})

describe('a reply that Graph does not take', () => {
  test.each([
    { name: 'Graph is busy', answer: refusedWith(2) },
    { name: 'the request never left', answer: noAnswer('no') },
  ])('is sent later, without waiting for an echo, when $name', async ({ answer }) => {
    const { turn, texts, answers, record, kit } = await withReplies(2)
    answers.push(answer)
    expect(await turn()).toMatchObject([expect.stringMatching(/^retry GRAPH_/)])
    expect(await record(1)).toMatchObject({ status: 'queued', possibleRepeat: false })
    expect(await kit.statuses.of(outLane)).toMatchObject({ waiting: 2, attempts: 1 })
    await turn()
    expect(texts()).toEqual(['answer 1', 'answer 1', 'answer 2'])
    expect(await record(1)).toMatchObject({ status: 'sent', possibleRepeat: false })
  })

  test('dies when it was refused: the record and the agent know why, and the next one goes', async () => {
    const { turn, calls, answers, record, told, kit } = await withReplies(2)
    answers.push(refusedWith(10, 2_018_278))
    expect(await turn()).toEqual(['dead WINDOW_CLOSED', 'done'])
    const failure = {
      code: 'WINDOW_CLOSED',
      message: expect.stringMatching(/customer writes again/),
      graph: { code: 10, subcode: 2_018_278 },
    }
    expect(await record(1)).toMatchObject({
      status: 'failed',
      parts: [{ mid: null, status: 'failed' }],
      failure,
    })
    expect(told[0]).toMatchObject({ reply: replyNumber(1).id, outcome: { status: 'failed', failure } })
    expect((await kit.deadLetters.list(10)).letters).toMatchObject([{ kind: 'reply', code: 'WINDOW_CLOSED' }])
    expect(calls).toHaveLength(2)
    expect(await record(2)).toMatchObject({ status: 'sent' })
  })

  test('can be replayed from its dead letter, and is told anew', async () => {
    const { turn, answers, record, told, kit } = await withReplies()
    answers.push(refusedWith(551))
    await turn()
    const [letter] = (await kit.deadLetters.list(1)).letters
    expect(await kit.deadLetters.replay(letter!)).toBe(true)
    expect(await turn()).toEqual(['done'])
    expect(await record(1)).toMatchObject({ status: 'sent', parts: [{ mid: 'm_2' }], possibleRepeat: false })
    expect(await record(1)).not.toHaveProperty('failure')
    expect(told.map((one) => one.outcome.status)).toEqual(['failed', 'sent'])
  })

  test.each([
    { name: 'of a Page that nobody knows', conversationId: '9:anna' },
    { name: 'to nobody', conversationId: '1:page' },
  ])('dies unsent when it is $name', async ({ conversationId }) => {
    const kit = laneKit(redis.client)
    const out = outbound(kit)
    const lost = { ...replyNumber(1), conversationId }
    await out.records.open(lost, { fingerprint: 'print', parts: 1 })
    await kit.lanes.append([{ lane: outLane, id: lost.id, payload: JSON.stringify(lost) }])
    expect(await out.turn()).toEqual(['dead PAGE_UNKNOWN'])
    expect(out.calls).toEqual([])
    expect(await out.record(1)).toMatchObject({ status: 'failed', failure: { code: 'GAVE_UP' } })
  })

  test('dies when it cannot be read, and the next one goes', async () => {
    const kit = laneKit(redis.client)
    const out = outbound(kit)
    await kit.append(outLane, '{"id":')
    await out.accept(replyNumber(1))
    expect(await out.turn()).toEqual(['dead PAYLOAD_UNREADABLE', 'done'])
  })
})

describe('telling the helpdesk', () => {
  test('is tried again without sending again', async () => {
    const { turn, calls, told, toldErrors, record } = await withReplies()
    toldErrors.push(deskDown('retry'), deskDown('retry'))
    expect(await turn()).toEqual(['retry DESK'])
    expect(await record(1)).toMatchObject({ status: 'sent' })
    expect(await turn()).toEqual(['retry DESK'])
    expect(await turn()).toEqual(['done'])
    expect([calls.length, told.length]).toEqual([1, 1])
  })

  test('in vain does not make a sent reply a failed one, nor hold up the next', async () => {
    const { turn, calls, toldErrors, record, kit } = await withReplies(2)
    toldErrors.push(deskDown('permanent'))
    expect(await turn()).toEqual(['done', 'done'])
    expect(await record(1)).toMatchObject({ status: 'sent', parts: [{ mid: 'm_1' }] })
    expect(await kit.deadLetters.count()).toBe(0)
    expect(calls).toHaveLength(2)
  })

  test('for longer than we try does not make a sent reply a failed one', async () => {
    const { turn, toldErrors, record, calls } = await withReplies()
    toldErrors.push(deskDown('retry'))
    expect(await turn({ giveUpMs: -1 })).toEqual(['dead DESK'])
    expect(await record(1)).toMatchObject({ status: 'sent', parts: [{ mid: 'm_1' }] })
    expect(calls).toHaveLength(1)
  })

  test('of a failure in vain does not keep the dead reply in its lane', async () => {
    const { turn, answers, toldErrors, record, calls } = await withReplies(2)
    answers.push(refusedWith(100))
    toldErrors.push(deskDown('permanent'))
    expect(await turn()).toEqual(['dead MESSAGE_REFUSED', 'done'])
    expect(await record(1)).toMatchObject({ status: 'failed' })
    expect(calls).toHaveLength(2)
  })
})

describe('a Redis that takes no records (a full one still lets lanes drain)', () => {
  const full = () => Promise.reject(new Error('OOM command not allowed'))

  test('costs a status and never a message: sent once, and the lane goes on', async () => {
    const { turn, calls, deps, kit } = await withReplies(2)
    const broken = { ...deps.replies, update: full, noteSent: full }
    expect(await turn({ replies: broken })).toEqual(['done', 'done'])
    expect(calls).toHaveLength(2)
    expect(await kit.payloads(outLane)).toEqual([])
  })

  test('does not keep a refused reply in its lane', async () => {
    const { turn, answers, calls, deps } = await withReplies(2)
    answers.push(refusedWith(100))
    const broken = { ...deps.replies, update: full, noteSent: full }
    expect(await turn({ replies: broken })).toEqual(['dead MESSAGE_REFUSED', 'done'])
    expect(calls).toHaveLength(2)
  })
})

describe('a Graph that fails', () => {
  test('with a 5xx may have sent it: its echo is waited for', async () => {
    const { turn, answers, calls, echo, record } = await withReplies()
    answers.push(refusedWith(2, null, { status: 500 }))
    expect(await turn()).toEqual(['retry GRAPH_FAILED'])
    expect(await turn()).toEqual(['wait WAITING_FOR_ECHO'])
    await echo(1, 'm_1')
    expect(await turn()).toEqual(['done'])
    expect(calls).toHaveLength(1)
    expect(await record(1)).toMatchObject({ status: 'sent', parts: [{ mid: 'm_1' }], possibleRepeat: false })
  })

  test('with a 5xx for everybody opens its breaker, so that nobody gets copies of what was sent all the same', async () => {
    const { turn, answers, calls } = await withReplies()
    answers.push(refusedWith(2, null, { status: 503 }))
    const failures: unknown[] = []
    const watched = {
      run: <T>(work: () => Promise<T>) =>
        work().catch((error: unknown) => {
          failures.push(error)
          throw error
        }),
    }
    expect(await turn({ breaker: watched })).toEqual(['retry GRAPH_FAILED'])
    expect(failures).toMatchObject([{ facts: { destinationDown: true, arrived: 'unknown' } }])
    expect(calls).toHaveLength(1)
  })
})

test('whoever lost the lane while sending writes nothing over what the next holder did', async () => {
  const { turn, answers, clock, nextCall, record, kit } = await withReplies()
  const late = Promise.withResolvers<ReturnType<typeof sentAs>>()
  answers.push(late.promise)
  const called = nextCall()
  const frozen = turn()
  await called
  await kit.leaseEnds(outLane)
  clock.now += 15_000
  expect(await turn()).toEqual(['done'])
  late.resolve(sentAs('m_late'))
  expect(await frozen).toEqual(['done', 'stale COMMIT_REFUSED'])
  expect(await kit.payloads(outLane)).toEqual([])
  expect(await record(1)).toMatchObject({ status: 'sent', parts: [{ mid: 'm_2' }], possibleRepeat: true })
})
