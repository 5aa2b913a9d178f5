import { describe, expect, it, onTestFinished } from 'vitest'
import { poll } from '../support/poll.ts'
import { startHelpdesk } from '../support/fake-helpdesk.ts'
import { useRedis } from '../support/redis.ts'
import {
  appSecret,
  configWith,
  conversation,
  deliveryOf,
  message,
  pageId,
  psid,
  startService,
} from '../support/service.ts'
import { startSimulator } from '../../src/simulator/simulator.ts'

const redis = useRedis()

async function startMeta() {
  const simulator = await startSimulator({
    port: 0,
    appSecret,
    pages: [{ id: pageId, accessToken: 'token-of-the-page' }],
    webhookUrl: 'http://127.0.0.1:9/webhooks/meta',
    // The test posts what people write by itself.
    windows: 'open',
    deliveries: false,
  })
  onTestFinished(() => simulator.close())
  return simulator
}

function metaConfig(graphUrl: string) {
  return { appSecrets: [appSecret], verifyToken: 'verify-token', graphUrl }
}

describe('a conversation', () => {
  it('goes in to the helpdesk in order and once, and the reply comes back; its echo is no new message', async () => {
    const meta = await startMeta()
    const desk = await startHelpdesk()
    const service = await startService(
      configWith(redis.url, {
        redis: { url: redis.url, prefix: 'round' },
        meta: metaConfig(meta.url),
        helpdesks: { main: desk.settings() },
      }),
    )
    meta.pointAt(`${service.url}/webhooks/meta`)
    const first = deliveryOf(message('one', { mid: 'm_1' }), message('two', { mid: 'm_2' }))
    for (const body of [first, first, deliveryOf(message('three', { mid: 'm_3' }))]) {
      expect((await service.post(body)).status).toBe(200)
    }
    const received = await desk.count(3)
    expect(received.map(({ body }) => body.data.event['text'])).toEqual(['one', 'two', 'three'])
    expect(received[0]?.body).toMatchObject({
      type: 'message.received',
      data: {
        event: { kind: 'message', mid: 'm_1', text: 'one', attachments: [], standby: false },
        conversation: { id: conversation, pageId, psid, channel: 'messenger' },
      },
    })
    expect(received[0]?.webhookId).toBe(received[0]?.body.data.event['id'])

    const answer = await service.rest('POST', `/v1/conversations/${conversation}/replies`, {
      text: 'Grüße! 👋',
      agent: { name: 'Grace' },
    })
    expect(answer.status).toBe(202)
    const { id, status } = (await answer.json()) as { id: string; status: string }
    expect(status).toBe('queued')
    const fate = await poll(
      async () => (await (await service.rest('GET', `/v1/replies/${id}`)).json()) as Record<string, unknown>,
      (reply) => reply['status'] === 'sent',
    )
    expect(fate).toMatchObject({ id, conversationId: conversation, possibleRepeat: false })
    expect(meta.sent).toHaveLength(1)
    expect(meta.sent[0]).toMatchObject({
      pageId,
      psid,
      body: { message: { text: 'Grüße! 👋', metadata: id }, messaging_type: 'RESPONSE' },
    })
    await service.line(({ stage, ownEchoes }) => stage === 'split' && ownEchoes === 1)
    await service.post(deliveryOf(message('four', { mid: 'm_4' })))
    expect((await desk.count(4)).map(({ body }) => body.data.event['mid'])).toEqual([
      'm_1',
      'm_2',
      'm_3',
      'm_4',
    ])
  })

  it('keeps its order and its webhook-id over failures of the helpdesk, and a failing one delays no other', async () => {
    const desk = await startHelpdesk([500, 429, 503])
    const other = await startHelpdesk()
    const service = await startService(
      configWith(redis.url, {
        redis: { url: redis.url, prefix: 'retry' },
        pages: [
          { id: pageId, name: 'Acme', accessToken: 't', helpdesk: 'main' },
          { id: '777', name: 'Other', accessToken: 't', helpdesk: 'other' },
        ],
        helpdesks: { main: desk.settings(), other: other.settings() },
      }),
    )
    await service.post(deliveryOf(message('a'), message('b')))
    await desk.count(1)
    const elsewhere = { ...message('elsewhere'), recipient: { id: '777' } }
    await service.post(
      Buffer.from(JSON.stringify({ object: 'page', entry: [{ id: '777', messaging: [elsewhere] }] })),
    )
    await other.count(1)
    expect(desk.received.length).toBeLessThan(5)
    const waiting = await (await service.rest('GET', `/v1/conversations/${conversation}`)).json()
    expect(waiting).toMatchObject({ id: conversation, lanes: { in: { waiting: 2 }, out: { waiting: 0 } } })
    const received = await desk.count(5)
    expect(received.map(({ body }) => body.data.event['text'])).toEqual(['a', 'a', 'a', 'a', 'b'])
    expect(new Set(received.slice(0, 4).map(({ webhookId }) => webhookId)).size).toBe(1)
  })

  it('becomes a dead letter where the helpdesk refuses, which is replayed once it is mended', async () => {
    const desk = await startHelpdesk([422])
    const service = await startService(
      configWith(redis.url, {
        redis: { url: redis.url, prefix: 'refused' },
        helpdesks: { main: desk.settings() },
      }),
    )
    await service.post(deliveryOf(message('refused'), message('taken')))
    await desk.count(2)
    const list = await poll(
      async () =>
        (await (await service.rest('GET', '/v1/dead-letters')).json()) as { deadLetters: { id: string }[] },
      ({ deadLetters }) => deadLetters.length === 1,
    )
    expect(list.deadLetters[0]).toMatchObject({
      kind: 'event',
      code: 'HELPDESK_REFUSED',
      conversationId: conversation,
    })
    const id = list.deadLetters[0]!.id
    const whole = await (await service.rest('GET', `/v1/dead-letters/${id}`)).json()
    expect(JSON.parse((whole as { payload: string }).payload)).toMatchObject({
      kind: 'message',
      text: 'refused',
    })
    expect((await service.rest('POST', `/v1/dead-letters/${id}/replay`)).status).toBe(202)
    expect((await desk.count(3))[2]).toMatchObject({ webhookId: desk.received[0]!.webhookId })
    expect((await service.rest('POST', `/v1/dead-letters/${id}/replay`)).status).toBe(404)
    expect(await (await service.rest('GET', '/v1/dead-letters')).json()).toEqual({
      deadLetters: [],
      total: 0,
    })
  })

  it('of a Page that the config does not know is kept as a dead letter', async () => {
    const service = await startService(
      configWith(redis.url, { redis: { url: redis.url, prefix: 'stranger' } }),
    )
    const stray = { ...message('to whom?'), recipient: { id: '42' } }
    await service.post(
      Buffer.from(JSON.stringify({ object: 'page', entry: [{ id: '42', messaging: [stray] }] })),
    )
    const list = await poll(
      async () => (await (await service.rest('GET', '/v1/dead-letters')).json()) as { deadLetters: object[] },
      ({ deadLetters }) => deadLetters.length === 1,
    )
    expect(list.deadLetters[0]).toMatchObject({ code: 'PAGE_UNKNOWN', kind: 'event' })
  })
})
