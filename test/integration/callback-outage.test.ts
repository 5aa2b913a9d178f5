import { describe, expect, it } from 'vitest'
import { agentReply, person, startCallbacks } from '../support/callback-kit.ts'
import { poll } from '../support/poll.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis()

async function start(notDurable?: () => string | undefined) {
  const service = await startCallbacks(redis.url, notDurable ? { notDurable } : {})
  await service.conversations.keepTicket(person, 'desk', '7')
  return service
}

async function timed(answering: Promise<Response>): Promise<{ status: number; ms: number; code: unknown }> {
  const began = performance.now()
  const answer = await answering
  const { code } = (await answer.json()) as { code?: unknown }
  return { status: answer.status, ms: performance.now() - began, code }
}

describe('while Redis cannot keep what a callback tells', () => {
  it('frozen: 503 in under 2 s, and the repeat is one reply', async () => {
    const service = await start()
    redis.server.freeze()
    const refused = await timed(service.tell([agentReply('m1')]))
    redis.server.thaw()
    expect([refused.status, refused.code]).toEqual([503, 'STORE_UNAVAILABLE'])
    expect(refused.ms).toBeLessThan(2000)
    expect(service.results).toEqual(['desk refused'])
    await poll(
      () => service.tell([agentReply('m1')]),
      ({ status }) => status === 200,
    )
    await service.tell([agentReply('m1')])
    expect((await service.waiting()).map(({ source }) => source?.message)).toEqual(['m1'])
  })

  it('dead: 503 at once; what was answered 200 before is there when it is back', async () => {
    const service = await start()
    expect((await service.tell([agentReply('m1')])).status).toBe(200)
    await redis.server.kill9()
    const refused = await timed(service.tell([agentReply('m2')]))
    expect([refused.status, refused.code]).toEqual([503, 'STORE_UNAVAILABLE'])
    expect(refused.ms).toBeLessThan(1000)
    await redis.server.restart()
    await poll(
      () => service.tell([agentReply('m2')]),
      ({ status }) => status === 200,
    )
    expect((await service.waiting()).map(({ source }) => source?.message)).toEqual(['m1', 'm2'])
  })

  it('not durable: 503 with the reason, and nothing is taken', async () => {
    const service = await start(() => 'Redis is not durable: set `appendonly yes`')
    const answer = await service.tell([agentReply('m1')])
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await answer.json()).toMatchObject({ detail: expect.stringContaining('appendonly') })
    expect(await service.waiting()).toEqual([])
  })
})
