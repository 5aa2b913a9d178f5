import fastify from 'fastify'
import type { SimulatedPage } from './check-send.ts'
import { createFaults, type FaultInput } from './faults.ts'
import { graphRoutes } from './graph-routes.ts'
import { messengerRoutes } from './messenger-routes.ts'
import { createMessenger, type SentMessage, type ShownMessage, type Written } from './messenger.ts'
import { createWebhookClient, type WebhookAnswer } from './webhook-client.ts'

export type SimulatorOptions = {
  /** 0 takes any free one. */
  port: number
  appSecret: string
  verifyToken?: string
  pages: readonly SimulatedPage[]
  /** May be given later with pointAt(), when the service does not stand yet. */
  webhookUrl?: string
  log?: (line: string) => void
  host?: string
  appId?: number
  /** false: as if the Page had not subscribed message_echoes. */
  echoes?: boolean
  /** Pauses before each new try of a delivery that was not answered 200; empty for none. */
  redeliverAfterMs?: readonly number[]
}

/** Graph and everybody's Messenger, in one process, for the demo, the tests and the benchmarks. */
export type Simulator = {
  url: string
  /** Every message of a Page that was taken, oldest first; it grows. */
  sent: readonly SentMessage[]
  shown(whose?: { psid?: string; pageId?: string }): ShownMessage[]
  write(written: Written): Promise<{ mid: string; webhook: WebhookAnswer }>
  redeliver(mid: string): Promise<WebhookAnswer> | undefined
  /** Posts any bytes as a signed delivery. */
  post(bytes: Buffer): Promise<WebhookAnswer>
  verify(challenge: string): Promise<WebhookAnswer & { verified: boolean }>
  fail(fault: FaultInput): void
  pointAt(webhookUrl: string): void
  /** Resolves when no echo is on its way any more. */
  idle(): Promise<void>
  close(): Promise<void>
}

export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { port, appSecret, verifyToken, pages, log = () => {}, host = '127.0.0.1' } = options
  const { appId = 987654321012345, echoes = true, redeliverAfterMs = [100, 500, 2000] } = options
  let webhookUrl = options.webhookUrl
  const end = new AbortController()
  const closing = end.signal
  const underWay = new Set<Promise<unknown>>()
  const track = (work: Promise<unknown>) => {
    underWay.add(work)
    void work.finally(() => underWay.delete(work))
  }

  const webhook = createWebhookClient({
    webhookUrl: () => webhookUrl,
    appSecret,
    redeliverAfterMs,
    closing,
    log,
  })
  const messenger = createMessenger({ webhook, appId, now: Date.now })
  const faults = createFaults()

  const app = fastify({ forceCloseConnections: true })
  await app.register(messengerRoutes, { prefix: '/_sim', pages, messenger, faults, webhook, verifyToken })
  await app.register(graphRoutes, { appSecret, pages, messenger, faults, echoes, closing, track, log })
  const url = await app.listen({ port, host })

  async function idle(): Promise<void> {
    while (underWay.size > 0) await Promise.allSettled(underWay)
  }

  return {
    url,
    sent: messenger.sent,
    shown: messenger.shown,
    write: messenger.write,
    redeliver: messenger.redeliver,
    post: webhook.post,
    verify: (challenge) => webhook.verify(verifyToken ?? '', challenge),
    fail: faults.plan,
    pointAt(url) {
      webhookUrl = url
    },
    idle,
    async close() {
      end.abort()
      await app.close()
      await idle()
    },
  }
}
