import { afterEach, describe, expect, test } from 'vitest'
import { laneKit } from '../support/lane-kit.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })

const full = () => redis.client.config('SET', 'maxmemory', '1')
const roomy = () => redis.client.config('SET', 'maxmemory', '0')
afterEach(roomy)

/** Everything in Redis, as bytes. */
async function everything(): Promise<Record<string, string>> {
  const keys = await redis.keys()
  const dumps = await Promise.all(keys.map((key) => redis.client.dumpBuffer(key)))
  return Object.fromEntries(keys.map((key, at) => [key, dumps[at]!.toString('base64')]))
}

describe('a Redis that is over its memory', () => {
  test('refuses an append as a whole, and takes the same one when there is room again', async () => {
    const kit = laneKit(redis.client)
    await kit.append('in:1:anna', 'before')
    const before = await everything()
    await full()
    await expect(kit.append('in:1:anna', 'a', 'b')).rejects.toThrow('OOM')
    await expect(kit.append('in:1:bert', 'c')).rejects.toThrow('OOM')
    expect(await everything()).toEqual(before)
    await roomy()
    expect(await kit.append('in:1:anna', 'a', 'b')).toBe(2)
    expect(await kit.payloads('in:1:anna')).toEqual(['before', 'a', 'b'])
  })

  test('still drains to the end, dead letters, retries, progress and all', async () => {
    const kit = laneKit(redis.client)
    await kit.append('in:1:anna', 'a', 'b', 'c', 'd', 'e', 'f')
    await full()
    const a = await kit.claimOne('in:1:anna')
    const [saved] = await kit.lanes.commit([{ task: a, verdict: 'save', progress: 'x'.repeat(10_000) }])
    const [b] = await kit.lanes.commit([{ task: a, verdict: 'done' }])
    expect([saved, b]).toEqual(['saved', expect.objectContaining({ payload: 'b' })])
    if (typeof b !== 'object') throw new TypeError('no task')
    const [c] = await kit.lanes.commit([{ task: b, verdict: 'dead', code: 'NO', message: 'never' }])
    if (typeof c !== 'object') throw new TypeError('no task')
    expect(await kit.lanes.commit([{ task: c, verdict: 'retry', delayMs: 0, code: 'BUSY' }])).toEqual([
      'kept',
    ])
    expect(await kit.lanes.due()).toEqual(['in:1:anna'])
    const again = await kit.claimOne('in:1:anna')
    expect(await kit.lanes.commit([{ task: again, verdict: 'stop' }])).toEqual(['more'])
    for (const payload of ['d', 'e', 'f']) {
      const task = await kit.claimOne('in:1:anna')
      expect(task.payload).toBe(payload)
      await kit.lanes.commit([{ task, verdict: 'stop' }])
    }
    expect(await kit.payloads('in:1:anna')).toEqual([])
    expect(await kit.isDirty('in:1:anna')).toBe(false)
    expect((await kit.deadLetters.list(10)).letters).toMatchObject([{ payload: 'b', code: 'NO' }])
  })

  test('refuses a replay as a whole: the letter stays', async () => {
    const kit = laneKit(redis.client)
    await kit.append('in:1:anna', 'a')
    const task = await kit.claimOne('in:1:anna')
    await kit.lanes.commit([{ task, verdict: 'dead', code: 'NO', message: 'never' }])
    const [letter] = (await kit.deadLetters.list(1)).letters
    const before = await everything()
    await full()
    await expect(kit.deadLetters.replay(letter!)).rejects.toThrow('OOM')
    expect(await everything()).toEqual(before)
    await roomy()
    expect(await kit.deadLetters.replay(letter!)).toBe(true)
  })
})
