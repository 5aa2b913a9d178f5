import fastify from 'fastify'
import { createAccess } from './access.ts'
import { createComments, type Comment } from './comments.ts'
import { createControls, type Controls } from './controls.ts'
import type { PageCounts } from './counts.ts'
import { createCustomer } from './customer.ts'
import { createFaults, type FaultInput } from './faults.ts'
import { createGraphCalls } from './graph-calls.ts'
import { graphRoutes } from './graph-routes.ts'
import { createHolds } from './holds.ts'
import { createMessageStore, type SentMessage, type ShownMessage, type Whose } from './message-store.ts'
import { createMessenger } from './messenger.ts'
import { createOutbox, type OutboxCounts } from './outbox.ts'
import { createPages, type SimulatedPage } from './pages.ts'
import { createPeople } from './people.ts'
import { createPersonas } from './personas.ts'
import { simulatorRoutes } from './simulator-routes.ts'
import { createTemplates } from './templates.ts'
import { createThreadControl } from './thread-control.ts'
import { createThreads } from './threads.ts'
import { createUploads } from './uploads.ts'
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
  /** The app that idle threads belong to: ourselves by default; null: none, and everybody may answer. */
  defaultAppId?: number | null
  /** `open`: everybody counts as having just written, until a test says otherwise. */
  windows?: 'enforced' | 'open'
  /** `off`: as many calls as anybody likes. */
  limits?: 'enforced' | 'off'
  /** `none`: as if the app might not read profiles. */
  profiles?: 'given' | 'none'
  /** false: as if the Page had not subscribed message_echoes. */
  echoes?: boolean
  /** The same for message_deliveries. */
  deliveries?: boolean
  /** How many messages are remembered, and how many people, comments and files. */
  keep?: number
  /** Pauses before each new try of a delivery that was not answered 200; empty for none. */
  redeliverAfterMs?: readonly number[]
  /** ms since the epoch. */
  now?: () => number
}

export type Stats = {
  pages: Record<string, PageCounts>
  /** Deliveries posted, the events in them, those never answered 200, and those that wait. */
  webhook: OutboxCounts
}

/** Graph and everybody's Messenger, in one process, for the demo, the tests and the benchmarks. */
export type Simulator = Controls & {
  url: string
  /** Every message of a Page that was taken, oldest first; it grows until there are `keep` and a quarter more. */
  sent: readonly SentMessage[]
  shown(whose?: Whose): ShownMessage[]
  /** Comments and posts of visitors, oldest first, with what became of them. */
  comments(pageId?: string): Comment[]
  redeliver(mid: string): Promise<WebhookAnswer> | undefined
  /** Posts any bytes as a signed delivery. */
  post(bytes: Buffer): Promise<WebhookAnswer>
  verify(challenge: string): Promise<WebhookAnswer & { verified: boolean }>
  fail(fault: FaultInput): void
  stats(): Stats
  resetStats(): void
  pointAt(webhookUrl: string): void
  /** Resolves when no news is on its way to the webhook any more. */
  idle(): Promise<void>
  close(): Promise<void>
}

export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { port, appSecret, verifyToken, log = () => {}, host = '127.0.0.1', now = Date.now } = options
  const { appId = 987654321012345, defaultAppId = appId, keep = 100_000 } = options
  const { echoes = true, deliveries = true, redeliverAfterMs = [100, 500, 2000] } = options
  const windows = options.windows !== 'open'
  let url: string | undefined = options.webhookUrl
  const webhookUrl = () => url
  const pointAt = (webhookUrl: string) => void (url = webhookUrl)
  const end = new AbortController()
  const closing = end.signal

  const webhook = createWebhookClient({ webhookUrl, appSecret, redeliverAfterMs, closing, log })
  const outbox = createOutbox({ webhook, now, closing })
  const pages = createPages(options.pages, { appSecret, now, limited: options.limits !== 'off' })
  const people = createPeople(keep)
  const store = createMessageStore(keep)
  const uploads = createUploads(keep)
  const [personas, templates] = [createPersonas(), createTemplates()]
  const threads = createThreads({ appId, defaultAppId, now })
  const threadControl = createThreadControl({ pages, outbox, threads, now })
  const comments = createComments({ pages, outbox, keep, now })
  const customer = createCustomer({ pages, people, store, outbox, threads, windows, now })
  const messenger = createMessenger({ pages, store, outbox, webhook, appId, echoes, deliveries, now })
  const world = { pages, people, comments, templates, uploads, threads, threadControl, messenger, store, now }
  const controls = createControls({ ...world, customer })
  const faults = createFaults()
  const access = createAccess({ pages, appId, appSecret, now })
  const calls = createGraphCalls({ access, faults, closing, log })
  const holds = createHolds()

  function stats(): Stats {
    const counts = pages.all().map((page) => [page.id, page.counts.read()] as const)
    return { pages: Object.fromEntries(counts), webhook: outbox.read() }
  }

  function resetStats(): void {
    for (const page of pages.all()) page.counts.reset()
    outbox.reset()
  }

  const app = fastify({ forceCloseConnections: true })
  const sim = { controls, messenger, store, comments, faults, webhook, verifyToken, stats, resetStats }
  await app.register(simulatorRoutes, { prefix: '/_sim', ...sim })
  const profiles = options.profiles !== 'none'
  const graph = { ...world, calls, personas, webhook, webhookUrl, pointAt, appId, windows, profiles, log }
  await app.register(graphRoutes, { ...graph, hold: holds.hold })
  const address = await app.listen({ port, host })

  async function idle(): Promise<void> {
    await holds.none()
    await outbox.idle()
  }

  return {
    ...controls,
    url: address,
    sent: store.sent,
    shown: store.shown,
    comments: comments.list,
    redeliver: messenger.redeliver,
    post: webhook.post,
    verify: (challenge) => webhook.verify(verifyToken ?? '', challenge),
    fail: faults.plan,
    stats,
    resetStats,
    pointAt,
    idle,
    async close() {
      end.abort()
      await app.close()
      await idle()
    },
  }
}
