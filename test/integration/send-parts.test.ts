import { describe, expect, test } from 'vitest'
import type { Outgoing } from '../../src/domain/outgoing.ts'
import { laneKit } from '../support/lane-kit.ts'
import { noAnswer, outLane, outbound, refusedWith, replyNumber } from '../support/lane-replies.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })
const id = replyNumber(1).id

async function accepted(message: Outgoing, parts: number) {
  const kit = laneKit(redis.client)
  const out = outbound(kit)
  await out.accept(replyNumber(1, undefined, { message }), parts)
  return { kit, ...out }
}

const long = { text: `${'a'.repeat(1900)}\n\n${'b'.repeat(1900)}\n\n${'c'.repeat(1900)}` }
const firstLetters = (texts: (string | undefined)[]) => texts.map((text) => text?.[0]).join('')

describe('a text that is longer than one message', () => {
  test('leaves in order, each part under its own name', async () => {
    const { turn, texts, bodies, record } = await accepted(long, 3)
    expect(await turn()).toEqual(['done'])
    expect(firstLetters(texts())).toBe('abc')
    expect(bodies().map((one) => one.message?.metadata)).toEqual([id, `${id}.1`, `${id}.2`])
    expect(await record(1)).toMatchObject({
      status: 'sent',
      parts: [{ mid: 'm_1' }, { mid: 'm_2' }, { mid: 'm_3' }],
    })
  })

  test('is gone on with where it stopped: no part that Meta has is sent twice', async () => {
    const { turn, answers, texts, record } = await accepted(long, 3)
    answers.push({ outcome: 'ok', body: { message_id: 'm_a' }, usage: null }, refusedWith(2))
    expect(await turn()).toEqual(['retry GRAPH_BUSY'])
    expect(await record(1)).toMatchObject({ status: 'queued', parts: [{ status: 'sent' }, {}, {}] })
    expect(await turn()).toEqual(['done'])
    expect(firstLetters(texts())).toBe('abbc')
    expect(await record(1)).toMatchObject({ status: 'sent', possibleRepeat: false })
  })

  test('a later part that Meta refuses ends it, and its replay begins with that part', async () => {
    const { turn, answers, texts, record, kit } = await accepted(long, 3)
    answers.push({ outcome: 'ok', body: { message_id: 'm_a' }, usage: null }, refusedWith(100))
    expect(await turn()).toEqual(['dead MESSAGE_REFUSED'])
    expect(await record(1)).toMatchObject({
      status: 'failed',
      parts: [{ mid: 'm_a', status: 'sent' }, { status: 'failed' }, { status: 'failed' }],
    })
    const [letter] = (await kit.deadLetters.list(1)).letters
    await kit.deadLetters.replay(letter!)
    expect(await turn()).toEqual(['done'])
    expect(firstLetters(texts())).toBe('abbc')
    expect(await record(1)).toMatchObject({ status: 'sent', possibleRepeat: false })
  })

  test('a part whose fate is unknown waits for its own echo, and the next one goes after it', async () => {
    const { turn, answers, texts, echo, record } = await accepted(long, 3)
    answers.push({ outcome: 'ok', body: { message_id: 'm_a' }, usage: null }, noAnswer('unknown'))
    expect(await turn()).toEqual(['retry GRAPH_UND_ERR_SOCKET'])
    await echo(1, 'm_a', 0)
    expect(await turn(), 'the echo of the first part says nothing of the second').toEqual([
      'wait WAITING_FOR_ECHO',
    ])
    await echo(1, 'm_b', 1)
    expect(await turn()).toEqual(['done'])
    expect(firstLetters(texts())).toBe('abc')
    expect(await record(1)).toMatchObject({ status: 'sent', possibleRepeat: false })
  })

  test('a part that had to be sent again makes the whole a possible repeat, whatever follows', async () => {
    const { turn, answers, texts, clock, record } = await accepted(long, 3)
    answers.push(noAnswer('unknown'))
    await turn()
    clock.now += 15_000
    const taken = { outcome: 'ok', body: { message_id: 'm_a' }, usage: null } as const
    answers.push(taken, refusedWith(2))
    expect(await turn()).toEqual(['retry GRAPH_BUSY'])
    expect(await turn()).toEqual(['done'])
    expect(firstLetters(texts())).toBe('aabbc')
    expect(await record(1)).toMatchObject({ status: 'sent', possibleRepeat: true })
  })
})

describe('a sender action', () => {
  test('has no message, no type and no mid', async () => {
    const { turn, calls, answers, record } = await accepted({ typing: true }, 1)
    answers.push({ outcome: 'ok', body: { recipient_id: '2400000000000001' }, usage: null })
    expect(await turn()).toEqual(['done'])
    expect(calls[0]?.body).toEqual({ recipient: { id: '2400000000000001' }, sender_action: 'typing_on' })
    expect(await record(1)).toMatchObject({ status: 'sent', parts: [{ mid: null, status: 'sent' }] })
  })

  test('is tried again at once when nobody knows whether it arrived: twice is the same as once', async () => {
    const { turn, answers, calls, record } = await accepted({ seen: true }, 1)
    answers.push(noAnswer('unknown'), { outcome: 'ok', body: {}, usage: null })
    expect(await turn()).toEqual(['retry GRAPH_UND_ERR_SOCKET'])
    expect(await turn()).toEqual(['done'])
    expect(calls).toHaveLength(2)
    expect(await record(1)).toMatchObject({ status: 'sent', possibleRepeat: false })
  })
})

test('an answer without the id that it must have leaves the outcome unknown', async () => {
  const { turn, answers } = await accepted({ text: 'hi' }, 1)
  answers.push({ outcome: 'ok', body: { recipient_id: '1' }, usage: null })
  expect(await turn()).toEqual(['retry GRAPH_NO_MESSAGE_ID'])
  expect(await turn()).toEqual(['wait WAITING_FOR_ECHO'])
})

describe('an upload', () => {
  const message: Outgoing = { attachment: { type: 'image', uploadId: 'upl_1' } }

  test('is sent by the id that Meta gave it', async () => {
    const { turn, deps, calls } = await accepted(message, 1)
    const uploads = {
      get: () => Promise.resolve({ pageId: '1', type: 'image', attachmentId: '77' } as const),
    }
    expect(await turn({ ...deps, uploads })).toEqual(['done'])
    expect(calls[0]?.body).toMatchObject({
      message: { attachment: { type: 'image', payload: { attachment_id: '77' } } },
    })
  })

  test('that has expired meanwhile ends the reply', async () => {
    const { turn, record } = await accepted(message, 1)
    expect(await turn()).toEqual(['dead MESSAGE_REFUSED'])
    expect(await record(1)).toMatchObject({ status: 'failed', failure: { code: 'MESSAGE_REFUSED' } })
  })
})

test('whoever is known by a user_ref only is addressed by it', async () => {
  const kit = laneKit(redis.client)
  const out = outbound(kit)
  await out.accept(replyNumber(1, '1:user_ref:box-7'))
  await kit.lanes.append([
    { lane: outLane, id: 'x', payload: JSON.stringify(replyNumber(2, '1:user_ref:box-7')) },
  ])
  expect(await out.turn()).toEqual(['done'])
  expect(out.bodies()[0]?.recipient).toEqual({ user_ref: 'box-7' })
})
