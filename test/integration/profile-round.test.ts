import { expect, it, onTestFinished } from 'vitest'
import { scopes } from '../../src/config/schema.ts'
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

const redis = useRedis({ extraArgs: ['--rdbcompression', 'no'] })

it('a name is asked for once, shown where agents look, and erased with the person', async () => {
  const meta = await startSimulator({
    port: 0,
    appSecret,
    pages: [{ id: pageId, accessToken: 'token-of-the-page' }],
    windows: 'open',
  })
  onTestFinished(() => meta.close())
  const config = configWith(redis.url, {
    meta: { appSecrets: [appSecret], verifyToken: 'verify-token', graphUrl: meta.url },
    apiKeys: [{ id: 'all', key: apiKey, scopes: [...scopes] }],
  })
  const service = await startService(config)
  // A worker beside it, that splits and looks up as well.
  const second = await startService(config, { role: 'worker' })
  meta.pointAt(`${service.url}/webhooks/meta`)
  meta.person({
    pageId,
    psid,
    profile: {
      name: 'Zerlina Canary',
      first_name: 'Zerlina',
      last_name: 'Canary',
      profile_pic: 'https://cdn/z',
    },
  })
  // The name comes late: the text must not wait for it.
  meta.fail({ path: 'person', delayMs: 1500 })
  const rest = async (path: string) =>
    (await (await service.rest('GET', path)).json()) as Record<string, unknown>
  const inbox = () => rest(`/v1/inbox/conversations/${conversation}`)

  await Promise.all(['one', 'two', 'three'].map((text) => meta.write({ pageId, psid, text })))
  const early = await poll(inbox, ({ lastText }) => lastText !== undefined)
  expect(early).not.toHaveProperty('customerName')
  expect(await rest(`/v1/conversations/${conversation}`)).toMatchObject({ customer: null })

  const late = await poll(inbox, ({ customerName }) => customerName !== undefined)
  expect(late).toMatchObject({ customerName: 'Zerlina Canary', customerPicture: 'https://cdn/z' })
  expect(await rest('/v1/inbox/conversations')).toMatchObject({
    conversations: [{ customerName: 'Zerlina Canary' }],
  })
  expect(await rest(`/v1/conversations/${conversation}`)).toMatchObject({
    customer: { firstName: 'Zerlina', lastName: 'Canary', pictureUrl: 'https://cdn/z', username: null },
  })
  const { mid } = await meta.write({ pageId, psid, text: 'four' })
  await meta.write({ pageId, psid, reaction: { mid, emoji: '❤' } })
  await poll(inbox, (one) => JSON.stringify(one['messages']).includes('Zerlina reacted'))
  expect(meta.stats().pages[pageId]?.calls['page']).toBe(1)

  const lines = JSON.stringify([...service.lines, ...second.lines])
  expect(lines).not.toMatch(/Zerlina|Canary/)
  expect(lines).not.toContain(psid)
  const metrics = await (await fetch(`${service.adminUrl}/metrics`)).text()
  const others = await (await fetch(`${second.adminUrl}/metrics`)).text()
  const counted = `${metrics}${others}`.match(
    /deskbridge_profile_lookups_total\{[^}]*result="known"[^}]*\} 1/g,
  )
  expect(counted).toHaveLength(1)

  // Of somebody else nothing is known yet: Meta is to be asked once more, in minutes, when they are erased.
  const other = '2400000000000088'
  meta.fail({ path: 'person', psid: other, error: { code: 190, error_subcode: 460 } })
  await meta.write({ pageId, psid: other, text: 'hello' })
  await poll(
    () => redis.client.zcard('deskbridge:{queue}:profiles:delayed'),
    (count) => count === 1,
  )
  await poll(
    () => service.rest('GET', `/v1/inbox/conversations/${pageId}:${other}`),
    ({ status }) => status === 200,
  )
  for (const customer of [conversation, `${pageId}:${other}`]) {
    const erased = await service.rest('POST', `/v1/customers/${customer}/erase`, {})
    expect(await erased.json()).toMatchObject({ complete: true })
  }
  const left: string[] = []
  for await (const keys of redis.client.scanStream({ count: 1000 })) {
    for (const key of keys as string[]) {
      const dump = await redis.client.dumpBuffer(key)
      const holds = (text: string) => key.includes(text) || (dump?.includes(text) ?? false)
      if ([psid, other, 'Zerlina'].some(holds)) left.push(key)
    }
  }
  expect(left).toEqual([])
}, 60_000)
