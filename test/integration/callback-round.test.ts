import { expect, it, onTestFinished } from 'vitest'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { vendors } from '../support/callback-proofs.ts'
import { poll } from '../support/poll.ts'
import { useRedis } from '../support/redis.ts'
import { appSecret, configWith, pageId, psid, startService } from '../support/service.ts'
import { apiToken, openZendesk, signingSecret } from '../support/vendors/zendesk.ts'

/** The service as a process, the simulator in Meta's place, and the stand-in in Zendesk's. */

const redis = useRedis()

it('an automation that is faster than we are is heard, and a file of an internal note is not', async () => {
  const zendesk = await openZendesk()
  const meta = await startSimulator({
    port: 0,
    appSecret,
    pages: [{ id: pageId, accessToken: 'token-of-the-page' }],
  })
  onTestFinished(async () => {
    await meta.close()
    await zendesk.server.close()
    await zendesk.adapter.close()
  })
  const service = await startService(
    configWith(redis.url, {
      server: { publicUrl: 'https://bridge.example' },
      meta: { appSecrets: [appSecret], verifyToken: 'verify-token', graphUrl: meta.url },
      helpdesks: {
        main: {
          adapter: 'zendesk',
          url: zendesk.server.url,
          email: 'desk@acme.example',
          apiToken,
          userId: zendesk.account.api.id,
          callbackSecrets: [signingSecret],
          allowPrivateNetwork: true,
        },
      },
    }),
  )
  meta.pointAt(`${service.url}/webhooks/meta`)
  async function tell(event: unknown): Promise<number> {
    const body = Buffer.from(JSON.stringify(event))
    const { headers } = vendors.zendesk(body, signingSecret, Date.now())
    const answer = await fetch(`${service.url}/callbacks/main`, {
      method: 'POST',
      body,
      headers: headers as Record<string, string>,
    })
    return answer.status
  }
  const { account } = zendesk

  // Whichever of these ids the ticket gets: its greeting is here before the ticket is.
  const first = account.next() + 1
  for (let id = first; id < first + 30; id++) {
    const comment = {
      id: String(900_000 + id),
      body: `Hello from ${id}`,
      is_public: true,
      author: { id: '-1', is_staff: false },
    }
    const detail = {
      id: String(id),
      external_id: `deskbridge:${pageId}:${psid}`,
      actor_id: '-1',
      requester_id: '5',
    }
    const type = 'zen:event-type:ticket.comment_added'
    expect(await tell({ type, detail, event: { comment }, time: new Date().toISOString() })).toBe(200)
  }
  expect((await redis.keys('deskbridge:unclaimed:main:*')).length).toBe(30)
  await meta.write({ pageId, psid, text: 'Where is my parcel?' })
  const [ticket] = await poll(
    () => Promise.resolve(account.tickets),
    (all) => all.length === 1,
  )
  const sent = () => Promise.resolve(JSON.stringify(meta.sent))
  await poll(sent, (all) => all.includes(`Hello from ${ticket!.id}`))
  expect((await sent()).match(/Hello from/g)).toHaveLength(1)
  expect(await redis.keys(`deskbridge:unclaimed:main:${ticket!.id}`)).toEqual([])

  const agent = account.user('Bea')
  const before = account.events.length
  const files = [{ id: 4000, name: 'secret.png', type: 'image/png' }]
  account.update(agent, ticket!, { comment: { author: agent, body: 'for us', public: false, files } })
  meta.fail({ error: { code: 100, error_subcode: 2018047 } })
  for (const { event } of account.events.slice(before)) expect(await tell(event)).toBe(200)
  const metrics = await poll(
    async () => (await fetch(`${service.adminUrl}/metrics`)).text(),
    (text) => text.includes('deskbridge_replies_refused_total{code="FILE_PRIVATE"} 1'),
  )
  expect(metrics).toContain('deskbridge_helpdesk_events_total{helpdesk="main",result="unknown"} 30')
  expect(metrics).toContain('deskbridge_dead_letters 0')
  expect(JSON.stringify(ticket!.comments)).not.toContain('Not sent')
  expect(await (await service.rest('GET', '/v1/dead-letters')).json()).toMatchObject({ total: 0 })
  expect(zendesk.server.faults()).toEqual([])
}, 60_000)
