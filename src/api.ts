import type { Logger } from 'pino'
import type { Config } from './config/schema.ts'
import type { Trace } from './domain/stage.ts'
import { inboxStore } from './helpdesk/inbox/store.ts'
import type { Check } from './http/admin-server.ts'
import { publicServer } from './http/public-server.ts'
import { laneName } from './lanes/keys.ts'
import type { DeadLetter } from './lanes/dead-letters.ts'
import type { Metrics } from './metrics.ts'
import { ingestConnection, isReadyWithin, isStoreError } from './queue/connections.ts'
import { delivery, journal } from './queue/journal.ts'
import type { Delivery } from './queue/journal.ts'
import { deliveriesQueue, openQueue } from './queue/queues.ts'
import { watchRedis } from './queue/redis-health.ts'
import { acceptReply } from './routing/accept-reply.ts'
import { logged, openStore, pagesById } from './store.ts'
import type { Store } from './store.ts'

export interface Role {
  checks(): Check[]
  close(): Promise<void>
}

/** The api role: receives deliveries and REST calls, and answers when Redis has what they brought. */
export async function startApi(
  config: Config,
  deps: { log: Logger; trace: Trace; metrics: Metrics },
): Promise<Role> {
  const { log, trace, metrics } = deps
  const redis = logged(ingestConnection(config.redis.url), log, 'ingest')
  // Its own connection, with a short patience: a limit that cannot be counted must not slow the call down.
  const limits = logged(ingestConnection(config.redis.url, 250), log, 'limits')
  const store = openStore(redis, config)
  const queue = openQueue(deliveriesQueue, redis, config.redis.prefix)
  const deliveries = journal(queue, (count, ms) => {
    metrics.journalBatch.observe(count)
    metrics.journalSeconds.observe(ms / 1000)
    trace('journal', { deliveries: count, ms: Math.round(ms) })
  })
  const health = watchRedis(redis, config.durability)
  // So that the first call after `listening` is not refused for want of a first look.
  await isReadyWithin(redis, 500)
  await health.look()
  // What is rung for is durable by then, and the timer finds it without: failing would only make the caller do it twice.
  const ring = (lanes: string[]) =>
    store.alarms.ring(lanes).catch((error: unknown) => log.warn({ err: String(error) }, 'alarm not sent'))

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
    pages: pagesById(config),
    accept: acceptReply({ ...store, ring, trace }),
    notDurable: health.notDurable,
    reply: store.replies.get,
    conversations: store.conversations,
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
      await app.close()
      clearInterval(sweep)
      health.stop()
      await Promise.all([queue.close(), store.alarms.close()])
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
  if (letter.kind === 'delivery' || letter.conversationId === null) {
    const { payload, encoding, at, id } = letter
    await journalAgain({ body: payload, encoding, receivedAt: at, replays: id })
    return true
  }
  if (!(await store.deadLetters.replay(letter))) return false
  await ring([laneName(letter.kind === 'reply' ? 'out' : 'in', letter.conversationId)])
  return true
}
