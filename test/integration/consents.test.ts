import { randomUUID } from 'node:crypto'
import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { isResumable, resumedBy } from '../../src/records/consent-log.ts'
import { consents } from '../../src/records/consents.ts'
import type { ConsentNote } from '../../src/records/consents.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })
const anna = '1:anna'
const hour = 3_600_000
const day = 24 * hour

function open() {
  const prefix = `t${randomUUID().slice(0, 8)}`
  const store = consents(redis.client, { prefix, consentMs: 60_000 })
  return {
    ...store,
    prefix,
    give: (topic: string, at: number | null, more: Partial<ConsentNote> = {}) =>
      store.note([note('given', topic, at, more)]),
    withdraw: (topic: string, at: number | null) => store.note([note('withdrawn', topic, at)]),
    /** Whether this stop is to be confirmed. */
    async stop(at: number, by = `evt_stop_${at}`) {
      const noted = await store.note([note('stopped', null, at, { by, asksToConfirm: true })])
      return noted.get(anna)!.confirm.has(by)
    },
    async start(at: number) {
      const by = `evt_start_${at}`
      const { log } = (await store.note([note('resumed', null, at, { by })])).get(anna)!
      return resumedBy(log, by)
    },
    history: async (topic: string) =>
      (await store.list(anna)).consents
        .find((one) => one.topic === topic)
        ?.history.map(({ status, at }) => `${status} ${at}`),
  }
}

function note(
  status: ConsentNote['status'],
  topic: string | null,
  at: number | null,
  more: Partial<ConsentNote> = {},
): ConsentNote {
  return { conversationId: anna, status, topic, at, source: 'box', by: 'rest:desk', ...more }
}

describe('a consent', () => {
  test('is unknown, then given, then withdrawn, and remembers all of it', async () => {
    const store = open()
    expect(await store.of(anna, 'orders')).toBe('unknown')
    expect(await store.list(anna)).toEqual({ consents: [], stoppedAt: null })
    await store.give('orders', 1000, { source: 'checkout box', by: 'rest:shop' })
    expect(await store.of(anna, 'orders')).toBe('given')
    await store.withdraw('orders', 2000)
    expect(await store.of(anna, 'orders')).toBe('withdrawn')
    expect(await store.of(anna, 'offers')).toBe('unknown')
    expect(await store.of('1:bert', 'orders')).toBe('unknown')
    const withdrawn = { status: 'withdrawn', at: 2000, source: 'box', by: 'rest:desk' }
    expect(await store.list(anna)).toEqual({
      consents: [
        {
          topic: 'orders',
          ...withdrawn,
          history: [{ status: 'given', at: 1000, source: 'checkout box', by: 'rest:shop' }, withdrawn],
        },
      ],
      stoppedAt: null,
    })
    expect(await redis.client.pttl(`${store.prefix}:consent:${anna}`)).toBeGreaterThan(50_000)
  })

  test('without a time is of now, and two of them come in the order of their calls', async () => {
    const store = open()
    const before = Date.now()
    await store.withdraw('orders', null)
    await store.give('orders', null)
    expect(await store.of(anna, 'orders')).toBe('given')
    const [consent] = (await store.list(anna)).consents
    expect(consent!.at).toBeGreaterThanOrEqual(before - 1)
    expect(consent!.at).toBeLessThanOrEqual(Date.now() + 1)
  })

  test('told again is kept once, and an older one that comes late changes nothing', async () => {
    const store = open()
    await store.give('orders', 5000)
    await store.withdraw('orders', 6000)
    await store.give('orders', 5000)
    await store.give('orders', 1000)
    expect(await store.of(anna, 'orders')).toBe('withdrawn')
    expect(await store.history('orders')).toEqual(['given 1000', 'given 5000', 'withdrawn 6000'])
  })

  test('keeps what a shop says in its own words, whatever they are', async () => {
    const store = open()
    const source = 'line 1\nline 2 {"status":"withdrawn"} \u2028 "quoted" — 👍'
    await store.give('a.b:c', 1000, { source })
    expect((await store.list(anna)).consents).toMatchObject([{ topic: 'a.b:c', status: 'given', source }])
  })

  test('keeps its oldest proof and its newest words when it is told every day', async () => {
    const store = open()
    for (let at = 1; at <= 80; at++) await store.give('orders', at)
    const history = (await store.history('orders'))!
    expect(history).toHaveLength(50)
    expect([history[0], history[1], history.at(-1)]).toEqual(['given 1', 'given 32', 'given 80'])
    for (let at = 81; at <= 180; at++) await (at % 2 ? store.withdraw : store.give)('orders', at)
    expect(await store.history('orders')).toHaveLength(50)
    expect(await store.of(anna, 'orders')).toBe('given')
  })
})

describe('a stop', () => {
  test('withdraws everything of its time, also what is told of later, and nothing given after it', async () => {
    const store = open()
    await store.give('orders', 1000)
    await store.stopAll(anna, 2000, 'stop-word', 'evt_1')
    await store.give('offers', 1500)
    expect(await Promise.all(['orders', 'offers', 'news'].map((topic) => store.of(anna, topic)))).toEqual(
      Array(3).fill('withdrawn'),
    )
    expect(await store.list(anna)).toMatchObject({
      stoppedAt: 2000,
      consents: [
        { topic: 'offers', status: 'withdrawn', at: 2000, source: 'stop-word', by: 'evt_1' },
        { topic: 'orders', status: 'withdrawn' },
      ],
    })
    await store.give('orders', 3000)
    expect(await store.of(anna, 'orders')).toBe('given')
    expect(await store.of(anna, 'offers')).toBe('withdrawn')
    expect(await store.history('orders')).toEqual(['given 1000', 'withdrawn 2000', 'given 3000'])
  })

  test('of the same millisecond as an agreement is the one that counts', async () => {
    const store = open()
    await store.stopAll(anna, 1000, 'stop-word', 'evt_1')
    await store.give('orders', 1000)
    await store.withdraw('news', 1000)
    await store.give('news', 1000)
    expect(await store.of(anna, 'orders')).toBe('withdrawn')
    expect(await store.of(anna, 'news')).toBe('withdrawn')
  })

  test('is confirmed once a day, once an hour after something was given, and the same one always', async () => {
    const store = open()
    await store.give('orders', 1000)
    expect(await store.stop(day)).toBe(true)
    expect(await store.stop(day)).toBe(true)
    expect(await store.stop(day + 1)).toBe(false)
    expect(await store.stop(day - 1)).toBe(false)
    expect(await store.stop(day + 2 * hour)).toBe(false)
    await store.give('orders', day + 2 * hour + 1)
    expect(await store.stop(day + 3 * hour)).toBe(true)
    await store.give('orders', day + 3 * hour + 1)
    expect(await store.stop(day + 3 * hour + 2)).toBe(false)
    expect(await store.stop(day + 3 * hour)).toBe(true)
    expect(await store.stop(2 * day + 3 * hour - 1)).toBe(false)
    expect(await store.stop(2 * day + 3 * hour)).toBe(true)
  })
})

describe('a start', () => {
  test('gives back what the stop took, and nothing else', async () => {
    const store = open()
    await store.give('orders', 1000)
    await store.give('news', 1000)
    await store.withdraw('news', 1500)
    await store.stop(2000)
    await store.stop(2500)
    expect(await store.start(3000)).toEqual(['orders'])
    expect(await store.start(3000)).toEqual(['orders'])
    expect(await store.of(anna, 'orders')).toBe('given')
    expect(await store.of(anna, 'news')).toBe('withdrawn')
    expect(await store.of(anna, 'offers')).toBe('unknown')
    expect(await store.history('orders')).toEqual(['given 1000', 'withdrawn 2000', 'given 3000'])
    expect(await store.history('news')).toEqual(['given 1000', 'withdrawn 1500', 'withdrawn 2000'])
    expect(await store.list(anna)).toMatchObject({ stoppedAt: null })
    expect(await store.start(4000)).toEqual([])
  })

  test('does not give back what was withdrawn by itself since', async () => {
    const store = open()
    await store.give('orders', 1000)
    await store.stop(2000)
    await store.withdraw('orders', 2500)
    expect(await store.start(3000)).toEqual([])
    expect(await store.of(anna, 'orders')).toBe('withdrawn')
  })

  test('without a stop before it leaves no trace', async () => {
    const store = open()
    expect(await store.start(3000)).toEqual([])
    expect(await redis.keys(`${store.prefix}:*`)).toEqual([])
  })

  test('can be promised only to whom it would bring something', async () => {
    const store = open()
    const after = async (at: number) =>
      isResumable((await store.note([note('stopped', null, at)])).get(anna)!.log)
    expect(await after(500)).toBe(false)
    await store.give('orders', 1000)
    expect(await after(2000)).toBe(true)
  })
})

describe('the order in which decisions arrive', () => {
  const decision = fc.record({
    status: fc.constantFrom('given' as const, 'withdrawn' as const, 'stopped' as const),
    topic: fc.constantFrom('a', 'b'),
    at: fc.integer({ min: 1, max: 8 }),
  })
  const arrivals = fc
    .array(decision, { minLength: 1, maxLength: 12 })
    .chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray([...list, ...list], { minLength: 2 * list.length })),
    )

  property.prop([arrivals], { numRuns: 60 })(
    'makes no difference, nor does how often',
    async ([one, other]) => {
      const told = async (list: typeof one) => {
        const store = open()
        for (const { status, topic, at } of list)
          await store.note([note(status, status === 'stopped' ? null : topic, at)])
        return store.list(anna)
      }
      const [first, second] = await Promise.all([told(one), told(other)])
      expect(second).toEqual(first)
      // What holds is what was said last; at the same moment, what ends it.
      for (const { topic, status } of first.consents) {
        const own = one.filter((entry) => entry.topic === topic || entry.status === 'stopped')
        const last = Math.max(...own.map(({ at }) => at))
        const isEnded = own.some((entry) => entry.at === last && entry.status !== 'given')
        expect([topic, status]).toEqual([topic, isEnded ? 'withdrawn' : 'given'])
      }
    },
  )
})

describe('many at once', () => {
  test('are noted in one round trip, each with its own person', async () => {
    const store = open()
    const noted = await store.note([
      note('given', 'orders', 1000),
      note('given', 'orders', 1000, { conversationId: '1:bert' }),
      note('stopped', null, 2000, { conversationId: '1:bert', by: 'evt_b', asksToConfirm: true }),
      note('aliased', '1:user_ref:x', 2000),
    ])
    expect([...noted.keys()]).toEqual([anna, '1:bert'])
    expect(noted.get(anna)!.log.aliases).toEqual(['1:user_ref:x'])
    expect([...noted.get('1:bert')!.confirm]).toEqual(['evt_b'])
    expect(await store.of(anna, 'orders')).toBe('given')
    expect(await store.of('1:bert', 'orders')).toBe('withdrawn')
    expect(await store.note([])).toEqual(new Map())
  })
})
