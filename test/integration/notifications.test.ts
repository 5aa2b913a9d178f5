import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { poll } from '../support/poll.ts'
import { useRedis } from '../support/redis.ts'
import {
  apiKey,
  appSecret,
  configWith,
  conversation,
  pageId,
  psid,
  startService,
} from '../support/service.ts'
import type { Service } from '../support/service.ts'

const run = promisify(execFile)
const redis = useRedis()
const orders = { topic: 'orders', status: 'given', source: 'checkout box' }
const stopped = 'You will get no more notifications from us. We still answer when you write to us.'

/** Meta with approved templates, by name and text. */
async function startMeta(templates: Record<string, string> = { shipped: 'Your order {{1}} left us today.' }) {
  const meta = await startSimulator({
    port: 0,
    appSecret,
    pages: [{ id: pageId, accessToken: 'token-of-the-page' }],
    webhookUrl: 'http://127.0.0.1:9/webhooks/meta',
  })
  onTestFinished(() => meta.close())
  for (const [name, text] of Object.entries(templates)) {
    meta.template({ pageId, name, language: 'en_US', components: [{ type: 'BODY', text }] })
  }
  return meta
}

function configOf(prefix: string, graphUrl: string) {
  return configWith(redis.url, {
    redis: { url: redis.url, prefix },
    meta: { appSecrets: [appSecret], verifyToken: 'verify-token', graphUrl },
    apiKeys: [
      {
        id: 'shop',
        key: apiKey,
        scopes: ['customers:write', 'notifications:write', 'conversations:read', 'replies:write'],
      },
    ],
  })
}

const consents = (service: Service, ...changes: object[]) =>
  service.rest('PUT', `/v1/customers/${conversation}/consents`, { consents: changes })

async function notify(service: Service, topic: string, order: string): Promise<string> {
  const components = [{ type: 'body', parameters: [{ type: 'text', text: order }] }]
  const template = { type: 'utility', name: 'shipped', language: 'en_US', components }
  const answer = await service.rest('POST', '/v1/notifications', { to: { pageId, psid }, topic, template })
  expect(answer.status).toBe(202)
  return ((await answer.json()) as { id: string }).id
}

/** What became of a reply, once something has. */
function fate(service: Service, id: string) {
  return poll(
    async () => (await (await service.rest('GET', `/v1/replies/${id}`)).json()) as Record<string, unknown>,
    ({ status }) => status !== 'queued' && status !== 'sending',
  )
}

const refused = { status: 'failed', failure: { code: 'CONSENT_MISSING' } }

describe('a notification', () => {
  it('goes to whoever agreed to its topic, as a utility message, and to nobody else', async () => {
    const meta = await startMeta()
    const service = await startService(configOf('agreed', meta.url))
    meta.pointAt(`${service.url}/webhooks/meta`)
    await meta.write({ pageId, psid, text: 'hello' })
    expect(await fate(service, await notify(service, 'orders', 'A-1'))).toMatchObject(refused)
    expect((await consents(service, orders)).status).toBe(200)
    const sent = await fate(service, await notify(service, 'orders', 'A-2'))
    expect(sent).not.toHaveProperty('failure')
    expect(await fate(service, await notify(service, 'offers', 'A-3'))).toMatchObject(refused)
    expect(meta.sent.map(({ body }) => body)).toMatchObject([
      {
        recipient: { id: psid },
        messaging_type: 'UTILITY',
        message: {
          metadata: sent['id'],
          template: {
            name: 'shipped',
            language: { code: 'en_US' },
            components: [{ type: 'body', parameters: [{ type: 'text', text: 'A-2' }] }],
          },
        },
      },
    ])
  })

  it('goes to whoever ticked a checkbox, by its reference', async () => {
    const meta = await startMeta()
    const service = await startService(configOf('ticked', meta.url))
    meta.pointAt(`${service.url}/webhooks/meta`)
    await meta.optIn({ pageId, userRef: 'cart-7', ref: 'Orders' })
    const listed = await poll(
      async () => (await service.rest('GET', `/v1/customers/${pageId}:user_ref:cart-7/consents`)).json(),
      (list) => JSON.stringify(list).includes('given'),
    )
    expect(listed).toMatchObject({
      consents: [{ topic: 'orders', status: 'given', source: 'opt-in plugin' }],
    })
    const text = 'We got your order A-1.'
    const template = {
      type: 'button',
      text,
      buttons: [{ type: 'postback', title: 'Details', payload: 'A-1' }],
    }
    const to = { pageId, userRef: 'cart-7' }
    const answer = await service.rest('POST', '/v1/notifications', { to, topic: 'orders', template })
    const { id } = (await answer.json()) as { id: string }
    expect((await fate(service, id))['failure']).toBeUndefined()
    expect(meta.sent.map(({ body }) => body.recipient)).toEqual([{ user_ref: 'cart-7' }])
  })

  it('that waits is not sent when the person took their consent back meanwhile', async () => {
    const meta = await startMeta()
    const config = configOf('meanwhile', meta.url)
    const api = await startService(config, { role: 'api' })
    await consents(api, orders)
    const id = await notify(api, 'orders', 'A-1')
    await consents(api, { ...orders, status: 'withdrawn' })
    await startService(config, { role: 'worker' })
    expect(await fate(api, id)).toMatchObject(refused)
    expect(meta.sent).toEqual([])
  })
})

describe('STOP', () => {
  it('is confirmed once, however often it is delivered, and ends notifications until START', async () => {
    const meta = await startMeta()
    const service = await startService(configOf('stop', meta.url))
    meta.pointAt(`${service.url}/webhooks/meta`)
    await consents(service, orders)
    const { mid } = await meta.write({ pageId, psid, text: 'STOP!' })
    for (let n = 0; n < 3; n++) expect((await meta.redeliver(mid))?.status).toBe(200)
    const texts = () =>
      poll(
        async () => meta.sent.map(({ body }) => body.message?.text),
        (list) => list.length > 0,
      )
    expect(await texts()).toEqual([`${stopped} Write START to get them again.`])
    expect(meta.sent[0]).toMatchObject({ psid, body: { messaging_type: 'RESPONSE' } })
    expect(await fate(service, await notify(service, 'orders', 'A-1'))).toMatchObject(refused)
    // A plain answer is no notification.
    const path = `/v1/conversations/${conversation}/replies`
    const answer = (await (await service.rest('POST', path, { text: 'One more thing' })).json()) as {
      id: string
    }
    expect(await fate(service, answer.id)).not.toHaveProperty('failure')

    await meta.redeliver(mid)
    await meta.write({ pageId, psid, text: 'start' })
    await poll(texts, (list) => list.length === 3)
    expect((await fate(service, await notify(service, 'orders', 'A-2')))['failure']).toBeUndefined()
    expect(meta.sent.map(({ body }) => body.message?.text ?? 'a template')).toEqual([
      `${stopped} Write START to get them again.`,
      'One more thing',
      'You will get notifications from us again. Write STOP to end them.',
      'a template',
    ])
    const listed = await service.rest('GET', `/v1/customers/${conversation}/consents`)
    expect(await listed.json()).toMatchObject({
      consents: [
        {
          topic: 'orders',
          status: 'given',
          source: 'start-word',
          history: [
            { source: 'checkout box' },
            { status: 'withdrawn', source: 'stop-word' },
            { source: 'start-word' },
          ],
        },
      ],
      stoppedAt: null,
    })
  })
})

describe('docs/consent.md', () => {
  const page = readFileSync('docs/consent.md', 'utf8')
  const calls = [...page.matchAll(/^```sh\n([\s\S]*?)\n```$/gm)].map(([, call]) => call!)

  it('has calls that work when they are pasted', async () => {
    const meta = await startMeta({
      order_confirmed: 'Thank you. Your order {{1}} of {{2}} is confirmed, and we have begun to pack it.',
      order_shipped: 'Your order {{1}} is on its way and arrives on {{2}}, if all goes well.',
      appointment_reminder: 'We look forward to seeing you on {{1}} in our shop.',
    })
    const service = await startService(configOf('pasted', meta.url))
    meta.pointAt(`${service.url}/webhooks/meta`)
    await meta.write({ pageId, psid, text: 'hello' })
    expect(calls).toHaveLength(5)
    const isNotification = (call: string) => call.includes('/v1/notifications')
    // The page tells of notifications first; who reads it to the end keeps the consent first.
    for (const call of calls.toSorted((a, b) => Number(isNotification(a)) - Number(isNotification(b)))) {
      const pasted = call.replaceAll('http://localhost:3000', service.url)
      const { stdout } = await run('bash', ['-c', pasted], {
        env: { PATH: process.env['PATH'], API_KEY: apiKey, CUSTOMER: conversation },
      })
      const answer = JSON.parse(stdout) as { id?: string }
      expect(answer).toMatchObject(
        isNotification(call) ? { status: 'queued' } : { consents: expect.any(Array) },
      )
      if (answer.id !== undefined) expect((await fate(service, answer.id))['failure']).toBeUndefined()
    }
    expect(meta.sent.map(({ body }) => [body.messaging_type, body.message?.template?.['name']])).toEqual([
      ['UTILITY', 'order_confirmed'],
      ['UTILITY', 'order_shipped'],
      ['UTILITY', 'appointment_reminder'],
    ])
  })
})
