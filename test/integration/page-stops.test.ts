import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Page } from '../../src/domain/page.ts'
import type { GraphAnswer } from '../../src/meta/graph-client.ts'
import { resumePages } from '../../src/routing/resume-pages.ts'
import { laneKit, memoryLog } from '../support/lane-kit.ts'
import { conversation, outLane, outbound, page, refusedWith, replyNumber } from '../support/lane-replies.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })
const minute = 60_000

async function accepted(count = 2) {
  const kit = laneKit(redis.client)
  const out = outbound(kit)
  for (let n = 1; n <= count; n++) await out.accept(replyNumber(n))
  const probes: string[] = []
  const probeAnswers: GraphAnswer[] = []
  const woken: string[] = []
  const look = resumePages({
    pages: out.pages,
    stops: out.stops,
    parked: out.deps.stops,
    graph: {
      call: (call) => {
        probes.push(`${call.method} ${call.path}`)
        return Promise.resolve(probeAnswers.shift() ?? { outcome: 'ok', body: { id: '1' }, usage: null })
      },
    },
    wake: async (lanes) => {
      woken.push(...lanes)
      await kit.lanes.wake(lanes)
    },
    log: memoryLog(),
    now: () => out.clock.now,
  })
  return { kit, ...out, probes, probeAnswers, woken, look }
}

describe('a Page whose token is dead', () => {
  async function stopped() {
    const out = await accepted()
    out.answers.push(refusedWith(190, 460))
    expect(await out.turn()).toEqual(['wait PAGE_STOPPED'])
    return out
  }

  test('parks its replies: none is lost, none counts a try, and Graph is not called again', async () => {
    const { kit, calls, record, turn, stops } = await stopped()
    expect(await kit.statuses.of(outLane)).toMatchObject({
      attempts: 0,
      waiting: 2,
      lastCode: 'PAGE_STOPPED',
    })
    expect(await record(1)).toMatchObject({ status: 'queued' })
    await kit.lanes.wake([outLane])
    expect(await turn()).toEqual(['wait PAGE_STOPPED'])
    expect(calls).toHaveLength(1)
    expect(await stops.all()).toMatchObject(new Map([['1', { reason: 'token', graph: '190/460' }]]))
    expect(await stops.parked(['1'])).toEqual([1])
  })

  test('is asked by a read, and runs by itself once the token works again', async () => {
    const { look, clock, probes, probeAnswers, woken, turn, texts, record, stops } = await stopped()
    await look()
    expect(probes, 'not at once').toEqual([])
    clock.now += 5000
    probeAnswers.push(refusedWith(190, 460))
    await look()
    expect([probes, woken]).toEqual([['GET 1'], []])
    await redis.client.del(...(await redis.client.keys('*page-stops:probe*')))
    clock.now += 5000
    await look()
    expect(woken).toEqual([outLane])
    expect(await stops.all()).toEqual(new Map())
    expect(await turn()).toEqual(['done', 'done'])
    expect(texts()).toEqual(['answer 1', 'answer 1', 'answer 2'])
    expect(await record(1)).toMatchObject({ status: 'sent', possibleRepeat: false })
  })

  test('runs at once with another token in the config', async () => {
    const { look, clock, pages, probes, woken, turn, calls } = await stopped()
    pages.set('1', { ...page, accessToken: 'a-new-token' })
    clock.now += 1000
    await look()
    expect([probes, woken]).toEqual([[], [outLane]])
    await turn()
    expect(calls.at(-1)?.accessToken).toBe('a-new-token')
  })

  test('runs when an operator says so', async () => {
    const { look, clock, stops, woken } = await stopped()
    expect(await stops.end('1')).toBe(true)
    clock.now += 1000
    await look()
    expect(woken).toEqual([outLane])
  })

  test('is one stop, however many sends were refused at the same moment', async () => {
    const { deps, clock, stops } = await stopped()
    const first = (await stops.all()).get('1')!
    clock.now += 10
    for (let n = 0; n < 20; n++) await deps.stops.stop(page, 'token', '190/460')
    expect((await stops.all()).get('1')).toEqual(first)
  })

  test('gives up what waited for too long', async () => {
    const { turn, kit, record } = await stopped()
    await kit.lanes.wake([outLane])
    expect(await turn({ giveUpMs: -1 })).toMatchObject(['dead PAGE_STOPPED', 'dead PAGE_STOPPED'])
    expect(await record(1)).toMatchObject({ status: 'failed', failure: { code: 'PAGE_STOPPED' } })
  })

  test('stops no other Page', async () => {
    const { deps } = await stopped()
    const other: Page = { ...page, id: '2' }
    expect(await deps.stops.park(other, `out:2:anna`)).toBeUndefined()
  })
})

describe.each([
  { reason: 'permission', code: 200, subcode: 2_018_028, first: minute, second: 2 * minute },
  { reason: 'restricted', code: 10, subcode: 1_893_063, first: 5 * minute, second: 10 * minute },
])('a Page that is stopped by $reason', ({ reason, code, subcode, first, second }) => {
  async function stopped() {
    const out = await accepted()
    out.answers.push(refusedWith(code, subcode))
    await out.turn()
    return out
  }

  test('is tried with one reply after a while, and then less often', async () => {
    const { look, clock, woken, turn, answers, stops, calls, deps } = await stopped()
    expect((await stops.all()).get('1')).toMatchObject({ reason, probes: 0 })
    clock.now += first - 1
    await look()
    expect(woken).toEqual([])
    clock.now += 1
    await look()
    expect(woken).toEqual([outLane])
    expect(await deps.stops.park(page, 'out:1:somebody-else'), 'only the one may').toBeDefined()
    answers.push(refusedWith(code, subcode))
    expect(await turn()).toEqual(['wait PAGE_STOPPED'])
    expect(calls).toHaveLength(2)
    const stop = (await stops.all()).get('1')!
    expect(stop).toMatchObject({ probes: 1, trialLane: null })
    expect(stop.probeAt - clock.now).toBe(second)
  })

  test('runs when that one was taken, and wakes all that wait', async () => {
    const { look, clock, woken, turn, stops, kit } = await stopped()
    await stops.park('1', 'out:1:somebody-else', clock.now)
    clock.now += first
    await look()
    expect(woken).toEqual([outLane])
    expect(await turn()).toEqual(['done', 'done'])
    expect(await stops.all()).toEqual(new Map())
    clock.now += 1000
    await look()
    expect(woken).toEqual([outLane, 'out:1:somebody-else'])
    expect(await kit.payloads(outLane)).toEqual([])
  })
})

test('waking leaves a lane that is being worked on, and makes none of nothing', async () => {
  const kit = laneKit(redis.client)
  expect(await kit.lanes.wake([outLane, `out:${randomUUID()}`])).toBe(0)
  await kit.append(outLane, 'x')
  await kit.lanes.claim([outLane])
  expect(await kit.lanes.wake([outLane])).toBe(0)
  expect(conversation).toBe(outLane.slice('out:'.length))
})
