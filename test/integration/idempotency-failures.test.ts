import { describe, expect, it } from 'vitest'
import { answers, claimMs } from '../../src/records/answers.ts'
import { startKeyedServer } from '../support/keyed-server.ts'
import { poll } from '../support/poll.ts'
import { useRedis } from '../support/redis.ts'
import { configWith, conversation, startService } from '../support/service.ts'

const redis = useRedis()

const request = { secret: 'dbk_a', idempotencyKey: 'k', request: 'POST it' }
const answer = { status: 201, contentType: 'application/json', body: '{"id":"a"}' }

async function claimed(store: ReturnType<typeof answers>) {
  const result = await store.claim(request)
  if (result.state !== 'first') throw new Error(`it is ${result.state}`)
  return result.claim
}

/** As if the time of every claim was over. */
async function endClaims(prefix: string) {
  for (const key of await redis.keys(`${prefix}:answer:*`)) await redis.client.del(key)
}

describe('a claim', () => {
  it('ends by itself, so that a request that died half-way can be tried again', async () => {
    const store = answers(redis.client, { prefix: 'ends' })
    const { key } = await claimed(store)
    expect(await store.claim(request)).toEqual({ state: 'running' })
    const left = await redis.client.pttl(key)
    expect(left).toBeGreaterThan(claimMs - 2000)
    expect(left).toBeLessThanOrEqual(claimMs)
  })

  it('that another has taken over can neither be answered, nor renewed, nor released', async () => {
    const store = answers(redis.client, { prefix: 'stale' })
    const stale = await claimed(store)
    await endClaims('stale')
    const { key } = await claimed(store)
    await redis.client.pexpire(key, 5000)
    await store.keep(stale, answer)
    await store.renew(stale)
    await store.release(stale)
    expect(await store.claim(request)).toEqual({ state: 'running' })
    expect(await redis.client.pttl(key)).toBeLessThanOrEqual(5000)
  })

  it('that ended and that nobody took is still answered', async () => {
    const store = answers(redis.client, { prefix: 'late' })
    const claim = await claimed(store)
    await endClaims('late')
    await store.keep(claim, answer)
    expect(await store.claim(request)).toEqual({ state: 'answered', answer })
  })

  it('is renewed for as long as the request runs', async () => {
    const { call, gate, done } = await startKeyedServer(redis.url, 'renewed', 20)
    const running = call('/slow')
    await poll(
      () => Promise.resolve(done.length),
      (count) => count === 1,
    )
    const [key = ''] = await redis.keys('renewed:*')
    await redis.client.pexpire(key, 2000)
    await poll(
      () => redis.client.pttl(key),
      (left) => left > 2000,
    )
    gate.resolve()
    expect((await running).status).toBe(200)
  })
})

describe('when Redis is away', () => {
  it('a keyed request is refused before it is tried, and one without a key passes', async () => {
    const { call, done } = await startKeyedServer(redis.url, 'away')
    await redis.server.kill9()
    expect(await call('/things/a')).toMatchObject({ status: 503, retryAfter: '1' })
    expect(done).toEqual([])
    expect(await call('/things/a', { key: null })).toMatchObject({ status: 201 })
    await redis.server.restart()
  })

  it('a request that it took is answered all the same, since its effect stands', async () => {
    const { call, done, gate, warnings } = await startKeyedServer(redis.url, 'lost')
    const running = call('/slow')
    await poll(
      () => Promise.resolve(done.length),
      (count) => count === 1,
    )
    await redis.server.kill9()
    gate.resolve()
    expect(await running).toMatchObject({ status: 200, body: '{"id":"slow-1"}' })
    expect(warnings).toEqual(['answer not kept'])
    await redis.server.restart()
  })
})

describe('a reply with an Idempotency-Key', () => {
  const path = `/v1/conversations/${conversation}/replies`
  const headers = { 'idempotency-key': 'order-42' }
  const start = (prefix: string) =>
    startService(configWith(redis.url, { redis: { url: redis.url, prefix } }), { role: 'api' })

  it('is the same reply when the service died before it could keep its answer', async () => {
    const service = await start('crash')
    const first = await service.rest('POST', path, { text: 'once' }, headers)
    // All that a crash between the two writes would have left.
    await endClaims('crash')
    const again = await service.rest('POST', path, { text: 'once' }, headers)
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([202, null])
    expect(await again.json()).toEqual(await first.json())
    const view = await (await service.rest('GET', `/v1/conversations/${conversation}`)).json()
    expect(view).toMatchObject({ lanes: { out: { waiting: 1 } } })
  })

  it('is one reply when many ask for it at once, and at two services', async () => {
    const services = [await start('many'), await start('many')]
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) => services[at % 2]!.rest('POST', path, { text: 'once' }, headers)),
    )
    // A repeat waits for the first one's answer, which takes milliseconds.
    expect(answers.map((one) => one.status)).toEqual(Array(20).fill(202))
    const bodies = await Promise.all(answers.map((one) => one.json() as Promise<{ id: string }>))
    expect(new Set(bodies.map((one) => one.id)).size).toBe(1)
    const view = await (await services[0]!.rest('GET', `/v1/conversations/${conversation}`)).json()
    expect(view).toMatchObject({ lanes: { out: { waiting: 1 } } })
  })
})
