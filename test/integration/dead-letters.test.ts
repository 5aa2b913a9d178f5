import { describe, expect, test } from 'vitest'
import { laneKit } from '../support/lane-kit.ts'
import type { LaneKit } from '../support/lane-kit.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })

async function bury(kit: LaneKit, lane: string, payload: string, code = 'NO') {
  await kit.append(lane, payload)
  const task = await kit.claimOne(lane)
  await kit.lanes.commit([{ task, verdict: 'dead', code, message: `${payload} cannot be` }])
}

async function only(kit: LaneKit) {
  const { letters } = await kit.deadLetters.list(10)
  expect(letters).toHaveLength(1)
  return letters[0]!
}

describe('a dead letter', () => {
  test('says what it was, whose, why and when', async () => {
    const kit = laneKit(redis.client)
    const before = Date.now() - 1
    await bury(kit, 'out:1:anna', '12:34:{"text":"a\nb"}')
    const letter = await only(kit)
    expect(letter).toMatchObject({
      kind: 'reply',
      conversationId: '1:anna',
      code: 'NO',
      attempts: 0,
      payload: '12:34:{"text":"a\nb"}',
      encoding: 'utf8',
    })
    expect(letter.at).toBeGreaterThanOrEqual(before)
    expect(await kit.deadLetters.get(letter.id)).toEqual(letter)
  })

  test('goes to the tail of its lane when it is replayed, once, also by two at a time', async () => {
    const kit = laneKit(redis.client)
    await bury(kit, 'in:1:anna', 'poison')
    await kit.append('in:1:anna', 'later')
    const letter = await only(kit)
    const replays = await Promise.all([kit.deadLetters.replay(letter), kit.deadLetters.replay(letter)])
    expect(replays.toSorted()).toEqual([false, true])
    expect(await kit.payloads('in:1:anna')).toEqual(['later', 'poison'])
    expect(await kit.deadLetters.get(letter.id)).toBeUndefined()
    expect(await kit.deadLetters.count()).toBe(0)
  })

  test('is due at once when its lane was empty', async () => {
    const kit = laneKit(redis.client)
    await bury(kit, 'in:1:anna', 'poison')
    await kit.deadLetters.replay(await only(kit))
    expect(await kit.lanes.due()).toEqual(['in:1:anna'])
    expect(await kit.claimOne('in:1:anna')).toMatchObject({ payload: 'poison', claims: 1, attempts: 0 })
  })

  test('does not disturb a lane that is worked on or waits', async () => {
    const kit = laneKit(redis.client)
    await bury(kit, 'in:1:anna', 'poison')
    await kit.append('in:1:anna', 'later')
    const task = await kit.claimOne('in:1:anna')
    await kit.deadLetters.replay(await only(kit))
    expect(await kit.lanes.due()).toEqual([])
    const [next] = await kit.lanes.commit([{ task, verdict: 'done' }])
    expect(next).toMatchObject({ payload: 'poison' })
  })

  test('is still known as a duplicate when Meta delivers it again', async () => {
    const kit = laneKit(redis.client)
    await bury(kit, 'in:1:anna', 'poison')
    expect(await kit.append('in:1:anna', 'poison')).toBe(0)
  })

  test('can be erased, once', async () => {
    const kit = laneKit(redis.client)
    await bury(kit, 'in:1:anna', 'poison')
    const { id } = await only(kit)
    expect(await kit.deadLetters.erase(id)).toBe(true)
    expect(await kit.deadLetters.erase(id)).toBe(false)
    expect(await kit.deadLetters.count()).toBe(0)
  })

  test('is forgotten when its time is over, and counted no more', async () => {
    const kit = laneKit(redis.client, { deadLetterMs: 60_000 })
    await bury(kit, 'in:1:anna', 'old')
    const old = await only(kit)
    const [, seq] = old.id.split('-')
    const keys = kit.keysOf('in:1:anna')
    expect(await kit.redis.pttl(keys.deadLetter(seq ?? ''))).toBeGreaterThan(0)
    // The clock moves on by a minute.
    await kit.redis.del(keys.deadLetter(seq ?? ''))
    await kit.redis.zadd(keys.dead, old.at - 60_001, seq ?? '')
    expect(await kit.deadLetters.list(10)).toEqual({ letters: [], total: 0 })
    await bury(kit, 'in:1:anna', 'new')
    expect(await kit.redis.zcard(keys.dead)).toBe(1)
  })
})

describe('the list', () => {
  test('is the newest first over all shards, limited, with the total', async () => {
    const kit = laneKit(redis.client, { shards: 4 })
    for (let n = 0; n < 12; n++) {
      const lane = `in:1:person${n}`
      await bury(kit, lane, `p${n}`)
      const [seq] = await kit.redis.zrevrange(kit.keysOf(lane).dead, 0, 0)
      await kit.redis.hset(kit.keysOf(lane).deadLetter(seq ?? ''), { at: String(5_000_000_000_000 + n) })
    }
    const { letters, total } = await kit.deadLetters.list(12)
    expect(total).toBe(12)
    expect(letters.map((one) => one.payload)).toEqual(Array.from({ length: 12 }, (_, n) => `p${11 - n}`))
    expect((await kit.deadLetters.list(5)).letters).toHaveLength(5)
  })

  test.each(['', '0', '0-', '9-1', '0-1', '0-../x', '-1-1', '0-1:2', `0-${'1'.repeat(41)}`, '__proto__-1'])(
    'knows no letter %j',
    async (id) => {
      const kit = laneKit(redis.client)
      expect(await kit.deadLetters.get(id)).toBeUndefined()
      expect(await kit.deadLetters.erase(id)).toBe(false)
    },
  )
})

describe('a delivery that could not be read', () => {
  const receivedAt = Date.now()
  const keep = (kit: LaneKit, body: string, encoding: 'utf8' | 'base64' = 'utf8') =>
    kit.deadLetters.keepDelivery({ body, encoding, receivedAt }, 'DELIVERY_NOT_JSON', 'it is no JSON')

  test('is kept once, with its bytes', async () => {
    const kit = laneKit(redis.client)
    await keep(kit, '1:2:{"broken"')
    await keep(kit, '1:2:{"broken"')
    expect(await only(kit)).toMatchObject({
      kind: 'delivery',
      conversationId: null,
      code: 'DELIVERY_NOT_JSON',
      at: receivedAt,
      payload: '1:2:{"broken"',
      encoding: 'utf8',
    })
    await keep(kit, 'AP8=', 'base64')
    expect(await kit.deadLetters.count()).toBe(2)
  })

  test('belongs to no lane, so that it cannot be replayed into one', async () => {
    const kit = laneKit(redis.client)
    await keep(kit, '{')
    expect(await kit.deadLetters.replay(await only(kit))).toBe(false)
    expect(await kit.deadLetters.count()).toBe(1)
  })
})
