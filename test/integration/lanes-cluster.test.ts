import { beforeAll, expect, test, vi } from 'vitest'
import type { Verdict } from '../../src/lanes/lanes.ts'
import { shardOf } from '../../src/lanes/keys.ts'
import { laneKit } from '../support/lane-kit.ts'
import { watchScriptKeys } from '../support/lane-monitor.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no', extraArgs: ['--cluster-enabled', 'yes'] })

beforeAll(async () => {
  await redis.client.cluster('ADDSLOTSRANGE', 0, 16_383)
  // A new master waits two seconds before it takes writes.
  await vi.waitFor(
    async () => expect(await redis.client.cluster('INFO')).toContain('cluster_state:ok'),
    15_000,
  )
})

const people = Array.from({ length: 12 }, (_, n) => `1:person${n}`)
const lanes = people.flatMap((person) => [`in:${person}`, `out:${person}`])

const verdicts: Verdict[] = [
  { verdict: 'save', progress: 'half' },
  { verdict: 'retry', delayMs: 0, code: 'BUSY' },
  { verdict: 'wait', delayMs: 0, code: 'OPEN' },
  { verdict: 'free' },
  { verdict: 'dead', code: 'NO', message: 'never' },
  { verdict: 'done' },
  { verdict: 'stop' },
]

test('both lanes of a conversation live in one shard, and the shards are all in use', () => {
  const shards = people.map((person) => shardOf(`in:${person}`, 4))
  expect(new Set(shards)).toEqual(new Set([0, 1, 2, 3]))
  expect(people.map((person) => shardOf(`out:${person}`, 4))).toEqual(shards)
})

test('every script runs on a cluster and names every key it touches', async () => {
  const kit = laneKit(redis.client, { shards: 4 })
  const watch = await watchScriptKeys(redis.client)

  for (const _round of verdicts) {
    const items = lanes.map((lane, n) => ({ lane, id: `${lane}/${_round.verdict}`, payload: `${n}` }))
    expect(await kit.lanes.append(items)).toBe(lanes.length)
    expect(await kit.lanes.append(items), 'the same again').toBe(0)
  }
  for (const verdict of verdicts) {
    const tasks = await kit.lanes.claim(lanes)
    expect(tasks).toHaveLength(lanes.length)
    await kit.lanes.commit(tasks.map((task) => ({ task, ...verdict })))
    for (const lane of lanes) await kit.leaseEnds(lane)
    expect((await kit.lanes.due()).toSorted()).toEqual(lanes.toSorted())
  }
  const { letters, total } = await kit.deadLetters.list(100)
  expect([letters.length, total]).toEqual([lanes.length, lanes.length])
  for (const letter of letters) expect(await kit.deadLetters.replay(letter)).toBe(true)
  await kit.deadLetters.keepDelivery(
    { body: '{', encoding: 'utf8', receivedAt: Date.now() },
    'DELIVERY_NOT_JSON',
    'no JSON',
  )
  const [delivery] = (await kit.deadLetters.list(1)).letters
  expect(await kit.deadLetters.erase(delivery!.id)).toBe(true)
  expect(await kit.statuses.of(lanes[0]!)).toMatchObject({ waiting: 5 })
  expect(await kit.statuses.totals(Date.now())).toMatchObject({ waiting: lanes.length })

  const { scripts, undeclared } = await watch.end()
  expect(undeclared).toEqual([])
  expect(scripts).toBeGreaterThan(60)
})

test('this Redis would refuse a call over two shards', async () => {
  const kit = laneKit(redis.client, { shards: 4 })
  const keys = lanes.map((lane) => kit.keysOf(lane).items(lane))
  await expect(redis.client.del(...keys)).rejects.toThrow('CROSSSLOT')
})
