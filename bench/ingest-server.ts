import { delivery } from '../src/queue/journal.ts'
import { ingestConnection } from '../src/queue/connections.ts'
import { openQueue } from '../src/queue/queues.ts'
import { publicServer } from '../src/http/public-server.ts'
import type { WebhookDeps } from '../src/http/webhook-routes.ts'
import { appSecret } from './support/deliveries.ts'

/**
 * What ours is compared with, in a process of its own: the same server with the same route, raw body and signature
 * check. `node ingest-server.ts no-store` answers at once; `… add-per-event <redis url>` adds one BullMQ job first.
 */

type Journal = WebhookDeps['journal']

/** With the same connection and queue settings as ours, so that only the number of adds differs. */
function addPerEvent(redisUrl: string): Journal {
  const queue = openQueue('events', ingestConnection(redisUrl), 'bench-plain')
  return async (body, receivedAt) => {
    await queue.add('event', delivery(body, receivedAt))
  }
}

function never(): Promise<never> {
  return Promise.reject(new Error('the benchmark calls only the webhook'))
}

async function serve(journal: Journal): Promise<number> {
  const { app } = await publicServer({
    webhook: {
      appSecrets: [appSecret],
      verifyToken: 'bench',
      bodyLimit: 4 * 1024 * 1024,
      badSignaturesPerMinute: 100,
      journal,
      refusal: () => undefined,
      onDelivery: () => {},
      trace: () => {},
    },
    privacy: {
      appSecrets: [],
      publicUrl: undefined,
      badSignaturesPerMinute: 100,
      deletions: { receive: never, get: never },
      eraseKnown: () => {},
      onRequest: () => {},
    },
    callbacks: {
      callbacks: new Map(),
      acceptCallback: never,
      fileLinks: undefined,
      agentFile: () => undefined,
      onCallback: () => {},
    },
    pages: new Map(),
    accept: never,
    reply: never,
    notDurable: () => undefined,
    conversations: { get: never },
    people: { customer: never },
    comments: { find: never, newest: never },
    privateReplies: { linkedTo: never },
    routeMemories: { of: never },
    timeline: { page: never },
    noteTicketStatus: never,
    laneStatuses: { of: never },
    deadLetters: { list: never, get: never, erase: never },
    replay: never,
    answers: null,
    stops: { all: never, end: never, parked: never },
    uploads: { get: never, keep: never },
    attachments: null,
    upload: never,
    graph: { call: never },
    wake: never,
    consents: { note: never, list: never },
    deletions: { get: never, list: never, finish: never },
    erase: never,
    stopping: AbortSignal.abort(),
    now: Date.now,
    inboxes: [],
    apiKeys: [],
    trustProxy: [],
    limits: null,
    restPerMinute: 600,
    isStoreError: () => false,
    log: console,
  })
  return Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port)
}

const [kind, redisUrl = ''] = process.argv.slice(2)
const journal: Journal = kind === 'add-per-event' ? addPerEvent(redisUrl) : () => Promise.resolve()
process.on('disconnect', () => process.exit(0))
process.send?.({ port: await serve(journal) })
