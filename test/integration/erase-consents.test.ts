import { describe, expect, test } from 'vitest'
import type { EntryStatus } from '../../src/records/consent-log.ts'
import { anna, bert, eraseKit, psidOf } from '../support/erase-kit.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })

function open() {
  const world = eraseKit(redis.client)
  const say = (status: EntryStatus, topic: string | null, at: number, id = anna) =>
    world.consents.note([{ conversationId: id, status, topic, at, source: 'shop', by: 'rest:shop' }])
  return {
    ...world,
    say,
    suppressions: () => redis.client.keys(`${world.kit.prefix}:suppressed:*`),
    stopOf: async (id = anna) => (await world.consents.list(id)).stoppedAt,
  }
}

describe('somebody who had said stop, and is erased', () => {
  test('is not told again what they agreed to before, though a shop says once more that they did', async () => {
    const { say, erase, consents, suppressions, keysWith, stopOf } = open()
    await say('given', 'orders', 100)
    await say('stopped', null, 200)
    expect(await erase()).toMatchObject({ suppressed: true, erased: { records: 1 } })
    expect(await keysWith(psidOf(anna))).toEqual([])
    expect(await suppressions()).toHaveLength(1)
    expect(await redis.client.pttl((await suppressions())[0]!)).toBeGreaterThan(0)
    expect(await stopOf()).toBe(200)
    expect(await consents.of(anna, 'orders')).not.toBe('given')
    await say('given', 'orders', 100)
    expect(await consents.of(anna, 'orders')).toBe('withdrawn')
    expect(await stopOf()).toBe(200)
    expect(await suppressions(), 'they are known by name again').toEqual([])
  })

  test('agrees to something after it: that counts', async () => {
    const { say, erase, consents } = open()
    await say('stopped', null, 200)
    await erase()
    await say('given', 'orders', 300)
    await say('given', 'offers', 150)
    expect(await consents.of(anna, 'orders')).toBe('given')
    expect(await consents.of(anna, 'offers')).toBe('withdrawn')
  })

  test('takes the stop back as anybody does', async () => {
    const { say, erase, stopOf } = open()
    await say('stopped', null, 200)
    await erase()
    await say('resumed', null, 300)
    expect(await stopOf()).toBeNull()
  })

  test('is erased a second time, heard of or not: the stop is still kept', async () => {
    const { say, erase, stopOf } = open()
    await say('stopped', null, 200)
    await erase()
    expect((await erase()).suppressed).toBe(true)
    await say('given', 'orders', 100)
    expect((await erase()).suppressed).toBe(true)
    expect(await stopOf()).toBe(200)
  })

  test('wants that forgotten, too: nothing is kept, also of an erasure before', async () => {
    const { say, erase, suppressions, consents, keysWith } = open()
    await say('stopped', null, 200)
    await erase()
    expect((await erase(anna, { keepSuppression: false })).suppressed).toBe(false)
    expect(await suppressions()).toEqual([])
    await say('stopped', null, 200)
    await erase(anna, { keepSuppression: false })
    expect([await suppressions(), await keysWith(psidOf(anna))]).toEqual([[], []])
    await say('given', 'orders', 100)
    expect(await consents.of(anna, 'orders')).toBe('given')
  })
})

describe('what is kept of others', () => {
  test('nothing of whoever ended nothing', async () => {
    const { say, erase, suppressions } = open()
    await say('given', 'orders', 100)
    expect((await erase()).suppressed).toBe(false)
    await say('stopped', null, 200)
    await say('resumed', null, 300)
    expect((await erase()).suppressed, 'the stop was taken back').toBe(false)
    await say('withdrawn', 'offers', 100)
    await say('given', 'offers', 200)
    expect((await erase()).suppressed, 'and so was this').toBe(false)
    expect(await suppressions()).toEqual([])
  })

  test('of whoever ended a topic: when they did so last, for all topics', async () => {
    const { say, erase, stopOf, consents } = open()
    await say('given', 'orders', 50)
    await say('withdrawn', 'offers', 100)
    await say('withdrawn', 'news', 300)
    await say('stopped', null, 200)
    expect((await erase()).suppressed).toBe(true)
    expect(await stopOf()).toBe(300)
    await say('given', 'news', 250)
    expect(await consents.of(anna, 'news')).toBe('withdrawn')
  })

  test('of others, everything', async () => {
    const { say, erase, stopOf, consents } = open()
    await say('given', 'orders', 50, bert)
    await say('stopped', null, 10, bert)
    await say('stopped', null, 20)
    await erase()
    expect([await stopOf(bert), await stopOf()]).toEqual([10, 20])
    expect(await consents.of(bert, 'orders')).toBe('given')
  })
})

describe('a person who was known by a checkbox first', () => {
  const checkbox = '1:user_ref:box-4711-4711'

  test('is erased under both names', async () => {
    const { say, erase, consents, kit, keysWith, stopOf } = open()
    await say('given', 'orders', 100, checkbox)
    await consents.note([
      { conversationId: anna, status: 'aliased', topic: checkbox, at: 150, source: 'checkbox', by: 'evt_1' },
    ])
    await say('stopped', null, 200)
    await say('stopped', null, 200, checkbox)
    await kit.lanes.append([{ lane: `out:${checkbox}`, id: 'a', payload: '{}' }])
    const body = '{"optin":{"user_ref":"box-4711-4711"}'
    await kit.deadLetters.keepDelivery(
      { body, encoding: 'utf8', receivedAt: Date.now() },
      'DELIVERY_NOT_JSON',
      'no',
    )
    expect(await erase()).toMatchObject({
      suppressed: true,
      erased: { waiting: 1, deliveries: 1, records: 2 },
    })
    expect(await keysWith('box-4711')).toEqual([])
    expect([await stopOf(), await stopOf(checkbox)]).toEqual([200, 200])
  })

  test.each(['dead letters', 'consents'])(
    'is found by it again when the first try ended at the %s',
    async (at) => {
      const world = open()
      const { deps, kit } = world
      await world.consents.note([
        {
          conversationId: anna,
          status: 'aliased',
          topic: checkbox,
          at: 150,
          source: 'checkbox',
          by: 'evt_1',
        },
      ])
      await world.say('given', 'orders', 100, checkbox)
      const [{ deadLetters, consentErasure }, fails] = [deps, () => Promise.reject(new Error('as planned'))]
      let asked = 0
      if (at === 'dead letters') deps.deadLetters = { eraseWhere: fails }
      else {
        const erase: typeof consentErasure.erase = (...all) =>
          ++asked === 2 ? fails() : consentErasure.erase(...all)
        deps.consentErasure = { ...consentErasure, erase }
      }
      await expect(world.erase()).rejects.toThrow('as planned')
      Object.assign(deps, { deadLetters, consentErasure })
      await world.erase()
      expect(await world.keysWith('box-4711')).toEqual([])
      expect(await kit.isDirty(`in:${checkbox}`)).toBe(false)
    },
  )
})
