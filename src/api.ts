import type { Logger } from 'pino'
import { openAttachments } from './attachments.ts'
import { agentFiles, callbacksOf, openCallbacks } from './callbacks.ts'
import type { Config } from './config/schema.ts'
import type { Page } from './domain/page.ts'
import type { Route } from './domain/route.ts'
import type { Trace } from './domain/stage.ts'
import { openErasing } from './erasures.ts'
import { inboxStore } from './helpdesk/inbox/store.ts'
import { openHelpdesk } from './helpdesk/registry.ts'
import type { Check } from './http/admin-server.ts'
import { publicServer } from './http/public-server.ts'
import { laneOfLetter } from './lanes/dead-letters.ts'
import type { DeadLetter } from './lanes/dead-letters.ts'
import { graphClient } from './meta/graph-client.ts'
import { uploadAttachment } from './meta/upload-attachment.ts'
import type { Metrics } from './metrics.ts'
import { ingestConnection, isReadyWithin, isStoreError } from './queue/connections.ts'
import { delivery, journal } from './queue/journal.ts'
import type { Delivery } from './queue/journal.ts'
import { deliveriesQueue, openQueue } from './queue/queues.ts'
import { watchRedis } from './queue/redis-health.ts'
import { acceptReply } from './routing/accept-reply.ts'
import { logged, openStore } from './store.ts'
import type { Store } from './store.ts'

export interface RoleDeps {
  log: Logger
  trace: Trace
  metrics: Metrics
  /** The Pages and routes of the config; a reload of the config changes what they hold. */
  pages: ReadonlyMap<string, Page>
  routes: readonly Route[]
}

export interface Role {
  checks(): Check[]
  close(): Promise<void>
}

/** The api role: receives deliveries and REST calls, and answers when Redis has what they brought. */
export async function startApi(config: Config, deps: RoleDeps): Promise<Role> {
  const { log, trace, metrics, pages } = deps
  const redis = logged(ingestConnection(config.redis.url), log, 'ingest')
  // Its own connection, with a short patience: a limit that cannot be counted must not slow the call down.
  const limits = logged(ingestConnection(config.redis.url, 250), log, 'limits')
  const store = openStore(redis, config, pages)
  const queue = openQueue(deliveriesQueue, redis, config.redis.prefix)
  const deliveries = journal(queue, (count, ms) => {
    metrics.journalBatch.observe(count)
    metrics.journalSeconds.observe(ms / 1000)
    trace('journal', { deliveries: count, ms: Math.round(ms) })
  })
  const graph = graphClient({ ...config.meta, appSecret: config.meta.appSecrets[0]!, timeoutMs: 4000 })
  const health = watchRedis(redis, config.durability)
  // So that the first call after `listening` is not refused for want of a first look.
  await isReadyWithin(redis, 500)
  await health.look()
  // What is rung for is durable by then, and the timer finds it without: failing would only make the caller do it twice.
  const ring = (lanes: string[]) =>
    store.alarms.ring(lanes).catch((error: unknown) => log.warn({ err: String(error) }, 'alarm not sent'))
  const attachments = openAttachments(redis, config)
  const eraseCopies = attachments ? { eraseCopies: attachments.eraseCopies } : {}
  const erasing = openErasing(redis, config, { pages, store, queue, ring, log, ...eraseCopies })

  // Only for what they call us about, and for the files of their agents: nothing is told to them from here.
  const helpdesks = new Map(
    Object.entries(config.helpdesks).map(([name, settings]) => [
      name,
      openHelpdesk(name, settings, { redis, prefix: config.redis.prefix }),
    ]),
  )
  const accept = acceptReply({ ...store, ring, trace })
  // A helpdesk waits for the answer, and what is durable needs no alarm to be found.
  const ringLater = (lanes: string[]) => Promise.resolve(void ring(lanes))
  const acceptSoon = acceptReply({ ...store, ring: ringLater, trace })
  const callbacks = openCallbacks(config, { pages, store, accept: acceptSoon, metrics, trace })

  const { app } = await publicServer({
    webhook: {
      appSecrets: config.meta.appSecrets,
      verifyToken: config.meta.verifyToken,
      bodyLimit: config.server.webhookBodyLimit,
      badSignaturesPerMinute: config.rateLimit.badSignaturesPerMinute,
      journal: (body, receivedAt) => deliveries.write(delivery(body, receivedAt)),
      refusal: health.refusal,
      onDelivery: (result) => metrics.deliveries.inc({ result }),
      trace,
    },
    privacy: {
      appSecrets: config.meta.appSecrets,
      publicUrl: config.server.publicUrl,
      badSignaturesPerMinute: config.rateLimit.badSignaturesPerMinute,
      deletions: store.deletions,
      eraseKnown: erasing.eraseKnown,
      onRequest: (kind, result) => metrics.deletionRequests.inc({ kind, result }),
    },
    callbacks: {
      ...callbacks,
      callbacks: callbacksOf(helpdesks),
      agentFile: agentFiles(helpdesks),
      onCallback: (helpdesk, result) => metrics.callbacks.inc({ helpdesk, result }),
    },
    deletions: store.deletions,
    erase: erasing.erase,
    stopping: erasing.stopping,
    now: Date.now,
    pages,
    accept,
    notDurable: health.notDurable,
    reply: store.replies.get,
    answers: store.answers,
    stops: store.stops,
    uploads: store.uploads,
    upload: uploadAttachment(graph),
    graph,
    wake: async (lanes) => {
      await store.lanes.wake(lanes)
      await ring(lanes)
    },
    consents: store.consents,
    conversations: store.conversations,
    people: store.people,
    comments: store.comments,
    privateReplies: store.privateReplies,
    timeline: store.timeline,
    noteTicketStatus: store.conversations.noteTicketStatus,
    routeMemories: store.routeMemories,
    laneStatuses: store.laneStatuses,
    deadLetters: store.deadLetters,
    replay: (letter) => replay(store, ring, letter, deliveries.write),
    inboxes: Object.entries(config.helpdesks).flatMap(([helpdesk, settings]) =>
      settings.adapter === 'inbox'
        ? [
            inboxStore(redis, {
              prefix: config.redis.prefix,
              helpdesk,
              retentionDays: settings.retentionDays,
            }),
          ]
        : [],
    ),
    attachments: attachments ?? null,
    apiKeys: config.apiKeys,
    trustProxy: config.server.trustProxy,
    limits: { redis: limits, namespace: `${config.redis.prefix}:limit:` },
    restPerMinute: config.rateLimit.restPerMinute,
    isStoreError,
    log,
  })
  await app.listen({ host: config.server.host, port: config.server.port })
  log.info({ addresses: app.addresses() }, 'listening for Meta and for the REST API')

  return {
    checks: () => {
      const refusal = health.refusal()
      return [
        { name: 'journal', ok: refusal === undefined, ...(refusal === undefined ? {} : { detail: refusal }) },
      ]
    },
    close: async () => {
      // A connection that was busy when we began to close is kept alive once more, and close() would wait for its end.
      const sweep = setInterval(() => app.server.closeIdleConnections(), 100)
      await Promise.all([app.close(), erasing.close()])
      clearInterval(sweep)
      health.stop()
      const adapters = [...helpdesks.values()].map((one) => one.close())
      await Promise.all([
        queue.close(),
        store.alarms.close(),
        graph.close(),
        attachments?.close(),
        ...adapters,
      ])
      redis.disconnect()
      limits.disconnect()
    },
  }
}

/** A delivery goes through the journal again; its dead letter is erased by the splitter, once it could be read. */
async function replay(
  store: Store,
  ring: (lanes: string[]) => Promise<void>,
  letter: DeadLetter,
  journalAgain: (delivery: Delivery) => Promise<void>,
): Promise<boolean> {
  const lane = laneOfLetter(letter)
  if (lane === undefined) {
    const { payload, encoding, at, id } = letter
    await journalAgain({ body: payload, encoding, receivedAt: at, replays: id })
    return true
  }
  if (!(await store.deadLetters.replay(letter))) return false
  await ring([lane])
  return true
}
