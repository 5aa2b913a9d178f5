import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { createMeter, createSlidingWindow } from '../../src/simulator/rates.ts'
import {
  INSTAGRAM,
  OTHER_PAGE,
  OTHER_TOKEN,
  PAGE,
  PSID,
  reply,
  useSimulatedMeta,
  verdict,
} from '../support/simulated-meta.ts'

// The clock stands still but for what a test says: no test is too slow to reach a limit.
let clock = 1_790_000_000_000
const meta = useSimulatedMeta({ now: () => clock })

const audio = { attachment: { type: 'audio', payload: { url: 'https://cdn.example/1.mp3' } } }
const sendMany = async (count: number, message: Record<string, unknown> = { text: 'x' }) =>
  Promise.all(Array.from({ length: count }, () => meta.send(reply(message))))
const tally = (answers: Parameters<typeof verdict>[0][]) =>
  Object.fromEntries(
    [...Map.groupBy(answers.map(verdict), (one) => one)].map(([key, all]) => [key, all.length]),
  )

describe('the rates of a Page', () => {
  test('300 sends a second, over which it is told 613 until the second is over', async () => {
    expect(tally(await sendMany(303))).toEqual({ '200': 300, '613': 3 })
    const other = await meta.graph('POST', `${OTHER_PAGE}/messages`, {
      token: OTHER_TOKEN,
      body: reply({ text: 'x' }),
    })
    expect(other.status).toBe(200)
    clock += 999
    expect(tally(await sendMany(1))).toEqual({ '613': 1 })
    clock += 1
    expect(tally(await sendMany(1))).toEqual({ '200': 1 })
    expect(meta.simulator.stats().pages[PAGE]).toMatchObject({
      sends: 301,
      refusals: { '613': 4 },
      calls: { messages: 305 },
      maxPerSecond: 304,
      maxMediaPerSecond: 0,
    })
  })

  test('10 audio or video sends a second', async () => {
    expect(tally(await sendMany(12, audio))).toEqual({ '200': 10, '613': 2 })
    expect(tally(await sendMany(1))).toEqual({ '200': 1 })
    expect(meta.simulator.stats().pages[PAGE]).toMatchObject({ maxPerSecond: 1, maxMediaPerSecond: 12 })
  })

  test('750 private replies an hour', async () => {
    const from = { id: PSID }
    const wrote = await Promise.all(
      Array.from({ length: 751 }, () => meta.simulator.comment({ pageId: PAGE, message: 'Price?', from })),
    )
    const answers = []
    for (const { commentId } of wrote) {
      clock += 4
      answers.push(await meta.send({ recipient: { comment_id: commentId }, message: { text: 'x' } }))
    }
    expect(tally(answers)).toEqual({ '200': 750, '613': 1 })
    expect(usageOf(answers.at(-1)!)).toMatchObject({ estimated_time_to_regain_access: 60, type: 'messenger' })
  })

  test('10 calls of the profile in ten minutes, and Meta tells how long it will last', async () => {
    const read = () => meta.graph('GET', 'me/messenger_profile?fields=greeting')
    for (let call = 0; call < 10; call++) expect(verdict(await read())).toBe('200')
    clock += 120_000
    const refused = await read()
    expect(verdict(refused)).toBe('80006')
    expect(usageOf(refused)).toEqual({
      type: 'messenger',
      call_count: 100,
      total_cputime: 100,
      total_time: 100,
      estimated_time_to_regain_access: 8,
    })
    clock += 480_000
    expect(verdict(await read())).toBe('200')
  })

  test('2 calls of the conversations a second, whichever they are', async () => {
    await meta.simulator.write({ pageId: PAGE, psid: PSID, text: 'Hi', mid: 'm_1' })
    const list = await meta.graph('GET', 'me/conversations')
    expect(verdict(await meta.graph('GET', list.body.data[0].id))).toBe('200')
    const third = await meta.graph('GET', 'm_1')
    expect(verdict(third)).toBe('80006')
    expect(usageOf(third)).toMatchObject({ estimated_time_to_regain_access: 1 })
    clock += 1000
    expect(verdict(await meta.graph('GET', 'm_1'))).toBe('200')
  })
})

describe('usage', () => {
  test('is told with every answer, until it is over', async () => {
    const usage = (percent: number, more = {}) =>
      meta.sim('POST', '/usage', { pageId: PAGE, percent, ...more })
    await usage(87, { regainMinutes: 3 })
    for (const answer of [
      await meta.send(reply({ text: 'x' })),
      await meta.send(reply({ text: '' })),
      await meta.graph('GET', 'me?fields=id'),
    ]) {
      expect(JSON.parse(answer.headers.get('x-app-usage')!)).toEqual({
        call_count: 87,
        total_time: 87,
        total_cputime: 87,
      })
      expect(usageOf(answer)).toMatchObject({ call_count: 87, estimated_time_to_regain_access: 3 })
    }
    const body = { recipient: { id: PSID }, message: { text: 'x' } }
    expect((await meta.sendOnInstagram(body)).headers.has('x-app-usage')).toBe(false)
    await usage(0)
    expect((await meta.send(reply({ text: 'x' }))).headers.has('x-app-usage')).toBe(false)
  })

  test('names the business object it is of', async () => {
    meta.simulator.usage({ pageId: INSTAGRAM, percent: 50 })
    const answer = await meta.sendOnInstagram({ recipient: { id: PSID }, message: { text: 'x' } })
    expect(usageOf(answer, INSTAGRAM)).toMatchObject({ type: 'instagram', call_count: 50 })
  })
})

describe('stats', () => {
  test('count anew when they are told to', async () => {
    await meta.send(reply({ text: 'x' }))
    await meta.send(reply({ text: '' }))
    await meta.simulator.idle()
    const { body } = await meta.sim('GET', '/stats')
    expect(body).toMatchObject({
      pages: { [PAGE]: { sends: 1, refusals: { '100': 1 }, faults: 0 }, [OTHER_PAGE]: { sends: 0 } },
      webhook: { posts: 1, events: 1, failed: 0, waiting: 0 },
    })
    expect((await meta.sim('DELETE', '/stats')).body).toMatchObject({
      pages: { [PAGE]: { sends: 0, refusals: {}, calls: {}, maxPerSecond: 0 } },
      webhook: { posts: 0, events: 0 },
    })
  })
})

describe('with limits off', () => {
  const free = useSimulatedMeta({ now: () => clock, limits: 'off' })

  test('there are none, but they are measured', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => free.send(reply(audio))))
    expect(tally(answers)).toEqual({ '200': 12 })
    expect(free.simulator.stats().pages[PAGE]).toMatchObject({ sends: 12, maxMediaPerSecond: 12 })
  })
})

const steps = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 })

property.prop([fc.integer({ min: 1, max: 5 }), steps])(
  'a sliding window takes exactly what leaves no second with more than the limit',
  (limit, waits) => {
    const window = createSlidingWindow({ limit, windowMs: 1000 })
    const taken: number[] = []
    let now = 0
    for (const wait of waits) {
      now += wait
      const within = taken.filter((at) => at > now - 1000).length
      const left = window.take(now)
      expect(left === 0).toBe(within < limit)
      if (left === 0) taken.push(now)
      else expect(taken.filter((at) => at > now + left - 1000).length).toBeLessThan(limit)
    }
  },
)

property.prop([steps])('a meter knows the fullest second', (waits) => {
  const meter = createMeter()
  const all: number[] = []
  let now = 0
  let max = 0
  for (const wait of waits) {
    now += wait
    all.push(now)
    meter.note(now)
    max = Math.max(max, all.filter((at) => at > now - 1000).length)
    expect(meter.max).toBe(max)
  }
})

function usageOf(answer: { headers: Headers }, page = PAGE): Record<string, unknown> | undefined {
  const header = answer.headers.get('x-business-use-case-usage')
  return header === null ? undefined : JSON.parse(header)[page]?.[0]
}
