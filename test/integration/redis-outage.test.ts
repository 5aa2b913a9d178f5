import { describe, expect, it } from 'vitest'
import { poll } from '../support/poll.ts'
import { useRedis } from '../support/redis.ts'
import { configWith, conversation, deliveryOf, message, startService } from '../support/service.ts'
import type { Service } from '../support/service.ts'

const redis = useRedis()

async function timed(service: Service, text: string): Promise<{ status: number; ms: number }> {
  const began = performance.now()
  const { status } = await service.post(deliveryOf(message(text)))
  return { status, ms: performance.now() - began }
}

async function untilAccepted(service: Service): Promise<number> {
  const began = performance.now()
  await poll(
    () => timed(service, 'back again'),
    ({ status }) => status === 200,
  )
  return performance.now() - began
}

describe('while Redis is out of reach', () => {
  it('frozen: 503 in under 2 s, also for those who wait behind, and 200 within 1 s of its return', async () => {
    const service = await startService(configWith(redis.url, { redis: { url: redis.url, prefix: 'frozen' } }))
    expect((await timed(service, 'before')).status).toBe(200)
    redis.server.freeze()
    const first = Promise.all([timed(service, 'a'), timed(service, 'b'), timed(service, 'c')])
    for (const { status, ms } of await first) {
      expect(status).toBe(503)
      expect(ms).toBeLessThan(2000)
    }
    redis.server.thaw()
    expect(await untilAccepted(service)).toBeLessThan(1000)
  })

  it('frozen for so long that its connections are given up: 200 within 1 s of its return all the same', async () => {
    const service = await startService(configWith(redis.url, { redis: { url: redis.url, prefix: 'silent' } }))
    redis.server.freeze()
    expect((await timed(service, 'while it is frozen')).status).toBe(503)
    await service.line(({ use, msg }) => use === 'ingest' && String(msg).includes('out of reach'))
    expect((await timed(service, 'and still')).status).toBe(503)
    redis.server.thaw()
    expect(await untilAccepted(service)).toBeLessThan(1000)
  })

  it('dead: 503 at once, 200 within 1 s of its return, and what was acknowledged before is still there', async () => {
    const service = await startService(configWith(redis.url, { redis: { url: redis.url, prefix: 'dead' } }))
    expect((await timed(service, 'acknowledged before the kill')).status).toBe(200)
    await redis.server.kill9()
    const refused = await service.post(deliveryOf(message('meanwhile')))
    expect(refused.status).toBe(503)
    expect(refused.headers.get('retry-after')).toBe('1')
    expect(await refused.json()).toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect((await timed(service, 'meanwhile')).ms).toBeLessThan(500)
    expect((await fetch(`${service.adminUrl}/livez`)).status).toBe(200)
    await redis.server.restart()
    expect(await untilAccepted(service)).toBeLessThan(1000)
    await poll(
      async () =>
        JSON.stringify(await (await service.rest('GET', `/v1/inbox/conversations/${conversation}`)).json()),
      (inbox) => inbox.includes('acknowledged before the kill') && inbox.includes('back again'),
    )
  })

  it('absent at the start: 503 until it is there, without a restart', async () => {
    await redis.server.kill9()
    const service = await startService(
      configWith(redis.url, { redis: { url: redis.url, prefix: 'absent' } }),
      {
        role: 'api',
      },
    )
    expect((await timed(service, 'too early')).status).toBe(503)
    const ready = await fetch(`${service.adminUrl}/readyz`)
    expect([ready.status, await ready.json()]).toMatchObject([
      503,
      { checks: [{ name: 'journal', ok: false }] },
    ])
    await redis.server.restart()
    expect(await untilAccepted(service)).toBeLessThan(1500)
    await poll(
      () => fetch(`${service.adminUrl}/readyz`),
      ({ status }) => status === 200,
    )
  })
})

describe('a Redis that cannot keep the promise', () => {
  it('is refused at the start by strict durability, with what to do, and taken with a warning by relaxed', async () => {
    await redis.client.config('SET', 'maxmemory-policy', 'allkeys-lru')
    await redis.client.config('SET', 'appendonly', 'no')
    const strict = await startService(configWith(redis.url), { waitFor: 'exit' })
    expect(strict.child.exitCode).toBe(1)
    const said = strict.lines.map(({ msg }) => String(msg)).join('\n')
    expect(said).toContain('set `appendonly yes`')
    expect(said).toContain('set `maxmemory-policy noeviction`')
    const relaxed = await startService(configWith(redis.url, { durability: 'relaxed' }))
    expect(relaxed.lines.map(({ msg }) => String(msg)).join('\n')).toContain('durability is relaxed')
    expect((await timed(relaxed, 'relaxed')).status).toBe(200)
    await redis.client.config('SET', 'appendonly', 'yes')
    await redis.client.config('SET', 'maxmemory-policy', 'noeviction')
  })

  it('takes nothing more, deliveries or replies, when it stops being durable', async () => {
    const service = await startService(configWith(redis.url, { redis: { url: redis.url, prefix: 'bare' } }))
    const reply = () => service.rest('POST', `/v1/conversations/${conversation}/replies`, { text: 'hello' })
    expect((await reply()).status).toBe(202)
    await redis.client.config('SET', 'appendonly', 'no')
    const refused = await poll(reply, ({ status }) => status !== 202)
    expect([refused.status, await refused.json()]).toMatchObject([503, { code: 'STORE_UNAVAILABLE' }])
    expect((await timed(service, 'to a bare Redis')).status).toBe(503)
    await redis.client.config('SET', 'appendonly', 'yes')
    await untilAccepted(service)
  })

  it('takes nothing more above 75 % of its memory, and again once there is room', async () => {
    const service = await startService(configWith(redis.url, { redis: { url: redis.url, prefix: 'full' } }))
    const used = Number(/used_memory:(\d+)/.exec(await redis.client.info('memory'))?.[1])
    await redis.client.config('SET', 'maxmemory', String(Math.round(used / 0.8)))
    const refused = await poll(
      () => timed(service, 'too full'),
      ({ status }) => status === 503,
    )
    expect(refused.status).toBe(503)
    await redis.client.config('SET', 'maxmemory', '0')
    await untilAccepted(service)
  })
})
