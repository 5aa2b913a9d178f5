import { expect, it, onTestFinished } from 'vitest'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { poll } from '../support/poll.ts'
import { useRedis } from '../support/redis.ts'
import { appSecret, configWith, pageId, psid, startService } from '../support/service.ts'
import { openSalesforce } from '../support/vendors/salesforce.ts'

/** The service as a process, the simulator in Meta's place, and the stand-in in Salesforce's. */

const redis = useRedis()

it('a customer writes, an agent answers in Salesforce, and the customer has it', async () => {
  const salesforce = await openSalesforce({ replies: 'poll', settings: { pollSeconds: 5 } })
  const meta = await startSimulator({
    port: 0,
    appSecret,
    pages: [{ id: pageId, accessToken: 'token-of-the-page' }],
  })
  onTestFinished(async () => {
    await meta.close()
    await salesforce.close()
    await salesforce.adapter.close()
  })
  const service = await startService(
    configWith(redis.url, {
      redis: { url: redis.url, prefix: 'salesforce' },
      meta: { appSecrets: [appSecret], verifyToken: 'verify-token', graphUrl: meta.url },
      helpdesks: { main: salesforce.settings },
    }),
  )
  meta.pointAt(`${service.url}/webhooks/meta`)
  await meta.write({ pageId, psid, text: 'Where is my parcel?' })
  const seen = () => Promise.resolve(salesforce.tickets())
  const [ticket] = await poll(seen, ([one]) => one?.entries.some(({ from }) => from === 'customer') === true)
  expect(ticket!.entries.map(({ text }) => text).join()).toContain('Where is my parcel?')
  // The first look only begins; what was there before it is no news.
  await poll(
    () => Promise.resolve(salesforce.server.exchanges.some(({ route }) => route.endsWith('/query'))),
    Boolean,
  )
  salesforce.write(ticket!.id, { text: 'It leaves today.' })
  await poll(
    () => Promise.resolve(JSON.stringify(meta.sent)),
    (sent) => sent.includes('It leaves today.'),
    20_000,
  )
  expect(salesforce.server.faults()).toEqual([])
}, 60_000)
