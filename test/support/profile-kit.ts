import type { Redis } from 'ioredis'
import { onTestFinished } from 'vitest'
import type { DomainEvent } from '../../src/domain/event.ts'
import type { Page } from '../../src/domain/page.ts'
import type { HelpdeskAdapter } from '../../src/helpdesk/adapter.ts'
import { inboxHelpdesk } from '../../src/helpdesk/inbox/adapter.ts'
import { inboxStore } from '../../src/helpdesk/inbox/store.ts'
import { gather } from '../../src/lanes/gather.ts'
import { graphClient } from '../../src/meta/graph-client.ts'
import { windowOpening } from '../../src/meta/policy/window.ts'
import { workerConnection } from '../../src/queue/connections.ts'
import { lookupQueue } from '../../src/queue/lookup-queue.ts'
import { lookupWorker } from '../../src/queue/lookup-worker.ts'
import { budgets } from '../../src/records/budgets.ts'
import { conversations } from '../../src/records/conversations.ts'
import { people } from '../../src/records/people.ts'
import { lookUpPerson } from '../../src/routing/look-up-person.ts'
import type { LookupDeps } from '../../src/routing/look-up-person.ts'
import { wantProfiles } from '../../src/routing/want-profiles.ts'
import type { WantDeps } from '../../src/routing/want-profiles.ts'
import { startSimulator } from '../../src/simulator/simulator.ts'
import type { SimulatorOptions } from '../../src/simulator/simulator.ts'
import { laneKit, memoryLog, noTrace } from './lane-kit.ts'
import { page as basePage } from './lane-replies.ts'

export const pageId = '1234567890'
export const psid = '2400000000000001'
export const ada = `${pageId}:${psid}`

const appSecret = 'app-secret-of-the-test'
const second = { limit: 100, windowMs: 1000 }
const limits = {
  text: second,
  media: second,
  privateReply: second,
  profile: second,
  conversations: second,
  lookups: second,
}

/** All of looking people up, against the simulator and a real Redis, under a prefix of the test's own. */
export async function profileKit(
  { client: redis, url }: { client: Redis; url: string },
  more: {
    page?: Partial<Page>
    deps?: Partial<LookupDeps>
    lookups?: { limit: number; windowMs: number }
    simulator?: Partial<SimulatorOptions>
    helpdesk?: HelpdeskAdapter
  } = {},
) {
  const kit = laneKit(redis)
  const { prefix } = kit
  const page: Page = { ...basePage, id: pageId, accessToken: 'token-of-the-page', ...more.page }
  const meta = await startSimulator({
    port: 0,
    appSecret,
    pages: [{ id: pageId, accessToken: page.accessToken, channel: page.channel }],
    windows: 'open',
    ...more.simulator,
  })
  const graph = graphClient({ graphUrl: meta.url, graphVersion: 'v26.0', appSecret, timeoutMs: 4000 })
  const records = people(redis, { prefix, profileMs: 60_000 })
  const inbox = inboxStore(redis, { prefix, helpdesk: 'main', retentionDays: 1 })
  const known = conversations(redis, { prefix, conversationMs: 60_000, replyMs: 60_000, windowOpening })
  const queue = lookupQueue(redis, prefix)
  const pages = new Map([[pageId, page]])
  const log = memoryLog()
  const results: string[] = []
  const lookUp = lookUpPerson({
    pages,
    helpdesks: new Map([['main', more.helpdesk ?? inboxHelpdesk(inbox)]]),
    people: records,
    conversations: known,
    budgets: budgets(
      redis,
      {
        prefix,
        limits: { ...limits, lookups: more.lookups ?? second },
        marginPercent: 1,
        slowFromPercent: 80,
      },
      gather,
    ),
    graph,
    stops: { stopped: () => [] },
    onLookedUp: (result) => void results.push(result),
    trace: noTrace,
    log,
    now: Date.now,
    ...more.deps,
  })
  const closing: (() => Promise<void>)[] = []
  onTestFinished(async () => {
    await Promise.all(closing.map((close) => close()))
    await Promise.all([queue.close(), graph.close(), meta.close()])
  })
  /** What one process wants to know. */
  const wants = (refusing: Partial<WantDeps['people']> = {}) =>
    wantProfiles({ pages, people: { ...records, ...refusing }, add: queue.add, log, now: Date.now })
  const own = wants()

  return {
    meta,
    redis,
    prefix,
    page,
    people: records,
    conversations: known,
    inbox,
    queue,
    log,
    results,
    wants,
    lookUp: (id = ada, since = Date.now()) =>
      lookUp(id, { failed: 0, since, signal: new AbortController().signal }),
    /** What the splitter does. */
    async heard(...events: DomainEvent[]): Promise<void> {
      const strangers = await own.strangers(events)
      if (strangers.length > 0) await own.lookUp(strangers)
    },
    work() {
      const connection = workerConnection(url)
      const worker = lookupWorker({ connection, prefix, concurrency: 8, lookUp, log, random: () => 0 })
      closing.push(() => worker.close().then(() => connection.disconnect()))
    },
    asked: () => meta.stats().pages[pageId]?.calls['page'] ?? 0,
  }
}

let counter = 0

export function wrote(more: Partial<DomainEvent> = {}): DomainEvent {
  counter++
  return {
    id: `evt_${counter}`,
    kind: 'message',
    mid: `m_${counter}`,
    text: 'hello',
    attachments: [],
    pageId,
    conversationId: ada,
    psid,
    timestamp: counter,
    standby: false,
    raw: null,
    ...more,
  } as DomainEvent
}
