import { readFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { scopes } from '../../src/config/schema.ts'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { poll } from '../support/poll.ts'
import { useRedis } from '../support/redis.ts'
import {
  apiKey,
  appSecret,
  configWith,
  conversation,
  deliveryOf,
  message,
  pageId,
  psid,
  startService,
} from '../support/service.ts'
import { postForm, signedRequest } from '../support/signed-request.ts'

const redis = useRedis()

interface Row {
  name: string
  pattern: RegExp
  hasEnd: boolean
}

/** The table in docs/privacy.md: `<…>` stands for anything but a colon, but for ids and lanes, and `*` for anything. */
function rows(): Row[] {
  const page = readFileSync('docs/privacy.md', 'utf8')
  return [...page.matchAll(/^\| `(deskbridge:[^`]+)`\s*\|[^|]*\|([^|]*)\|/gm)].map(
    ([, name = '', lives = '']) => {
      const source = name
        .split(/(<[^>]+>|\*)/)
        .map((part) => {
          if (part === '*') return '.*'
          if (part === '<id>' || part === '<lane>') return '.+'
          return /^<.+>$/.test(part) ? '[^:]+' : part.replace(/[{}]/g, '\\$&')
        })
        .join('')
      const hasEnd = !/^\s*(always\s*$|until it is done:)/.test(lives)
      return { name, pattern: new RegExp(`^${source}$`), hasEnd }
    },
  )
}

/** What Redis holds at this moment, and for how long, ms; -1 for ever. */
async function keys(): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  for await (const names of redis.client.scanStream({ match: '*', count: 1000 })) {
    for (const name of names as string[]) found.set(name, await redis.client.pttl(name))
  }
  // What went in between is not there.
  return new Map([...found].filter(([, ttl]) => ttl !== -2))
}

describe('what is kept of people', () => {
  it('is written down in docs/privacy.md, all of it, and has an end but where that says otherwise', async () => {
    const meta = await startSimulator({
      port: 0,
      appSecret,
      pages: [{ id: pageId, accessToken: 'token-of-the-page' }],
      windows: 'open',
    })
    onTestFinished(() => meta.close())
    const service = await startService(
      configWith(redis.url, {
        meta: { appSecrets: [appSecret], verifyToken: 'verify-token', graphUrl: meta.url },
        apiKeys: [{ id: 'all', key: apiKey, scopes: [...scopes] }],
      }),
    )
    meta.pointAt(`${service.url}/webhooks/meta`)
    const seen = new Map<string, number>()
    const look = async () => {
      // What had no end once is not forgiven later.
      for (const [name, ttl] of await keys()) seen.set(name, seen.get(name) === -1 ? -1 : ttl)
    }
    const rest = async (method: string, path: string, body?: unknown) => {
      const answer = await service.rest(method, path, body, { 'idempotency-key': `${Math.random()}` })
      expect([path, answer.status]).toEqual([path, expect.toSatisfy((status: number) => status < 300)])
      return (await answer.json()) as Record<string, unknown>
    }
    const fate = (id: unknown, status: string) =>
      poll(
        () => rest('GET', `/v1/replies/${String(id)}`),
        (reply) => reply['status'] === status,
      )
    const replies = `/v1/conversations/${conversation}/replies`
    const customer = `/v1/customers/${conversation}`
    const say = (text: string, to = psid) =>
      service.post(deliveryOf(message(text, { psid: to, timestamp: Date.now() })))

    // Everything that makes us remember something, and a look after each, since some of it does not stay for long.
    await say('hello')
    await poll(
      async () => (await service.rest('GET', `/v1/inbox/conversations/${conversation}`)).status,
      (status) => status === 200,
    )
    const { id } = await rest('POST', replies, {
      text: 'hello',
      agent: { name: 'Grace', pictureUrl: 'https://desk.example/grace.png' },
    })
    await fate(id, 'delivered')
    await meta.read({ pageId, psid })
    await fate(id, 'read')
    await look()
    await rest('PUT', `${customer}/consents`, { consents: [{ topic: 'orders', status: 'given' }] })
    const template = { type: 'generic', elements: [{ title: 'Your order', subtitle: 'is on its way' }] }
    const notification = await rest('POST', '/v1/notifications', {
      to: { conversationId: conversation },
      topic: 'orders',
      template,
    })
    await fate(notification['id'], 'delivered')
    const form = new FormData()
    form.set('pageId', pageId)
    form.set('type', 'image')
    form.set('file', new Blob([Buffer.alloc(100)], { type: 'image/png' }), 'a.png')
    const headers = { authorization: `Bearer ${apiKey}` }
    const uploaded = await fetch(`${service.url}/v1/uploads`, { method: 'POST', headers, body: form })
    expect(uploaded.status).toBe(201)
    meta.fail({ error: { code: 100, error_subcode: 2018109 } })
    await fate((await rest('POST', replies, { text: 'refused' }))['id'], 'failed')
    await look()
    await service.post(Buffer.from('{"broken'))
    await poll(
      () => rest('GET', '/v1/dead-letters'),
      ({ total }) => total === 2,
    )
    await look()
    // Somebody who says stop, and is erased.
    await say('stop', '2400000000000077')
    const stopped = `/v1/customers/${pageId}:2400000000000077`
    await poll(
      () => rest('GET', `${stopped}/consents`),
      ({ stoppedAt }) => stoppedAt !== null,
    )
    expect(await rest('POST', `${stopped}/erase`, {})).toMatchObject({ suppressed: true })
    for (const name of ['data-deletion', 'deauthorize']) {
      const signed_request = signedRequest('10229988776655443', appSecret)
      expect((await postForm(`${service.url}/webhooks/meta/${name}`, { signed_request })).status).toBe(200)
    }
    await look()
    // A comment, answered in private, and in public without anybody knowing whether it was.
    await meta.comment({ pageId, message: 'New hats!', from: { id: pageId, name: 'Acme' }, post: true })
    const { commentId } = await meta.comment({ pageId, message: 'Price?', from: { id: psid, name: 'Ada' } })
    const thread = `/v1/conversations/${pageId}:comment:${commentId}/replies`
    await fate((await rest('POST', thread, { text: '20 €', as: 'private' }))['id'], 'delivered')
    meta.fail({ path: 'comments', cut: 'before' })
    await fate((await rest('POST', thread, { text: 'See your messages' }))['id'], 'sending')
    await look()
    // A Page that cannot send: its replies wait.
    meta.fail({ times: 1000, path: '*', error: { code: 190, error_subcode: 460 } })
    await rest('POST', replies, { text: 'waits' })
    await poll(
      () => rest('GET', '/v1/pages'),
      ({ pages }) => (pages as { waiting: number }[])[0]?.waiting === 1,
    )
    await poll(
      async () => redis.client.exists(`deskbridge:page-stops:probe:${pageId}`),
      (found) => found === 1,
    )
    await look()
    // A Page that nobody knows, and a worker that is gone: alarms and journal writes that nobody takes.
    await service.stop()
    const api = await startService(
      configWith(redis.url, { meta: { appSecrets: [appSecret], verifyToken: 'v', graphUrl: meta.url } }),
      { role: 'api' },
    )
    await api.post(deliveryOf(message('nobody splits this')))
    await api.rest('POST', replies, { text: 'nobody sends this' })
    await look()

    const table = rows()
    const undocumented = [...seen.keys()].filter((name) => !table.some(({ pattern }) => pattern.test(name)))
    expect(undocumented, 'keys that no row of docs/privacy.md names').toEqual([])
    const endless = [...seen].flatMap(([name, ttl]) => (ttl === -1 ? [name] : []))
    const unexpected = endless.filter((name) => table.find(({ pattern }) => pattern.test(name))?.hasEnd)
    expect(unexpected, 'keys that have no end, though docs/privacy.md says that they have').toEqual([])
    // All but what needs files to be copied, or a helpdesk of a vendor's: the look was a thorough one.
    const unseen = table.filter(({ pattern }) => ![...seen.keys()].some((name) => pattern.test(name)))
    expect(unseen.map(({ name }) => name)).toEqual([
      'deskbridge:own:<helpdesk>:*',
      'deskbridge:written:<helpdesk>:*',
      'deskbridge:unclaimed:<helpdesk>:*',
      'deskbridge:copy:<copy>',
      'deskbridge:copies:<id>',
      'deskbridge:poll:<helpdesk>',
      'deskbridge:poll:<helpdesk>:*',
    ])
  }, 60_000)
})
