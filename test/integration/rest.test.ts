import { describe, expect, it } from 'vitest'
import { poll } from '../support/poll.ts'
import { useRedis } from '../support/redis.ts'
import {
  apiKey,
  configWith,
  conversation,
  deliveryOf,
  message,
  pageId,
  startService,
} from '../support/service.ts'

const redis = useRedis()
const replies = `/v1/conversations/${conversation}/replies`

function start(prefix: string, sections: Record<string, unknown> = {}) {
  return startService(configWith(redis.url, { redis: { url: redis.url, prefix }, ...sections }))
}

describe('the REST API', () => {
  it('asks for a key and for its scope', async () => {
    const service = await start('keys')
    const text = { text: 'hello' }
    const without = await fetch(`${service.url}${replies}`, { method: 'POST' })
    expect([without.status, await without.json()]).toMatchObject([401, { code: 'UNAUTHORIZED' }])
    const wrong = await service.rest('POST', replies, text, { authorization: 'Bearer nonsense' })
    expect(wrong.status).toBe(401)
    const reader = { authorization: `Bearer ${apiKey}-reader` }
    const forbidden = await service.rest('POST', replies, text, reader)
    expect([forbidden.status, await forbidden.json()]).toMatchObject([
      403,
      { code: 'FORBIDDEN', detail: 'this needs the scope replies:write' },
    ])
    expect((await service.rest('GET', '/v1/inbox/conversations', undefined, reader)).status).toBe(200)
    expect((await service.rest('GET', '/v1/dead-letters', undefined, reader)).status).toBe(403)
  })

  it('names the field and the limit of what it cannot take, and queues nothing', async () => {
    const service = await start('fields')
    const cases: [unknown, string, RegExp][] = [
      [{}, 'body.text', /./],
      [{ text: '' }, 'body.text', /empty/],
      [{ template: { type: 'button', text: 'x'.repeat(641), buttons: [] } }, 'body.template.text', /640/],
      [{ text: 'x', agent: { name: '' } }, 'body.agent.name', /./],
      [{ text: 'x', extra: 1 }, 'body', /extra/],
    ]
    for (const [body, path, limit] of cases) {
      const answer = await service.rest('POST', replies, body)
      expect(answer.status).toBe(422)
      const problem = (await answer.json()) as { code: string; errors: { path: string; message: string }[] }
      expect(problem.code).toBe('INVALID')
      expect(problem.errors[0]?.path).toBe(path)
      expect(problem.errors[0]?.message).toMatch(limit)
    }
    const broken = await fetch(`${service.url}${replies}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: '{"text":',
    })
    expect([broken.status, await broken.json()]).toMatchObject([400, { code: 'BAD_REQUEST' }])
    expect((await service.rest('POST', '/v1/conversations/42:1/replies', { text: 'x' })).status).toBe(404)
    expect((await service.rest('GET', '/v1/replies/rpl_nothing')).status).toBe(404)
    expect((await service.rest('GET', '/v1/nowhere')).status).toBe(404)
    expect(await redis.keys('fields:{0}:*')).toEqual([])
  })

  it('answers one reply for one Idempotency-Key, and refuses the key for another text', async () => {
    const service = await start('idempotent')
    const key = { 'idempotency-key': 'order-42' }
    const post = async (body: object) => {
      const answer = await service.rest('POST', replies, body, key)
      return { status: answer.status, body: (await answer.json()) as { id: string; code?: string } }
    }
    const answers = await Promise.all([
      post({ text: 'once' }),
      post({ text: 'once' }),
      post({ text: 'once' }),
    ])
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202])
    const view = await (await service.rest('GET', `/v1/conversations/${conversation}`)).json()
    expect(view).toMatchObject({ lanes: { out: { waiting: 1 } } })
    expect(await post({ text: 'twice' })).toMatchObject({
      status: 422,
      body: { code: 'IDEMPOTENCY_KEY_REUSED' },
    })
    const other = await service.rest('POST', replies, { text: 'once' })
    expect(((await other.json()) as { id: string }).id).not.toBe(answers[0].body.id)
  })

  it('takes conversation ids as they are and percent-encoded', async () => {
    const service = await start('encoded')
    await service.post(deliveryOf(message('hello')))
    const path = (id: string) => `/v1/conversations/${id}`
    await poll(
      () => service.rest('GET', path(conversation)),
      ({ status }) => status === 200,
    )
    const encoded = await service.rest('GET', path(encodeURIComponent(conversation)))
    expect([encoded.status, await encoded.json()]).toMatchObject([
      200,
      { id: conversation, pageId, pageName: 'Acme', helpdesk: 'main', channel: 'messenger' },
    ])
    expect((await service.rest('GET', path(`${pageId}:999`))).status).toBe(404)
  })

  it('limits calls per key, in Redis, and lets them pass when Redis is away', async () => {
    const service = await start('limit', { rateLimit: { restPerMinute: 3 } })
    const list = () => service.rest('GET', '/v1/inbox/conversations')
    const statuses = [await list(), await list(), await list(), await list()].map(({ status }) => status)
    expect(statuses).toEqual([200, 200, 200, 429])
    const refused = await list()
    expect(await refused.json()).toMatchObject({ code: 'TOO_MANY_REQUESTS', status: 429 })
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    const reader = { authorization: `Bearer ${apiKey}-reader` }
    expect((await service.rest('GET', '/v1/inbox/conversations', undefined, reader)).status).toBe(200)
    await redis.server.kill9()
    // Past the limit now, but nobody can count: the call goes through to what it asks for, which says that Redis is away.
    expect((await list()).status).toBe(503)
    await redis.server.restart()
  })

  it('lists an inbox, reads a conversation, and answers it', async () => {
    const service = await start('inbox')
    const empty = await service.rest('GET', '/v1/inbox/conversations')
    expect(await empty.json()).toEqual({ conversations: [] })
    await service.post(deliveryOf(message('first'), message('second')))
    const { conversations } = await poll(
      async () =>
        (await (await service.rest('GET', '/v1/inbox/conversations')).json()) as { conversations: object[] },
      (list) => JSON.stringify(list).includes('second'),
    )
    expect(conversations).toMatchObject([{ id: conversation, lastText: 'second', unanswered: true }])
    const read = (await (await service.rest('GET', `/v1/inbox/conversations/${conversation}`)).json()) as {
      messages: { text: string; from: string }[]
    }
    expect(read.messages.map(({ text, from }) => [from, text])).toEqual([
      ['customer', 'first'],
      ['customer', 'second'],
    ])
    const answer = await service.rest('POST', `/v1/inbox/conversations/${conversation}/replies`, {
      text: 'hi',
    })
    expect(answer.status).toBe(202)
  })

  it('serves health and metrics on the admin port only', async () => {
    const service = await start('admin')
    await service.post(deliveryOf(message('counted')))
    expect(await (await fetch(`${service.adminUrl}/livez`)).json()).toEqual({ status: 'ok' })
    expect(await (await fetch(`${service.adminUrl}/readyz`)).json()).toMatchObject({ status: 'ok' })
    const text = await poll(
      async () => (await fetch(`${service.adminUrl}/metrics`)).text(),
      (metrics) => /deskbridge_heads_total\{[^}]*verdict="done"[^}]*\} 1/.test(metrics),
    )
    expect(text).toContain('deskbridge_deliveries_total{result="accepted"} 1')
    expect(text).toContain('deskbridge_events_total{kind="message",name=""} 1')
    expect(text).toContain('deskbridge_dead_letters 0')
    expect((await service.rest('GET', '/metrics')).status).toBe(404)
  })
})
