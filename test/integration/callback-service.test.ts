import { expect, it } from 'vitest'
import { conversations } from '../../src/records/conversations.ts'
import { poll } from '../support/poll.ts'
import { useRedis } from '../support/redis.ts'
import { apiKey, configWith, conversation, pageId, startService } from '../support/service.ts'

const redis = useRedis()
const secret = 'secret-in-the-path-0123456789abcdef'

/** What a scrip of Request Tracker posts, which stands for any helpdesk that signs nothing. */
const correspondence = JSON.stringify({
  ticket: 7,
  transaction: 42,
  type: 'Correspond',
  at: new Date().toISOString(),
  creator: { name: 'kim', realName: 'Kim Berg' },
  parts: [{ id: 1, type: 'text/plain', text: 'It leaves today.' }],
})

it('the whole service takes a callback, counts it, and never says its path', async () => {
  const service = await startService(
    configWith(redis.url, {
      redis: { url: redis.url, prefix: 'whole' },
      pages: [{ id: pageId, name: 'Acme', accessToken: 'token-of-the-page', helpdesk: 'desk' }],
      helpdesks: {
        desk: {
          adapter: 'rt',
          url: 'http://127.0.0.1:9',
          user: 'deskbridge',
          token: 'token-of-rt',
          queue: 'General',
          callbackSecrets: [secret],
          allowPrivateNetwork: true,
        },
      },
      apiKeys: [{ id: 'all', key: apiKey, scopes: ['conversations:read', 'replies:write'] }],
    }),
  )
  const keep = { prefix: 'whole', conversationMs: 600_000, replyMs: 600_000, windowOpening: () => null }
  await conversations(redis.client, keep).keepTicket(conversation, 'desk', '7')
  const post = (path: string, body: string) => fetch(`${service.url}${path}`, { method: 'POST', body })

  expect((await post(`/callbacks/desk/${secret}`, correspondence)).status).toBe(200)
  expect((await post(`/callbacks/desk/${secret}`, correspondence)).status).toBe(200)
  expect((await post(`/callbacks/desk/${secret}`, 'no json')).status).toBe(422)
  expect((await post(`/callbacks/desk/${secret}x`, correspondence)).status).toBe(401)
  expect((await post('/callbacks/main', correspondence)).status).toBe(404)
  redis.server.freeze()
  const refused = await post(`/callbacks/desk/${secret}`, correspondence)
  redis.server.thaw()
  expect(refused.status).toBe(503)

  const metrics = await poll(
    async () => (await fetch(`${service.adminUrl}/metrics`)).text(),
    (text) => text.includes('deskbridge_redis_up 1'),
  )
  for (const line of [
    'deskbridge_callbacks_total{helpdesk="desk",result="accepted"} 2',
    'deskbridge_callbacks_total{helpdesk="desk",result="invalid"} 1',
    'deskbridge_callbacks_total{helpdesk="desk",result="unsigned"} 1',
    'deskbridge_callbacks_total{helpdesk="desk",result="refused"} 1',
    'deskbridge_helpdesk_events_total{helpdesk="desk",result="reply"} 1',
    'deskbridge_helpdesk_events_total{helpdesk="desk",result="repeated"} 1',
  ]) {
    expect(metrics).toContain(line)
  }
  // Nothing answers at the helpdesk, which its poll finds out.
  const unpolled = ({ msg }: Record<string, unknown>) => String(msg).includes('could not be polled')
  expect(await service.line(unpolled)).toMatchObject({ helpdesk: 'desk', code: 'HELPDESK_SILENT' })
  expect(await service.stop()).toBe(0)
  const said = JSON.stringify(service.lines)
  for (const unsaid of [secret, 'It leaves today.', 'token-of-rt'])
    expect(said + metrics).not.toContain(unsaid)
})
