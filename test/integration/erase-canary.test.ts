import { describe, expect, it, onTestFinished } from 'vitest'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { canary, escaped, filesBelow } from '../support/canary.ts'
import { poll } from '../support/poll.ts'
import { useRedis } from '../support/redis.ts'
import {
  apiKey,
  appSecret,
  configWith,
  conversation,
  message,
  pageId,
  psid,
  startService,
} from '../support/service.ts'
import { scopes } from '../../src/config/schema.ts'
import { delivery } from '../../src/simulator/delivery.ts'
import type { Service } from '../support/service.ts'

// Uncompressed, so that what is there can be found; with snapshots, since those are copies too.
const redis = useRedis({
  appendfsync: 'always',
  extraArgs: ['--rdbcompression', 'no', '--save', '3600', '1000000'],
})

const bird = canary('canary7f3a9d41c0')
const now = Date.now()

/** Where the bird sits, in the files of Redis. */
async function sightings(): Promise<string[]> {
  const files = await filesBelow(redis.server.dir)
  expect(files.length).toBeGreaterThan(2)
  return files.flatMap(({ name, bytes }) => bird.foundIn(bytes, name))
}

async function rewriteEverything(): Promise<void> {
  for (const [command, running] of [
    ['bgrewriteaof', 'aof_rewrite_in_progress:0'],
    ['bgsave', 'rdb_bgsave_in_progress:0'],
  ] as const) {
    await redis.client[command]()
    await poll(
      () => redis.client.info('persistence'),
      (info) => info.includes(running) && info.includes('aof_rewrite_scheduled:0'),
    )
  }
}

async function start(role: 'api' | 'worker', graphUrl: string): Promise<Service> {
  const config = configWith(redis.url, {
    redis: { url: redis.url, prefix: 'canary' },
    meta: { appSecrets: [appSecret], verifyToken: 'verify-token', graphUrl },
    apiKeys: [{ id: 'all', key: apiKey, scopes: [...scopes] }],
  })
  return startService(config, { role })
}

interface Answered {
  complete: boolean
  erased: Record<string, number>
  disk: { aof: string; rdb: string }
  remaining: { code: string }[]
}

async function erase(api: Service): Promise<Answered> {
  const answer = await api.rest('POST', `/v1/customers/${conversation}/erase`, {})
  expect(answer.status).toBe(200)
  return (await answer.json()) as Answered
}

describe('a person who is erased', () => {
  it('leaves no byte of what was said in the files of Redis, the logs or the metrics', async () => {
    const meta = await startSimulator({
      port: 0,
      appSecret,
      pages: [{ id: pageId, accessToken: 'token-of-the-page' }],
      windows: 'open',
    })
    onTestFinished(() => meta.close())
    const api = await start('api', meta.url)
    const worker = await start('worker', meta.url)
    meta.pointAt(`${api.url}/webhooks/meta`)
    const replies = `/v1/conversations/${conversation}/replies`
    const post = async (body: Buffer) => expect((await api.post(body)).status).toBe(200)
    const fate = async (path: string, body: unknown, key: string, expected: string) => {
      const answer = await api.rest('POST', path, body, { 'idempotency-key': key })
      expect(answer.status).toBe(202)
      const { id } = (await answer.json()) as { id: string }
      await poll(
        async () => (await (await api.rest('GET', `/v1/replies/${id}`)).json()) as { status: string },
        ({ status }) => status === expected,
      )
    }

    // What the person says, as Meta writes it; what somebody else answers; what we answer; what we tell by ourselves.
    const said = { ...message('', { timestamp: now }), message: { mid: 'm_said', text: bird.text } }
    await post(delivery([{ id: pageId, time: now, messaging: [said] }]))
    const other = {
      sender: { id: pageId },
      recipient: { id: psid },
      timestamp: now,
      message: { mid: 'm_other', is_echo: true, app_id: 263902037430900, text: bird.text },
    }
    await post(delivery([{ id: pageId, time: now, messaging: [other] }]))
    await fate(replies, { text: bird.text, agent: { name: 'Grace' } }, 'reply', 'delivered')
    const consent = { topic: 'orders', status: 'given', source: bird.text }
    await api.rest('PUT', `/v1/customers/${conversation}/consents`, { consents: [consent] })
    const template = {
      type: 'generic',
      elements: [{ title: 'Your order', subtitle: bird.text }],
    }
    await fate(
      '/v1/notifications',
      { to: { conversationId: conversation }, topic: 'orders', template },
      'notification',
      'delivered',
    )
    // What is given up on: a reply that Meta refuses, a delivery that nobody can read.
    meta.fail({ error: { code: 100, error_subcode: 2018109 } })
    await fate(replies, { text: `${bird.text}, once more` }, 'refused', 'failed')
    await post(Buffer.from(`{"object":"page","entry":[{"from":"${psid}","text":"${escaped(bird.text)}"`))
    // The same as bytes that are no text, which are kept in base64.
    await post(Buffer.concat([Buffer.from([0xff]), Buffer.from(`{"from":"${psid}","text":"${bird.text}"`)]))
    await poll(
      async () => (await (await api.rest('GET', '/v1/dead-letters')).json()) as { total: number },
      ({ total }) => total === 3,
    )
    // What waits in a lane: the token is dead. What waits in the journal: nobody splits it.
    meta.fail({ times: 1000, path: '*', error: { code: 190, error_subcode: 460 } })
    await api.rest('POST', replies, { text: `${bird.text}, later` })
    await poll(
      async () =>
        (await (await api.rest('GET', `/v1/conversations/${conversation}`)).json()) as {
          lanes: { out: { lastCode: string } }
        },
      ({ lanes }) => lanes.out.lastCode === 'PAGE_STOPPED',
    )
    await worker.stop()
    const late = { ...said, message: { mid: 'm_late', text: `${bird.text}, unsplit` } }
    const others = message('of somebody else', { psid: '2499999999999999', timestamp: now })
    await post(delivery([{ id: pageId, time: now, messaging: [late, others] }]))

    expect((await sightings()).length).toBeGreaterThan(0)
    await rewriteEverything()
    const before = await sightings()
    // It is found in either file when it is there: as it reads, and as Meta wrote it.
    expect(before).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^utf-8 in appendonly.*base\.rdb$/),
        expect.stringMatching(/^json, ascii in appendonly.*base\.rdb$/),
        expect.stringMatching(/^base64 \d in appendonly.*base\.rdb$/),
        'utf-8 in dump.rdb',
        'json, ascii in dump.rdb',
      ]),
    )

    const first = await erase(api)
    expect(first).toMatchObject({
      complete: false,
      erased: { waiting: 1, deadLetters: 1, deliveries: 2, replies: 4 },
      disk: { aof: 'rewritten', rdb: 'saved' },
      remaining: [{ code: 'JOURNAL' }],
    })
    expect(first.erased['inboxMessages']).toBeGreaterThanOrEqual(4)

    const again = await start('worker', meta.url)
    expect(await erase(api)).toMatchObject({ complete: true, remaining: [] })
    // What stood beside it in the journal is not lost.
    const beside = await api.rest('GET', `/v1/inbox/conversations/${pageId}:2499999999999999`)
    expect(await beside.text()).toContain('of somebody else')
    // Redis removes its old file behind our back, a moment later.
    expect(await poll(sightings, (found) => found.length === 0)).toEqual([])
    expect(await erase(api)).toMatchObject({
      complete: true,
      erased: { waiting: 0, replies: 0, inboxMessages: 0 },
    })

    for (const service of [api, worker, again]) {
      expect(bird.foundIn(JSON.stringify(service.lines), 'the log')).toEqual([])
      expect(JSON.stringify(service.lines)).not.toContain(psid)
    }
    for (const service of [api, again]) {
      const metrics = await (await fetch(`${service.adminUrl}/metrics`)).text()
      expect(bird.foundIn(metrics, 'the metrics')).toEqual([])
      expect(metrics).not.toContain(psid)
    }
    // The person themselves is gone, too, also as the number that Redis makes of digits.
    const number = Buffer.alloc(8)
    number.writeBigInt64LE(BigInt(psid))
    const left = (await filesBelow(redis.server.dir)).filter(
      ({ bytes }) => bytes.includes(psid) || bytes.includes(number),
    )
    expect(left.map(({ name }) => name)).toEqual([])
  }, 60_000)
})
