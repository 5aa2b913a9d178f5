import { describe, expect, test } from 'vitest'
import { breaker } from '../../src/lanes/breaker.ts'
import type { GraphAnswer } from '../../src/meta/graph-client.ts'
import { laneKit } from '../support/lane-kit.ts'
import { noAnswer, outLane, outbound, refusedWith, replyNumber } from '../support/lane-replies.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })

type Out = ReturnType<typeof outbound> & { kit: ReturnType<typeof laneKit> }

async function accepted(): Promise<Out> {
  const kit = laneKit(redis.client)
  const out = outbound(kit)
  await out.accept(replyNumber(1))
  return { kit, ...out }
}

/** Ways in which nobody knows whether Graph has the message. */
const ways = [
  {
    name: 'Graph gave no answer',
    async begin(out: Out) {
      out.answers.push(noAnswer('unknown'))
      expect(await out.turn()).toEqual(['retry GRAPH_UND_ERR_SOCKET'])
    },
  },
  {
    name: 'Graph said that it may have been sent',
    async begin(out: Out) {
      out.answers.push(refusedWith(1, 1_357_046))
      expect(await out.turn()).toEqual(['retry GRAPH_FAILED'])
    },
  },
  {
    name: 'the worker crashed while it was sending',
    async begin(out: Out) {
      out.answers.push(new Promise<GraphAnswer>(() => {}))
      const called = out.nextCall()
      void out.turn()
      await called
      await out.kit.leaseEnds(outLane)
    },
  },
]

describe.each(ways)('when $name', ({ begin }) => {
  test('it waits for the echo, which proves that it was sent, once', async () => {
    const out = await accepted()
    await begin(out)
    expect(await out.record(1)).toMatchObject({ status: 'sending', possibleRepeat: false })
    for (const later of [1, 7000, 7998]) {
      out.clock.now += later
      expect(await out.turn()).toEqual(['wait WAITING_FOR_ECHO'])
    }
    await out.echo(1, 'm_echo')
    expect(await out.turn()).toEqual(['done'])
    expect(out.calls).toHaveLength(1)
    expect(await out.record(1)).toMatchObject({
      status: 'sent',
      parts: [{ mid: 'm_echo' }],
      possibleRepeat: false,
    })
    expect(out.told).toMatchObject([{ outcome: { status: 'sent' } }])
  })

  test('an echo that came late is believed before anything is sent again', async () => {
    const out = await accepted()
    await begin(out)
    out.clock.now += 3_600_000
    await out.echo(1, 'm_echo')
    expect(await out.turn()).toEqual(['done'])
    expect(out.calls).toHaveLength(1)
  })

  test('without an echo in 15 seconds it is sent again and said to be a possible repeat', async () => {
    const out = await accepted()
    await begin(out)
    out.clock.now += 15_000
    expect(await out.turn()).toEqual(['done'])
    expect(out.bodies().map((one) => one.message?.metadata)).toEqual([replyNumber(1).id, replyNumber(1).id])
    expect(await out.record(1)).toMatchObject({
      status: 'sent',
      parts: [{ mid: 'm_2' }],
      possibleRepeat: true,
    })
  })

  test('what is certainly not sent the second time does not wait again, and stays a possible repeat', async () => {
    const out = await accepted()
    await begin(out)
    out.clock.now += 15_000
    out.answers.push(refusedWith(2))
    expect(await out.turn()).toEqual(['retry GRAPH_BUSY'])
    expect(await out.turn()).toEqual(['done'])
    expect(out.calls).toHaveLength(3)
    expect(await out.record(1)).toMatchObject({ status: 'sent', possibleRepeat: true })
  })

  test('an echo of the first is believed also after a second that was certainly not sent', async () => {
    const out = await accepted()
    await begin(out)
    out.clock.now += 15_000
    out.answers.push(refusedWith(2))
    await out.turn()
    await out.echo(1, 'm_echo')
    expect(await out.turn()).toEqual(['done'])
    expect(out.calls).toHaveLength(2)
    expect(await out.record(1)).toMatchObject({
      status: 'sent',
      parts: [{ mid: 'm_echo' }],
      possibleRepeat: false,
    })
  })
})

test('a Graph that never says what became of it does not make the person read it for ever', async () => {
  const out = await accepted()
  await out.accept(replyNumber(2))
  const verdicts: string[] = []
  while (!verdicts.some((one) => one.startsWith('dead'))) {
    out.answers.length = 0
    out.answers.push(noAnswer('unknown'))
    out.clock.now += 600_000
    verdicts.push(...(await out.turn()))
    expect(verdicts.length).toBeLessThan(100)
  }
  const first = out.bodies().filter((one) => one.message?.metadata === replyNumber(1).id)
  expect(first.length).toBeLessThanOrEqual(6)
  expect(await out.record(1)).toMatchObject({ status: 'failed', possibleRepeat: true })
  expect(out.bodies().at(-1)?.message?.metadata, 'the next one goes').toBe(replyNumber(2).id)
})

test('it counts for the breaker, so that a Graph that is down is not flooded', async () => {
  const out = await accepted()
  const changes: boolean[] = []
  const shared = breaker((isOpen) => changes.push(isOpen))
  let verdicts: string[] = []
  for (let n = 0; n < 20 && !verdicts.includes('wait BREAKER_OPEN'); n++) {
    const other = await accepted()
    other.answers.push(noAnswer('unknown'))
    verdicts = await other.turn({ breaker: shared })
  }
  expect(verdicts).toEqual(['wait BREAKER_OPEN'])
  expect(changes).toEqual([true])
  expect(await out.turn({ breaker: shared })).toEqual(['wait BREAKER_OPEN'])
  expect(out.calls).toEqual([])
})

describe('a reply that was sent six times in the dark, and then replayed', () => {
  async function exhausted(): Promise<Out> {
    const out = await accepted()
    for (let sends = 1; sends <= 6; sends++) {
      out.answers.push(noAnswer('unknown'))
      expect(await out.turn()).toEqual(['retry GRAPH_UND_ERR_SOCKET'])
      out.clock.now += 3_600_000
    }
    expect(await out.turn()).toEqual(['dead OUTCOME_UNKNOWN'])
    expect(out.calls).toHaveLength(6)
    expect(await out.record(1)).toMatchObject({ status: 'failed', failure: { code: 'GAVE_UP' } })
    return out
  }

  async function replay(out: Out): Promise<void> {
    const [letter] = (await out.kit.deadLetters.list(1)).letters
    expect(await out.kit.deadLetters.replay(letter!)).toBe(true)
  }

  test('is sent once more, and is still a possible repeat', async () => {
    const out = await exhausted()
    await replay(out)
    expect(await out.turn()).toEqual(['done'])
    expect(out.calls).toHaveLength(7)
    expect(await out.record(1)).toMatchObject({ status: 'sent', possibleRepeat: true })
  })

  test('is not sent again when its echo came after all, which its record tells at once', async () => {
    const out = await exhausted()
    await out.echo(1, 'm_late')
    expect(await out.record(1)).toMatchObject({ status: 'sent', parts: [{ mid: 'm_late' }] })
    await replay(out)
    expect(await out.turn()).toEqual(['done'])
    expect(out.calls).toHaveLength(6)
  })
})
