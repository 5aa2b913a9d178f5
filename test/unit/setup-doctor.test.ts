import { describe, expect, it } from 'vitest'
import { runDoctor } from '../../src/commands/doctor.ts'
import type { Loaded } from '../../src/commands/command-deps.ts'
import { closedPort } from '../support/http-server.ts'
import { appSecret } from '../support/service.ts'
import { examine as examineGraph, healthy, webhook } from '../support/setup-doctor-kit.ts'
import { appId, now, pageToken, refuse, toolsFor, useGraph } from '../support/setup-kit.ts'

const graph = useGraph()
const examine = (options?: Parameters<typeof examineGraph>[1]) => examineGraph(graph, options)

describe('where all is well', () => {
  it('says so, in a fixed order, without a secret', async () => {
    const url = await webhook()
    await healthy(graph, url)
    const { text, shown, exitCode, json } = await examine({ url })
    expect(shown).toEqual([expect.stringContaining('is not https')])
    expect([exitCode, json.ok]).toEqual([1, false])
    const titles = text.split('\n').filter((line) => /^\S/.test(line))
    expect(titles.slice(0, -1)).toEqual([
      'Config (deskbridge.yaml)',
      'Redis',
      'Meta',
      'Webhook',
      'Page Acme (1234567890)',
      'Helpdesk main (inbox)',
    ])
    for (const secret of [pageToken, appSecret, 'verify-token']) expect(text).not.toContain(secret)
  })

  it('asks Graph with the token in the header, but for the one call that wants it elsewhere', async () => {
    const url = await webhook()
    await healthy(graph, url)
    await examine({ url })
    const leaking = graph.calls.filter(({ query }) => JSON.stringify(query).includes(pageToken))
    expect(new Set(leaking.map(({ route }) => route))).toEqual(new Set(['GET debug_token']))
    const app = graph.calls.find(({ route }) => route.endsWith('/subscriptions'))
    expect(app?.headers.authorization).toBe(`Bearer ${appId}|${appSecret}`)
  })
})

describe('the config', () => {
  it('that cannot be read is all that is told', async () => {
    const kit = toolsFor(graph)
    const faults = [{ path: 'pages.0.id', message: 'must not hold a colon or a blank' }]
    const load = (): Loaded => ({ ok: false, file: 'f.yaml', faults })
    const exitCode = await runDoctor([], { print: kit.tools.print, load, open: () => kit.tools })
    expect(exitCode).toBe(1)
    expect(kit.text()).toContain('fault    pages.0.id must not hold a colon or a blank.')
    expect(graph.calls).toEqual([])
  })

  it('without a Page, app id and public URL says how to add them', async () => {
    const sections = {
      pages: [],
      meta: { appSecrets: ['a'], verifyToken: 'b', graphUrl: graph.url },
      server: {},
    }
    const { of, exitCode, json } = await examine({ sections })
    expect(of('config')).toMatchObject({ level: 'fault', remedy: expect.stringContaining('pages:') })
    expect(of('app.id')).toMatchObject({ level: 'warning', remedy: expect.stringContaining('meta:') })
    expect(of('callback.url')).toMatchObject({
      level: 'warning',
      remedy: expect.stringContaining('publicUrl:'),
    })
    expect([exitCode, json.ok]).toEqual([1, false])
  })
})

describe('Redis', () => {
  const view = {
    version: '7.2.4',
    durabilityFaults: ['appendonly is off: set `appendonly yes`'],
    fsync: 'everysec',
    aofWriteOk: false,
    usedShare: 0.8,
    clockAheadMs: -900,
  }
  it('that would lose, is full, or has another time is told', async () => {
    const { of } = await examine({ more: { redis: () => Promise.resolve(view) } })
    expect(of('redis.durable')).toMatchObject({
      level: 'fault',
      message: expect.stringContaining('appendonly is off'),
    })
    expect(of('redis.disk')?.level).toBe('fault')
    expect(of('redis.memory')?.message).toContain('80 %')
    expect(of('redis.clock')?.message).toContain('900 ms')
  })

  it('that is not there is told without its URL', async () => {
    const gone = () => Promise.reject(new Error('connect redis://user:password@host'))
    const more = { redis: gone, lastDeliveryAt: gone, stopped: gone, openHelpdesk: gone }
    const { of, text } = await examine({ more })
    expect(of('redis.reachable')?.level).toBe('fault')
    expect(of('helpdesk.main')).toMatchObject({ remedy: expect.stringContaining('Redis above') })
    expect(text).not.toContain('user:password')
  })

  it('that syncs every second gets the command', async () => {
    const redis = () => Promise.resolve({ ...view, durabilityFaults: [] })
    const { of } = await examine({ more: { redis } })
    expect(of('redis.durable')).toMatchObject({
      level: 'warning',
      commands: ['redis-cli CONFIG SET appendfsync always'],
    })
  })
})

describe('the clock', () => {
  it.each([
    [now - 3000, 'ok', 'agrees'],
    [now + 42_000, 'warning', "differs from Graph's by 42 s"],
  ])('of Graph at %s', async (clock, level, message) => {
    graph.setClock(clock)
    expect((await examine()).of('graph.clock')).toMatchObject({
      level,
      message: expect.stringContaining(message),
    })
  })

  it('is not known where Graph cannot be reached', async () => {
    const meta = { appSecrets: ['a'], verifyToken: 'b', graphUrl: `http://127.0.0.1:${await closedPort()}` }
    expect((await examine({ sections: { meta } })).of('graph.clock')?.remedy).toContain('meta.graphUrl')
  })
})

describe('the app', () => {
  it('whose secret is wrong', async () => {
    graph.on(`GET ${appId}/subscriptions`, refuse(190))
    const { of } = await examine()
    expect(of('app.secret')).toMatchObject({
      level: 'fault',
      remedy: expect.stringContaining('basic settings'),
    })
  })

  it('whose deliveries go elsewhere', async () => {
    const url = await webhook()
    await healthy(graph, 'https://old.example')
    const { of } = await examine({ url })
    expect(of('app.subscription.page')).toMatchObject({
      level: 'fault',
      message: expect.stringContaining('https://old.example/webhooks/meta'),
      commands: ['node src/main.ts subscribe'],
    })
  })

  it.each([
    [[], 'fault', 'messages'],
    [['messages', 'message_echoes', 'messaging_postbacks'], 'warning', 'message_reads'],
  ])('that is subscribed to %j only', async (fields, level, missing) => {
    const url = await webhook()
    await healthy(graph, url)
    const callback_url = `${url}/webhooks/meta`
    graph.on(`GET ${appId}/subscriptions`, { data: [{ object: 'page', callback_url, active: true, fields }] })
    const { of } = await examine({ url })
    expect(of('app.subscription.page')).toMatchObject({ level, message: expect.stringContaining(missing) })
  })

  it('whose subscription is switched off or missing', async () => {
    graph.on(`GET ${appId}/subscriptions`, { data: [{ object: 'page', callback_url: 'x', active: false }] })
    expect((await examine()).of('app.subscription.page')?.message).toContain('switched off')
    graph.on(`GET ${appId}/subscriptions`, { data: [] })
    expect((await examine()).of('app.subscription.page')?.message).toContain(
      'not subscribed to page webhooks',
    )
  })
})

describe('the webhook', () => {
  it.each([
    [{ get: [403] as [number] }, 'callback.verify', 'refuses the verify token'],
    [{ get: [200, 'welcome'] as [number, string] }, 'callback.verify', 'and not with the challenge'],
    [{ get: [302] as [number] }, 'callback.verify', 'with 302'],
    [{ post: 200 }, 'callback.signature', 'is not deskbridge'],
    [{ post: 404 }, 'callback.signature', 'answered 404'],
    [{ post: 429 }, 'callback.signature', '429'],
  ])('that answers %j', async (answers, check, message) => {
    const { of } = await examine({ url: await webhook(answers) })
    expect(of(check)).toMatchObject({ message: expect.stringContaining(message), remedy: expect.any(String) })
  })

  it('that is not there is told once, without the verify token', async () => {
    const url = `http://127.0.0.1:${await closedPort()}`
    const { shown, text } = await examine({ url })
    expect(shown.filter((line) => line.includes('cannot be reached from this machine'))).toHaveLength(1)
    expect(text).toContain('ECONNREFUSED')
    expect(text).not.toContain('verify-token')
  })
})

describe('a check', () => {
  it('that hangs ends in its time, and does not hold up the others', async () => {
    const redis = () => new Promise<never>(() => {})
    const { json, of } = await examine({ more: { redis, timeoutMs: 300 } })
    expect(of('time')?.message).toContain('was not finished')
    expect(json.sections).toHaveLength(6)
  })

  it('that throws is a finding, without its words', async () => {
    const stopped = () => {
      throw new TypeError(`secret ${pageToken}`)
    }
    const { of, text } = await examine({ more: { stopped } })
    expect(of('check')?.message).toBe('This check failed (TypeError).')
    expect(text).not.toContain(pageToken)
  })
})
