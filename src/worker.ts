import type { Logger } from 'pino'
import type { Role } from './api.ts'
import type { Config } from './config/schema.ts'
import type { Trace } from './domain/stage.ts'
import { openHelpdesk } from './helpdesk/registry.ts'
import { breaker } from './lanes/breaker.ts'
import { drain } from './lanes/drain.ts'
import type { Drain, DrainDeps } from './lanes/drain.ts'
import { gather } from './lanes/gather.ts'
import type { Commit, Committed } from './lanes/lanes.ts'
import { graphClient } from './meta/graph-client.ts'
import { eventNameLabel } from './metrics.ts'
import type { Metrics } from './metrics.ts'
import { workerConnection } from './queue/connections.ts'
import { lanesWorker } from './queue/lanes-worker.ts'
import { splitDeliveries } from './queue/split-deliveries.ts'
import { splitWorker } from './queue/split-worker.ts'
import { laneTimer } from './queue/timer.ts'
import { destinationOf, destinations, graph } from './routing/destination.ts'
import { forwardEvent } from './routing/forward-event.ts'
import { buryReply } from './routing/reply-fate.ts'
import { sendReply } from './routing/send-reply.ts'
import { logged, openStore, pagesById } from './store.ts'

/** The worker role: splits deliveries into lanes and drains the lanes, to helpdesks and to Graph. */
export async function startWorker(
  config: Config,
  deps: { log: Logger; trace: Trace; metrics: Metrics },
): Promise<Role> {
  const { log, trace, metrics } = deps
  const { prefix } = config.redis
  const redis = logged(workerConnection(config.redis.url), log, 'worker')
  const store = openStore(redis, config)
  const ring = (lanes: string[]) => store.alarms.ring(lanes)
  const nameLabel = eventNameLabel()

  const pages = pagesById(config)
  const giveUpMs = config.lanes.giveUpHours * 3_600_000
  const helpdesks = new Map(
    Object.entries(config.helpdesks).map(([name, settings]) => [
      name,
      openHelpdesk(name, settings, { redis, prefix }),
    ]),
  )
  const client = graphClient({ ...config.meta, appSecret: config.meta.appSecrets[0]!, timeoutMs: 4000 })
  const sending = {
    pages,
    helpdesks,
    replies: store.replies,
    graph: client,
    trace,
    log,
    now: Date.now,
    giveUpMs,
  }
  const inbound = {
    work: forwardEvent({ pages, helpdesks, conversations: store.conversations, trace }),
    onDead: quiet,
  }
  const outbound = { work: sendReply(sending), onDead: buryReply(sending) }

  const commit = gather<Commit, Committed>((commits) => store.lanes.commit(commits), { maxItems: 256 })
  const drains = new Map<string, Drain>()
  const suspects = new Set<string>()
  const lanesWorkers = destinations(Object.keys(config.helpdesks)).map((destination) => {
    const gate = breaker((open) => metrics.breakerOpen.set({ destination }, open ? 1 : 0))
    const drained: DrainDeps = {
      ...(destination === graph ? outbound : inbound),
      lanes: store.lanes,
      commit,
      breaker: gate,
      ring,
      concurrency: config.lanes.concurrency,
      suspects,
      leaseMs: config.lanes.leaseMs,
      giveUpMs,
      log,
      trace,
      count: (verdict, code) => metrics.heads.inc({ destination, verdict, code }),
      random: Math.random,
    }
    const own = drain(drained)
    drains.set(destination, own)
    return lanesWorker({ connection: redis, prefix, destination, drain: own, log })
  })
  const split = splitDeliveries({
    ...store,
    ring,
    trace,
    log,
    onEvent: (kind, name) => metrics.events.inc({ kind, name: nameLabel(name) }),
  })
  const splitter = await splitWorker({ connection: redis, prefix, split, log })
  const timer = laneTimer({ ...store, offer: offerTo(drains, destinationOf(pages), log), log })
  log.info({ helpdesks: [...helpdesks.keys()], pages: pages.size }, 'working')

  return {
    checks: () => {
      const ok = redis.status === 'ready'
      return [{ name: 'lanes', ok, ...(ok ? {} : { detail: 'Redis is out of reach; lanes wait there' }) }]
    },
    close: async () => {
      timer.stop()
      await Promise.all([splitter.close(), ...lanesWorkers.map((one) => one.close())])
      await Promise.all([
        store.alarms.close(),
        client.close(),
        ...[...helpdesks.values()].map((one) => one.close()),
      ])
      redis.disconnect()
    },
  }
}

/** An event's death is told by its dead letter alone. */
function quiet(): Promise<void> {
  return Promise.resolve()
}

/** Lanes to the drains of this process, without an alarm. One offer per destination at a time: the timer comes again. */
function offerTo(drains: Map<string, Drain>, destinationOfLane: (lane: string) => string, log: Logger) {
  const busy = new Set<string>()
  return (lanes: string[]): void => {
    for (const [destination, group] of Map.groupBy(lanes, destinationOfLane)) {
      const own = drains.get(destination)
      if (!own || busy.has(destination)) continue
      busy.add(destination)
      own
        .offer(group)
        .catch((error: unknown) => log.warn({ destination, err: String(error) }, 'offering lanes failed'))
        .finally(() => busy.delete(destination))
    }
  }
}
