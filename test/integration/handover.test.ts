import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startSimulator } from '../../src/simulator/simulator.ts'
import type { SimulatorOptions } from '../../src/simulator/simulator.ts'
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

const redis = useRedis()
const control = `/v1/conversations/${conversation}/thread-control`
const replies = `/v1/conversations/${conversation}/replies`
const accessToken = 'token-of-the-page'
const ours = '987654321012345'
const other = '111222333'
const pageInbox = '263902037430900'
const who = { pageId, psid }

interface Round {
  /** In place of the simulator's. */
  graphUrl?: string
  page?: Record<string, unknown>
  simulator?: Partial<SimulatorOptions>
}

/** The service, and in Meta's place the simulator, where the person has just written. */
async function startRound(prefix: string, { page = {}, simulator = {}, graphUrl }: Round = {}) {
  const meta = await startSimulator({
    port: 0,
    appSecret,
    pages: [{ id: pageId, accessToken }],
    ...simulator,
  })
  onTestFinished(() => meta.close())
  const scopes = ['replies:write', 'conversations:read', 'customers:read']
  const service = await startService(
    configWith(redis.url, {
      redis: { url: redis.url, prefix },
      meta: {
        appSecrets: [appSecret],
        verifyToken: 'verify-token',
        graphUrl: graphUrl ?? meta.url,
        appId: ours,
      },
      pages: [{ id: pageId, name: 'Acme', accessToken, helpdesk: 'main', ...page }],
      apiKeys: [{ id: 'desk', key: apiKey, scopes }],
    }),
  )
  meta.pointAt(`${service.url}/webhooks/meta`)
  await meta.write({ ...who, text: 'Where is my parcel?' })
  return { meta, service }
}

async function ask(service: Service, body: object, path = control) {
  const answer = await service.rest('POST', path, body)
  return [answer.status, await answer.json()] as const
}

async function ownerOf(service: Service) {
  const answer = await service.rest('GET', control)
  expect(answer.status).toBe(200)
  return ((await answer.json()) as { owner: { appId: string | null; expiresAt: string } | null }).owner
}

async function say(service: Service, body: object): Promise<string> {
  const [status, accepted] = await ask(service, body, replies)
  expect(status).toBe(202)
  return (accepted as { id: string }).id
}

type Fate = { status: string; failure?: { code: string; message: string } }

function fate(service: Service, id: string, wanted: string[]): Promise<Fate> {
  return poll(
    async () => (await (await service.rest('GET', `/v1/replies/${id}`)).json()) as Fate,
    ({ status }) => wanted.includes(status),
  )
}

type Shown = { from: string; text: string; standby?: true }

async function inboxWith(service: Service, fits: (message: Shown) => boolean): Promise<Shown[]> {
  const { messages } = await poll(
    async () =>
      (await (await service.rest('GET', `/v1/inbox/conversations/${conversation}`)).json()) as {
        messages?: Shown[]
      },
    (inbox) => inbox.messages?.some(fits) === true,
  )
  return messages ?? []
}

const lastCode = async (service: Service) =>
  (
    (await (await service.rest('GET', `/v1/conversations/${conversation}`)).json()) as {
      lanes: { out: { lastCode: string | null } }
    }
  ).lanes.out.lastCode

describe('thread control', () => {
  it('passes, takes, extends, requests and releases, each again without harm, and tells who has it', async () => {
    const { service } = await startRound('actions')
    const ok = (action: string) => [200, { conversationId: conversation, action, ok: true }]
    const twice = async (body: { action: string; [more: string]: unknown }) => {
      expect(await ask(service, body)).toEqual(ok(body.action))
      expect(await ask(service, body)).toEqual(ok(body.action))
    }
    expect(await ownerOf(service)).toMatchObject({ appId: ours })
    await twice({ action: 'pass', target: 'inbox', metadata: 'by hand, please' })
    expect(await ownerOf(service)).toMatchObject({ appId: pageInbox })
    const notes = await inboxWith(service, ({ text }) => text.includes('by hand, please'))
    expect(notes.at(-1)?.text).toContain("to Meta's inbox")
    await twice({ action: 'request', metadata: 'may we?' })
    expect(await ownerOf(service)).toMatchObject({ appId: pageInbox })
    await twice({ action: 'take' })
    expect(await ownerOf(service)).toMatchObject({ appId: ours })
    await twice({ action: 'extend', seconds: 604_800 })
    const until = Date.parse((await ownerOf(service))?.expiresAt ?? '')
    expect(Math.abs(until - Date.now() - 604_800_000)).toBeLessThan(60_000)
    await twice({ action: 'release' })
    expect(await ownerOf(service)).toBeNull()
    await twice({ action: 'pass', target: other })
    expect(await ownerOf(service)).toMatchObject({ appId: other })
  })

  it('says what Meta refuses, and what to do', async () => {
    const { meta, service } = await startRound('refused', { simulator: { defaultAppId: Number(other) } })
    await meta.owner({ ...who, appId: '5' })
    for (const body of [
      { action: 'pass', target: 'inbox' },
      { action: 'extend', seconds: 60 },
      { action: 'release' },
    ]) {
      expect(await ask(service, body)).toMatchObject([
        422,
        { code: 'META_REFUSED', detail: expect.stringContaining('10/2018300: another app or person has') },
      ])
    }
    expect(await ask(service, { action: 'take' })).toMatchObject([
      422,
      { code: 'META_REFUSED', detail: expect.stringContaining("only the Page's default app") },
    ])
    // Meta tells only the owner and the default app.
    expect(await ownerOf(service)).toEqual({ appId: null, expiresAt: expect.any(String) })
    await meta.close()
    expect(await ask(service, { action: 'take' })).toMatchObject([502, { code: 'META_UNAVAILABLE' }])
    expect((await service.rest('GET', control)).status).toBe(502)
  })

  it('is of a person and of a Page of ours, and one action at a time', async () => {
    const { service } = await startRound('faults')
    for (const id of [
      `${pageId}:comment:411_1`,
      `${pageId}:page`,
      `${pageId}:user_ref:x`,
      '9:2',
      'nonsense',
    ]) {
      const path = `/v1/conversations/${id}/thread-control`
      expect([id, await ask(service, { action: 'take' }, path)]).toMatchObject([
        id,
        [404, { code: 'NOT_FOUND' }],
      ])
      expect([id, (await service.rest('GET', path)).status]).toEqual([id, 404])
    }
    const bodies = [
      {},
      { action: 'steal' },
      { action: 'pass' },
      { action: 'pass', target: '../feed' },
      { action: 'release', target: 'inbox' },
      { action: 'extend', seconds: 604_801 },
      { action: 'extend', seconds: 0 },
    ]
    for (const body of bodies) {
      expect([body, await ask(service, body)]).toMatchObject([body, [422, { code: 'INVALID' }]])
    }
  })

  it('does not wait for a Meta that says nothing', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    onTestFinished(() => {
      silent.closeAllConnections()
      silent.close()
    })
    const { service } = await startRound('silent', {
      graphUrl: `http://127.0.0.1:${(silent.address() as AddressInfo).port}`,
    })
    const began = performance.now()
    expect(await ask(service, { action: 'release' })).toMatchObject([
      502,
      { code: 'META_UNAVAILABLE', detail: expect.stringContaining('nobody knows') },
    ])
    expect(performance.now() - began).toBeLessThan(5000)
  })

  it('taken, lets what waited for it leave', async () => {
    const { meta, service } = await startRound('woken')
    await meta.owner({ ...who, appId: other })
    const id = await say(service, { text: 'With you today.', agent: { name: 'Grace' } })
    await poll(
      () => lastCode(service),
      (code) => code === 'THREAD_NOT_OURS',
    )
    // Without the news of it, so that nothing else wakes the lane.
    meta.pointAt('http://127.0.0.1:9/nowhere')
    expect((await ask(service, { action: 'take' }))[0]).toBe(200)
    await fate(service, id, ['sent'])
  })
})

describe('standby', () => {
  it('is shown as such, and not answered', async () => {
    const { meta, service } = await startRound('standby')
    await meta.owner({ ...who, appId: other })
    await meta.write({ ...who, text: 'STOP' })
    const shown = await inboxWith(service, ({ text }) => text === 'STOP')
    expect(shown.find(({ text }) => text === 'STOP')).toMatchObject({ from: 'customer', standby: true })
    expect(shown.find(({ text }) => text === 'Where is my parcel?')).not.toHaveProperty('standby')
    // It counts, though nobody says so.
    await poll(
      async () => (await service.rest('GET', `/v1/customers/${conversation}/consents`)).text(),
      (text) => text.includes('stopped'),
    )
    await meta.owner({ ...who, appId: ours })
    const id = await say(service, { text: 'after', agent: { name: 'Grace' } })
    await fate(service, id, ['delivered', 'sent'])
    // In order, so that a confirmation would have left before.
    expect(meta.sent.map(({ body }) => body.message?.text)).toEqual(['after'])
  })
})

describe('a human who answers in Meta’s inbox', () => {
  it('holds back bots where the Page says hold, and no agent', async () => {
    const { meta, service } = await startRound('hold', { page: { elsewhere: 'hold', threadControl: 'take' } })
    await meta.inbox({ ...who, text: 'I look after this' })
    await inboxWith(service, ({ text }) => text === 'I look after this')
    const bot = await say(service, { text: 'from a bot' })
    expect(await fate(service, bot, ['failed', 'sent', 'delivered'])).toMatchObject({
      status: 'failed',
      failure: { code: 'THREAD_NOT_OURS', message: expect.stringContaining('Another app or person holds') },
    })
    const agent = await say(service, { text: 'from an agent', agent: { name: 'Grace' } })
    await fate(service, agent, ['sent', 'delivered'])
    expect(meta.sent.map(({ body }) => body.message?.text)).toEqual(['from an agent'])
  })

  it('is only shown where it says nothing', async () => {
    const { meta, service } = await startRound('note', { page: { threadControl: 'take' } })
    await meta.inbox({ ...who, text: 'I look after this' })
    await inboxWith(service, ({ text }) => text === 'I look after this')
    await fate(service, await say(service, { text: 'from a bot' }), ['sent', 'delivered'])
  })
})
