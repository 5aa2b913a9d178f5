import { describe, expect, it } from 'vitest'
import { useRedis } from '../support/redis.ts'
import { apiKey, configWith, conversation, pageId, psid, startService } from '../support/service.ts'

const redis = useRedis()
const customer = `/v1/customers/${conversation}/consents`
const reader = { authorization: `Bearer ${apiKey}-reader` }
const template = { type: 'utility', name: 'order_shipped', language: 'en_US' }

function start(prefix: string) {
  const config = configWith(redis.url, {
    redis: { url: redis.url, prefix },
    pages: [
      { id: pageId, name: 'Acme', accessToken: 't', helpdesk: 'main' },
      { id: '777', name: 'Acme on Instagram', channel: 'instagram', accessToken: 'u', helpdesk: 'main' },
    ],
    apiKeys: [
      { id: 'shop', key: apiKey, scopes: ['customers:write', 'notifications:write'] },
      { id: 'reader', key: `${apiKey}-reader`, scopes: ['customers:read'] },
    ],
  })
  // Nothing is drained: what is queued can be looked at.
  return startService(config, { role: 'api' })
}

type Service = Awaited<ReturnType<typeof start>>

async function put(service: Service, consents: unknown, path = customer) {
  const answer = await service.rest('PUT', path, { consents })
  return { status: answer.status, body: await answer.json() }
}

async function faultOf(answer: Response) {
  const { code, errors } = (await answer.json()) as {
    code: string
    errors: { path: string; message: string }[]
  }
  return [answer.status, code, errors[0]?.path, errors[0]?.message]
}

describe('the consents of a customer', () => {
  it('need the scopes of customers', async () => {
    const service = await start('scopes')
    const body = { consents: [{ topic: 'news', status: 'given' }] }
    const statusOf = async (...call: Parameters<Service['rest']>) => (await service.rest(...call)).status
    expect(await statusOf('GET', customer, undefined, { authorization: 'Bearer nonsense' })).toBe(401)
    expect(await statusOf('PUT', customer, body, reader)).toBe(403)
    expect(await statusOf('POST', '/v1/notifications', {}, reader)).toBe(403)
    expect(await statusOf('GET', customer, undefined, reader)).toBe(200)
    expect(await redis.keys('scopes:consent:*')).toEqual([])
  })

  it('are none of a stranger, and there is no customer without a Page or a person', async () => {
    const service = await start('strangers')
    const answer = await service.rest('GET', customer)
    expect([answer.status, await answer.json()]).toEqual([200, { consents: [], stoppedAt: null }])
    const statuses = ['42:1', `${pageId}:page`, `${pageId}:comment:1_2`, `${pageId}:`, 'nobody', 'x'].map(
      async (id) => (await service.rest('GET', `/v1/customers/${id}/consents`)).status,
    )
    expect(await Promise.all(statuses)).toEqual([404, 404, 404, 404, 404, 422])
    expect(
      (await put(service, [{ topic: 'a', status: 'given' }], '/v1/customers/42:1/consents')).status,
    ).toBe(404)
  })

  it('are kept as they are told, and told as they are kept', async () => {
    const service = await start('kept')
    const before = Date.now()
    const first = await put(service, [
      { topic: 'orders', status: 'given', source: 'checkout box', at: '2026-01-15T09:30:00+01:00' },
      { topic: 'offers', status: 'withdrawn' },
    ])
    const given = { status: 'given', source: 'checkout box', by: 'rest:shop', at: '2026-01-15T08:30:00.000Z' }
    expect(first).toMatchObject({
      status: 200,
      body: {
        consents: [
          { topic: 'offers', status: 'withdrawn', source: 'rest', by: 'rest:shop' },
          { topic: 'orders', ...given, history: [given] },
        ],
        stoppedAt: null,
      },
    })
    const at = Date.parse((first.body as { consents: { at: string }[] }).consents[0]!.at)
    expect(at).toBeGreaterThanOrEqual(before - 1)
    expect(at).toBeLessThanOrEqual(Date.now() + 1)
    const encoded = `/v1/customers/${encodeURIComponent(conversation)}/consents`
    expect(await (await service.rest('GET', encoded)).json()).toEqual(first.body)

    const second = await put(service, [{ topic: 'orders', status: 'withdrawn' }])
    const late = await put(service, [{ topic: 'orders', status: 'given', at: '2026-02-01T00:00:00Z' }])
    expect(second.body).toMatchObject({
      consents: [{ topic: 'offers' }, { topic: 'orders', status: 'withdrawn' }],
    })
    expect(late.body).toMatchObject({
      consents: [
        { topic: 'offers' },
        {
          topic: 'orders',
          status: 'withdrawn',
          history: [given, { status: 'given', at: '2026-02-01T00:00:00.000Z' }, { status: 'withdrawn' }],
        },
      ],
    })
  })

  it('of a clock that is a little ahead are of now, so that a STOP a second later counts', async () => {
    const service = await start('skew')
    const at = new Date(Date.now() + 30_000).toISOString()
    const { body } = await put(service, [{ topic: 'orders', status: 'given', at }])
    const kept = (body as { consents: { at: string }[] }).consents[0]!.at
    expect(Date.parse(kept)).toBeLessThanOrEqual(Date.now())
  })

  it('are not taken when something is wrong with one of them, and nothing of it is kept', async () => {
    const service = await start('faults')
    const good = { topic: 'good', status: 'given' }
    const soon = new Date(Date.now() + 3_600_000).toISOString()
    const cases: [unknown, string, RegExp][] = [
      [{ ...good, topic: 'Orders' }, 'body.consents.1.topic', /lower-case/],
      [{ ...good, topic: '-orders' }, 'body.consents.1.topic', /lower-case/],
      [{ ...good, topic: 'x'.repeat(65) }, 'body.consents.1.topic', /at most 64/],
      [{ ...good, topic: 'a', status: 'maybe' }, 'body.consents.1.status', /given, withdrawn/],
      [{ ...good, topic: 'a', source: 'x'.repeat(201) }, 'body.consents.1.source', /at most 200/],
      [{ ...good, topic: 'a', at: soon }, 'body.consents.1.at', /future/],
      [{ ...good, topic: 'a', at: 'yesterday' }, 'body.consents.1.at', /2026-01-15/],
      [{ ...good, topic: 'a', extra: 1 }, 'body.consents.1', /extra/],
      [good, 'body.consents.1.topic', /twice/],
      [null, 'body.consents.1', /object/],
    ]
    for (const [bad, path, message] of cases) {
      const answer = await service.rest('PUT', customer, { consents: [good, bad] })
      expect(await faultOf(answer)).toEqual([422, 'INVALID', path, expect.stringMatching(message)])
    }
    const none = await service.rest('PUT', customer, { consents: [] })
    expect(await faultOf(none)).toEqual([
      422,
      'INVALID',
      'body.consents',
      expect.stringMatching(/at least 1/),
    ])
    expect((await service.rest('PUT', customer, { consents: 1 })).status).toBe(422)
    expect(await redis.keys('faults:consent:*')).toEqual([])
  })
})

describe('a notification', () => {
  it('is addressed by conversation, by PSID or by the reference of a checkbox', async () => {
    const service = await start('addressed')
    const ids = [{ conversationId: conversation }, { pageId, psid }, { pageId, userRef: 'cart-7' }].map(
      async (to) => {
        const answer = await service.rest('POST', '/v1/notifications', { to, topic: 'orders', template })
        const { id, status } = (await answer.json()) as { id: string; status: string }
        expect([answer.status, status]).toEqual([202, 'queued'])
        const fate = await service.rest('GET', `/v1/replies/${id}`)
        return ((await fate.json()) as { conversationId: string }).conversationId
      },
    )
    expect(await Promise.all(ids)).toEqual([conversation, conversation, `${pageId}:user_ref:cart-7`])
  })

  it('to a Page or a person that cannot be is refused', async () => {
    const service = await start('nobody')
    for (const to of [
      { pageId: '42', psid },
      { conversationId: '42:1' },
      { conversationId: `${pageId}:page` },
      { pageId, psid: 'page' },
    ]) {
      const answer = await service.rest('POST', '/v1/notifications', { to, topic: 'orders', template })
      expect([answer.status, await answer.json()]).toMatchObject([404, { code: 'NOT_FOUND' }])
    }
    expect(await redis.keys('nobody:{0}:*')).toEqual([])
  })

  it('names the field and the limit of what it cannot take, and queues nothing', async () => {
    const service = await start('limits')
    const good = { to: { pageId, psid }, topic: 'orders', template }
    const button = { type: 'postback', title: 'x'.repeat(21), payload: 'p' }
    const cases: [object, string, RegExp][] = [
      [{ ...good, to: {} }, 'body.to', /conversationId/],
      [{ ...good, to: { pageId } }, 'body.to', /conversationId/],
      [{ ...good, to: { pageId, psid, userRef: 'x' } }, 'body.to', /conversationId/],
      [{ ...good, topic: 'No Topic' }, 'body.topic', /lower-case/],
      [{ ...good, topic: undefined }, 'body.topic', /missing/],
      [{ ...good, template: { ...template, type: 'carrier pigeon' } }, 'body.template.type', /utility/],
      [
        { ...good, template: { type: 'button', text: 'hi', buttons: [button] } },
        'body.template.buttons.0.title',
        /at most 20/,
      ],
      [{ ...good, text: 'hello' }, 'body', /text/],
      [{ ...good, to: { pageId: '777', psid } }, 'body.template.type', /Instagram/],
    ]
    for (const [body, path, message] of cases) {
      const answer = await service.rest('POST', '/v1/notifications', body)
      expect(await faultOf(answer)).toEqual([422, 'INVALID', path, expect.stringMatching(message)])
    }
    expect(await redis.keys('limits:{0}:*')).toEqual([])
  })

  it('is one for one Idempotency-Key, and another topic is another one', async () => {
    const service = await start('once')
    const post = async (topic: string) => {
      const body = { to: { pageId, psid }, topic, template }
      const answer = await service.rest('POST', '/v1/notifications', body, { 'idempotency-key': 'order-42' })
      return { status: answer.status, ...((await answer.json()) as { id: string; code: string }) }
    }
    const first = await post('orders')
    expect(await post('orders')).toEqual(first)
    expect(await post('offers')).toMatchObject({ status: 422, code: 'IDEMPOTENCY_KEY_REUSED' })
  })
})
