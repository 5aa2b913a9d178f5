import { afterEach, describe, expect, test, vi } from 'vitest'
import { StepError } from '../../src/domain/step-error.ts'
import type { StepErrorFacts } from '../../src/domain/step-error.ts'
import { breaker } from '../../src/lanes/breaker.ts'
import type { Work } from '../../src/lanes/drain.ts'
import type { Verdict } from '../../src/lanes/lanes.ts'
import { drainKit, gate } from '../support/lane-drain.ts'
import { laneKit, never } from '../support/lane-kit.ts'
import type { LaneKit } from '../support/lane-kit.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })

const lane = 'in:1:anna'
const done: Verdict = { verdict: 'done' }

function failure(facts: Partial<StepErrorFacts> = {}): StepError {
  return new StepError('it said no', { code: 'BUSY', verdict: 'retry', arrived: 'no', ...facts })
}

/** Works with `outcome` on what was appended until the lane is empty or waits. */
async function once(kit: LaneKit, outcome: () => ReturnType<Work>, more: object = {}) {
  const tries: { payload: string; attempts: number }[] = []
  const own = drainKit(kit, {
    work: (task) => {
      tries.push({ payload: task.payload, attempts: task.attempts })
      return outcome()
    },
    ...more,
  })
  await own.drain.offer([lane])
  await own.until(() => own.settled.some((one) => one.result !== 'next'))
  return { ...own, tries }
}

describe('a retry', () => {
  test('keeps the head, waits, and is found by the timer when its time has come', async () => {
    const kit = laneKit(redis.client)
    await kit.append(lane, 'a', 'b')
    const { counted } = await once(kit, () => Promise.reject(failure({ retryAfterMs: never })))
    expect(counted).toEqual(['retry BUSY'])

    expect(await kit.lanes.due()).toEqual([])
    expect(await kit.lanes.claim([lane])).toEqual([])
    expect(await kit.statuses.of(lane)).toMatchObject({ waiting: 2, attempts: 1, lastCode: 'BUSY' })

    await kit.waitEnds(lane)
    expect(await kit.lanes.due()).toEqual([lane])
    const second = await once(kit, () => Promise.resolve(done))
    expect(second.tries).toEqual([
      { payload: 'a', attempts: 1 },
      { payload: 'b', attempts: 0 },
    ])
    expect(await kit.statuses.of(lane)).toEqual({
      waiting: 0,
      oldestSince: null,
      attempts: 0,
      lastCode: null,
      notBefore: null,
    })
  })

  test('what was not even tried waits without a try being counted', async () => {
    const kit = laneKit(redis.client)
    await kit.append(lane, 'a')
    const spent = () => Promise.reject(failure({ retryAfterMs: never, untried: true }))
    expect((await once(kit, spent)).counted).toEqual(['wait BUSY'])
    expect(await kit.lanes.due()).toEqual([])
    expect(await kit.statuses.of(lane)).toMatchObject({ waiting: 1, attempts: 0, lastCode: 'BUSY' })
    await kit.waitEnds(lane)
    expect((await once(kit, () => Promise.resolve(done))).tries).toEqual([{ payload: 'a', attempts: 0 }])
  })

  test('what was handed out before and then waits is still known to have been tried', async () => {
    const kit = laneKit(redis.client)
    await kit.append(lane, 'a')
    await kit.claimOne(lane)
    await kit.leaseEnds(lane)
    await once(kit, () => Promise.reject(failure({ retryAfterMs: never, untried: true })))
    await kit.waitEnds(lane)
    expect((await once(kit, () => Promise.resolve(done))).tries).toEqual([{ payload: 'a', attempts: 1 }])
  })

  test.each([
    { retryAfterMs: 90_000, delay: 90_000 },
    // Half of the back-off's first second, and half of the rest by the dice.
    { retryAfterMs: 1, delay: 750 },
    { retryAfterMs: 86_400_000, delay: 3_600_000 },
  ])('honours the wish for $retryAfterMs ms, up to an hour', async ({ retryAfterMs, delay }) => {
    const kit = laneKit(redis.client)
    await kit.append(lane, 'a')
    // Redis and we share one clock here; the one millisecond is for rounding.
    const before = Date.now() - 1
    await once(kit, () => Promise.reject(failure({ retryAfterMs })))
    const { notBefore } = await kit.statuses.of(lane)
    expect(notBefore).toBeGreaterThanOrEqual(before + delay)
    expect(notBefore).toBeLessThanOrEqual(Date.now() + 1 + delay)
  })

  test('goes on however often it failed, until it is too old', async () => {
    const kit = laneKit(redis.client)
    await kit.append(lane, 'a')
    await kit.redis.hset(kit.keysOf(lane).state(lane), 'attempts', 500)
    const { counted } = await once(kit, () => Promise.reject(failure()))
    expect(counted).toEqual(['retry BUSY'])

    await kit.waitEnds(lane)
    const yesterday = Date.now() - 86_400_000 - 1000
    await kit.redis.lset(kit.keysOf(lane).items(lane), 0, `1:${yesterday}:a`)
    const { deaths } = await once(kit, () => Promise.reject(failure()))
    expect(deaths).toMatchObject([{ task: { payload: 'a' }, death: { code: 'BUSY' } }])
    expect((await kit.deadLetters.list(10)).letters).toMatchObject([{ code: 'BUSY', attempts: 501 }])
  })

  test('is what becomes of an error that nobody classified', async () => {
    const kit = laneKit(redis.client)
    await kit.append(lane, 'a')
    const { counted } = await once(kit, () => Promise.reject(new TypeError('secret text')))
    expect(counted).toEqual(['retry UNEXPECTED'])
  })
})

describe('a permanent failure', () => {
  test('becomes a dead letter after whoever waits was told, and the next head goes on', async () => {
    const kit = laneKit(redis.client)
    await kit.append(lane, 'bad', 'good')
    const lettersWhenTold: number[] = []
    const onDead = async () => {
      lettersWhenTold.push(await kit.deadLetters.count())
    }
    let calls = 0
    const outcome = () =>
      ++calls === 1
        ? Promise.reject(failure({ verdict: 'permanent', code: 'REFUSED' }))
        : Promise.resolve(done)
    const { tries, counted } = await once(kit, outcome, { onDead })
    expect(lettersWhenTold).toEqual([0])
    expect(tries.map((one) => one.payload)).toEqual(['bad', 'good'])
    expect(counted).toEqual(['dead REFUSED', 'done'])
    expect((await kit.deadLetters.list(10)).letters).toMatchObject([
      { kind: 'event', conversationId: '1:anna', code: 'REFUSED', message: 'it said no', payload: 'bad' },
    ])
  })

  test('is tried again when it could not be told', async () => {
    const kit = laneKit(redis.client)
    await kit.append(lane, 'bad')
    const onDead = () => Promise.reject(failure({ code: 'DESK_DOWN' }))
    const { counted } = await once(kit, () => Promise.reject(failure({ verdict: 'permanent' })), { onDead })
    expect(counted).toEqual(['retry DESK_DOWN'])
    expect(await kit.deadLetters.count()).toBe(0)
    expect(await kit.payloads(lane)).toEqual(['bad'])
  })
})

describe('a head that nobody answers for', () => {
  test.each([
    { claims: 3, code: 'CRASHES_WORKER' },
    { claims: 2, code: undefined },
  ])('after $claims crashes: $code', async ({ claims, code }) => {
    const kit = laneKit(redis.client)
    await kit.append(lane, 'poison')
    for (let n = 0; n < claims; n++) {
      await kit.claimOne(lane)
      await kit.leaseEnds(lane)
    }
    const { tries, deaths } = await once(kit, () => Promise.resolve(done))
    expect(tries).toHaveLength(code ? 0 : 1)
    expect(deaths.map((one) => one.death.code)).toEqual(code ? [code] : [])
    expect((await kit.deadLetters.list(1)).letters.map((one) => one.payload)).toEqual(code ? ['poison'] : [])
  })

  test('the last try before the blame is taken alone, and giving it back does not count', async () => {
    const kit = laneKit(redis.client)
    const other = 'in:1:bert'
    await kit.append(lane, 'innocent')
    await kit.append(other, 'poison')
    for (const one of [lane, other]) {
      for (let n = 0; n < 2; n++) {
        await kit.claimOne(one)
        await kit.leaseEnds(one)
      }
    }
    const door = gate()
    const own = drainKit(kit, { work: () => door.pass().then(() => done) })
    await own.drain.offer([lane, other])
    await own.until(() => own.settled.some(({ verdict }) => verdict === 'defer'))
    expect(own.counted).toEqual(['defer SUSPECT'])
    expect(await kit.payloads(other)).toEqual(['poison'])
    expect(await kit.state(other)).toMatchObject({ claims: '2', until: '0' })
    expect(await kit.lanes.claim([other])).toEqual([])
    door.open()
    await own.until(() =>
      own.settled.some(({ lane: settled, verdict }) => settled === lane && verdict === 'done'),
    )
    await kit.waitEnds(other)
    await own.drain.offer([other])
    await own.until(() =>
      own.settled.some(({ lane: settled, verdict }) => settled === other && verdict === 'done'),
    )
    expect(own.deaths).toEqual([])
    await own.drain.stop()
  })

  test('an answer, also a failure, starts the count anew', async () => {
    const kit = laneKit(redis.client)
    await kit.append(lane, 'a')
    for (let n = 0; n < 5; n++) {
      await kit.claimOne(lane)
      await kit.leaseEnds(lane)
      if (n % 2 === 0) continue
      await once(kit, () => Promise.reject(failure()))
      await kit.waitEnds(lane)
    }
    expect(await kit.claimOne(lane)).toMatchObject({ claims: 2, attempts: 2 })
  })

  test('a claim that came back too late to be tried does not count', async () => {
    const kit = laneKit(redis.client)
    await kit.append(lane, 'a')
    for (let n = 0; n < 5; n++) {
      const frozen = drainKit(kit, { leaseMs: 0, work: () => Promise.resolve(done) })
      await frozen.drain.offer([lane])
      await frozen.until(() => frozen.settled.length === 1)
      expect(frozen.counted).toEqual(['stale LEASE_OVER'])
    }
    const { tries } = await once(kit, () => Promise.resolve(done))
    expect(tries).toHaveLength(1)
  })
})

describe('the breaker', () => {
  afterEach(() => void vi.useRealTimers())

  test('opens after ten failures in a row: no call, no attempt counted; one good probe closes it', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const kit = laneKit(redis.client)
    const lanes = Array.from({ length: 13 }, (_, n) => `in:1:person${n}`)
    for (const one of lanes) await kit.append(one, 'a')
    const changes: boolean[] = []
    const door = gate()
    let isDown = true
    const called: string[] = []
    const own = drainKit(kit, {
      breaker: breaker((isOpen) => changes.push(isOpen)),
      work: async (task) => {
        called.push(task.lane)
        if (isDown) throw failure({ destinationDown: true })
        await door.pass()
        return done
      },
    })
    const [first, probe, other] = lanes.slice(10)
    await own.drain.offer(lanes.slice(0, 10))
    await own.until(() => own.settled.length === 10)
    expect(changes).toEqual([true])

    await own.drain.offer([first!])
    await own.until(() => own.settled.length === 11)
    expect(called).not.toContain(first)
    expect(own.counted.at(-1)).toBe('wait BREAKER_OPEN')
    expect(await kit.statuses.of(first!)).toMatchObject({ attempts: 0, lastCode: 'BREAKER_OPEN' })
    expect((await kit.statuses.of(first!)).notBefore).not.toBeNull()

    isDown = false
    vi.setSystemTime(Date.now() + 60_000)
    await own.drain.offer([probe!])
    await door.reached
    await own.drain.offer([other!])
    await own.until(() => own.settled.length === 12)
    expect(called, 'only one probe at a time').not.toContain(other)
    door.open()
    await own.until(() => own.settled.length === 13)
    await kit.waitEnds(other!)
    await own.drain.offer([other!])
    await own.until(() => own.settled.length === 14)
    expect(called.slice(10)).toEqual([probe, other])
    expect(changes.at(-1)).toBe(false)
  })

  test('does not open for what only this item did wrong', async () => {
    const kit = laneKit(redis.client)
    await kit.append(lane, ...Array.from({ length: 15 }, (_, n) => `bad${n}`))
    const { tries, deaths } = await once(kit, () => Promise.reject(failure({ verdict: 'permanent' })))
    expect([tries.length, deaths.length]).toEqual([15, 15])
  })
})
