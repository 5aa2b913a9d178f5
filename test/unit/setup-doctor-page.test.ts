import { describe, expect, it } from 'vitest'
import {
  all,
  at,
  examine,
  healthy,
  hour,
  onlyHttps,
  scopes,
  seconds,
  token,
  webhook,
} from '../support/setup-doctor-kit.ts'
import { appId, now, page, refuse, useGraph } from '../support/setup-kit.ts'
import type { toolsFor } from '../support/setup-kit.ts'

const graph = useGraph()

describe('a Page', () => {
  async function unwell(change: () => void, more?: Parameters<typeof toolsFor>[1], sections?: object) {
    const url = await webhook()
    await healthy(graph, url)
    change()
    return examine(graph, {
      url,
      ...(more && { more }),
      ...(sections && { sections: { server: { publicUrl: url }, ...sections } }),
    })
  }

  it('whose token is dead has that one fault', async () => {
    const { faults, of } = await unwell(() => graph.on('GET me', refuse(190, 460)))
    expect(faults).toEqual([...onlyHttps, 'page.token'])
    expect(of('page.token')).toMatchObject({
      message: 'Graph refused (code 190, subcode 460).',
      remedy: expect.stringContaining('new Page access token'),
    })
  })

  it('whose token is that of another Page', async () => {
    const { of } = await unwell(() => graph.on('GET me', { id: '99', name: 'Other \u001b[2J' }))
    expect(of('page.token')?.message).toContain('(99), and not to 1234567890')
  })

  it('whose token was made for another app', async () => {
    const { of } = await unwell(() =>
      graph.on('GET debug_token', { data: { ...token, app_id: '1', scopes } }),
    )
    expect(of('page.permissions')).toMatchObject({
      level: 'fault',
      message: expect.stringContaining('another app'),
    })
  })

  it('whose token lacks permissions', async () => {
    const lacking = (has: string[]) => () => graph.on('GET debug_token', { data: { ...token, scopes: has } })
    const none = await unwell(lacking(['pages_messaging']))
    expect(none.of('page.permissions')).toMatchObject({
      level: 'fault',
      message: 'The token lacks pages_manage_metadata.',
    })
    const some = await unwell(lacking(['pages_messaging', 'pages_manage_metadata']))
    expect(some.of('page.permissions')).toMatchObject({
      level: 'warning',
      message: expect.stringContaining('backfill'),
    })
  })

  it.each([
    [{ expires_at: seconds(now + 3 * 86_400_000) }, 'warning', 'The token ends in 3 days.'],
    [{ expires_at: seconds(now + 60 * 86_400_000) }, 'ok', 'The token ends in 60 days.'],
    [{ expires_at: seconds(now - hour) }, 'fault', 'no longer valid'],
    [{ is_valid: false }, 'fault', 'no longer valid'],
    [{ data_access_expires_at: seconds(now - hour) }, 'warning', 'ended 60 min ago'],
    [{}, 'ok', 'The token has no end.'],
  ])('whose token says %j', async (told, level, message) => {
    const { of } = await unwell(() => graph.on('GET debug_token', { data: { ...token, scopes, ...told } }))
    expect(of('page.token-end')).toMatchObject({ level, message: expect.stringContaining(message) })
  })

  it.each([
    [[], 'fault', 'no message reaches the service'],
    [[{ id: '1', subscribed_fields: ['messages'] }], 'fault', 'no message reaches the service'],
    [[{ id: appId, subscribed_fields: ['feed'] }], 'fault', 'not subscribed to messages'],
    [
      [{ id: appId, subscribed_fields: all('messenger').slice(0, -1) }],
      'warning',
      'not subscribed to mention',
    ],
  ])('whose subscriptions are %j', async (data, level, message) => {
    const { of } = await unwell(() => graph.on(`GET ${page.id}/subscribed_apps`, { data }))
    expect(of('page.subscription')).toMatchObject({
      level,
      message: expect.stringContaining(message),
      commands: ['node src/main.ts subscribe --page 1234567890'],
    })
  })

  it('that the service has stopped sending for', async () => {
    const stopped = (reason: 'restricted' | 'token') => () =>
      Promise.resolve({ reason, graph: '10/1893063', since: now - hour })
    const restricted = await unwell(() => {}, { stopped: stopped('restricted') })
    expect(restricted.of('page.restricted')).toMatchObject({
      level: 'fault',
      message: expect.stringContaining('(Graph 10/1893063)'),
    })
    const dead = await unwell(() => {}, { stopped: stopped('token') })
    expect(dead.of('page.sending')?.message).toContain('its token was refused')
  })

  it('that Meta restricts', async () => {
    const { of } = await unwell(() => graph.on('GET me', refuse(10, 1893063)))
    expect(of('page.restricted')?.remedy).toContain('Page Quality')
  })

  it('whose Instagram access is closed', async () => {
    const sections = { pages: [{ ...page, channel: 'instagram' }] }
    const closed = () => graph.on(`GET ${page.id}/conversations`, refuse(200, 2534041))
    const { of } = await unwell(closed, {}, sections)
    expect(of('page.deliveries')).toMatchObject({
      level: 'fault',
      remedy: expect.stringContaining('Allow access'),
    })
  })

  it('of Instagram, through its linked Page, needs any one field there', async () => {
    const sections = { pages: [{ ...page, id: '17841400000000000', channel: 'instagram' }] }
    const { of, faults } = await unwell(
      () => {
        graph.on('GET 1234567890', { instagram_business_account: { id: '17841400000000000' } })
        graph.on(`GET ${page.id}/subscribed_apps`, { data: [{ id: appId, subscribed_fields: ['feed'] }] })
        graph.on(`GET ${appId}/subscriptions`, refuse(4))
        graph.on('GET debug_token', {
          data: {
            ...token,
            scopes: ['instagram_basic', 'instagram_manage_messages', 'pages_manage_metadata'],
          },
        })
      },
      {},
      sections,
    )
    expect(of('page.token')?.message).toContain('the Page 1234567890, which Meta calls Acme Inc., linked')
    expect(of('page.subscription')?.level).toBe('ok')
    expect(of('page.permissions')?.level).toBe('ok')
    expect(faults).not.toContain('page.token')
  })
})

describe('after an outage', () => {
  const subscribe = 'node src/main.ts subscribe --page 1234567890'
  async function after(last: number | null, newest: number, subscribed: boolean) {
    const url = await webhook()
    await healthy(graph, url)
    graph.on(`GET ${page.id}/conversations`, { data: [{ id: 't_1', updated_time: at(newest) }] })
    if (!subscribed) graph.on(`GET ${page.id}/subscribed_apps`, { data: [] })
    const { of } = await examine(graph, { url, more: { lastDeliveryAt: () => Promise.resolve(last) } })
    return of('page.deliveries')
  }

  it('that ended the subscription, both commands are printed', async () => {
    expect(await after(now - 20 * 60_000, now - 5 * 60_000, false)).toMatchObject({
      level: 'fault',
      message: expect.stringContaining('Meta has unsubscribed it'),
      commands: [subscribe, 'node src/main.ts backfill --page 1234567890 --since 2026-11-23T11:35:00Z'],
    })
  })

  it('of more than an hour, they are printed although it is subscribed', async () => {
    expect(await after(now - 2 * hour, now - 5 * 60_000, true)).toMatchObject({
      level: 'fault',
      commands: [subscribe, 'node src/main.ts backfill --page 1234567890 --since 2026-11-23T09:55:00Z'],
    })
  })

  it.each([
    [now - 20 * 60_000, now - 5 * 60_000],
    [now - 5 * hour, now - 5 * hour + 30_000],
    [now - 5 * hour, now - 6 * hour],
    [null, now - 30 * hour],
  ])('a delivery at %s and a message at %s are fine', async (last, newest) => {
    expect(await after(last, newest, true)).toMatchObject({ level: 'ok' })
  })

  it('without any delivery yet, a day is offered', async () => {
    expect(await after(null, now - hour, true)).toMatchObject({
      level: 'warning',
      commands: [subscribe, 'node src/main.ts backfill --page 1234567890 --since 2026-11-22T12:00:00Z'],
    })
  })
})
