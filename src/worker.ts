import type { Logger } from 'pino'
import type { Role, RoleDeps } from './api.ts'
import { startCopying } from './attachments.ts'
import { agentFiles, openCallbacks } from './callbacks.ts'
import type { Config } from './config/schema.ts'
import { openHelpdesk } from './helpdesk/registry.ts'
import type { Check } from './http/admin-server.ts'
import { breaker } from './lanes/breaker.ts'
import { drain } from './lanes/drain.ts'
import type { Drain, DrainDeps } from './lanes/drain.ts'
import { gather } from './lanes/gather.ts'
import type { Commit, Committed } from './lanes/lanes.ts'
import { graphClient } from './meta/graph-client.ts'
import { eventNameLabel } from './metrics.ts'
import { workerConnection } from './queue/connections.ts'
import { lanesWorker } from './queue/lanes-worker.ts'
import { deliveriesQueue, openQueue } from './queue/queues.ts'
import { splitDeliveries } from './queue/split-deliveries.ts'
import { splitUntil } from './queue/split-until.ts'
import { splitWorker } from './queue/split-worker.ts'
import { laneTimer } from './queue/timer.ts'
import { callPace } from './records/call-pace.ts'
import { acceptReply } from './routing/accept-reply.ts'
import { destinationOf, destinations, graph } from './routing/destination.ts'
import { forwardEvent } from './routing/forward-event.ts'
import { keepOwn } from './routing/keep-own.ts'
import { noticeEvents } from './routing/notice-events.ts'
import { parkedPages } from './routing/park-page.ts'
import { placeComments } from './routing/place-comments.ts'
import { placesOf } from './routing/places-of.ts'
import { pollHelpdesks } from './routing/poll-helpdesks.ts'
import { refusing } from './routing/refuse-reply.ts'
import { resumePages, watchPages } from './routing/resume-pages.ts'
import { routeEvents } from './routing/route-events.ts'
import { tellStory } from './routing/tell-story.ts'
import { buryComment, sendByLane, sendComment } from './routing/send-comment.ts'
import { sendReply } from './routing/send-reply.ts'
import type { SendDeps } from './routing/send-reply.ts'
import { withheldFile } from './routing/withheld-file.ts'
import { startLookups } from './lookups.ts'
import { logged, openStore } from './store.ts'

/** The worker role: splits deliveries into lanes and drains the lanes, to helpdesks and to Graph. */
export async function startWorker(config: Config, deps: RoleDeps): Promise<Role> {
  const { log, trace, metrics, pages, routes } = deps
  const { prefix } = config.redis
  const redis = logged(workerConnection(config.redis.url), log, 'worker')
  const store = openStore(redis, config, pages)
  const ring = (lanes: string[]) => store.alarms.ring(lanes)
  const nameLabel = eventNameLabel()

  const giveUpMs = config.lanes.giveUpHours * 3_600_000
  const helpdesks = new Map(
    Object.entries(config.helpdesks).map(([name, settings]) => [
      name,
      keepOwn(name, openHelpdesk(name, settings, { redis, prefix }), store),
    ]),
  )
  const client = graphClient({ ...config.meta, appSecret: config.meta.appSecrets[0]!, timeoutMs: 4000 })
  const now = Date.now
  const parked = parkedPages({ stops: store.stops, log, now })
  const journalled = openQueue(deliveriesQueue, redis, prefix)
  const accept = acceptReply({ ...store, ring, trace })
  const callbacks = openCallbacks(config, { pages, store, accept, metrics, trace })
  const sending: SendDeps = {
    ...store,
    pages,
    helpdesks,
    graph: client,
    stops: parked,
    pace: callPace(config.rates),
    onRefused: (code) => metrics.repliesRefused.inc({ code }),
    onGraphError: (code, subcode, known) =>
      metrics.graphErrors.inc({ code, subcode: subcode ?? '', known: String(known) }),
    splitUntil: () => splitUntil(journalled, redis),
    placesOf: placesOf({ ...store, routes, helpdesks }),
    isWithheld: withheldFile({
      links: callbacks.fileLinks,
      agentFile: agentFiles(helpdesks),
      onWithheld: () => metrics.repliesRefused.inc({ code: 'FILE_PRIVATE' }),
    }),
    trace,
    log,
    now,
    giveUpMs,
  }
  const wake = async (lanes: string[]) => {
    await store.lanes.wake(lanes)
    await ring(lanes)
  }
  const look = resumePages({ pages, stops: store.stops, parked, graph: client, wake, log, now })
  await look()
  const watch = watchPages(look, log)
  const copying = startCopying(redis, config, deps)
  const lookups = startLookups(redis, config, { ...deps, store, helpdesks, graph: client, parked })
  const inbound = {
    work: forwardEvent({
      ...store,
      pages,
      helpdesks,
      accept,
      claimEvents: callbacks.claimEvents,
      showLinks: copying.showLinks,
      eraseCopiesOf: copying.eraseCopiesOf,
      wroteComment: store.ownComments.isOurs,
      nameOf: lookups.nameOf,
      trace,
    }),
    onDead: quiet,
  }
  const outbound = {
    work: refusing(
      { ...store, ...sending },
      sendByLane({ person: sendReply(sending), thread: sendComment({ ...store, ...sending, accept }) }),
    ),
    onDead: buryComment({ ...store, ...sending }),
  }

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
      // A Page that sends at its limit has lanes that wait for milliseconds, and the timer looks every 200; promises of
      // a budget lie up to a minute ahead.
      wakeWithinMs: 65_000,
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
    copies: copying.jobs,
    profiles: lookups.profiles,
    trace,
    log,
    place: placeComments(store),
    story: tellStory({ ...store, wroteComment: store.ownComments.isOurs }),
    route: routeEvents({ ...store, routes, pages, helpdesks }),
    notice: noticeEvents({ ...store, pages, wake, accept, now }),
    onEvent: (kind, name) => metrics.events.inc({ kind, name: nameLabel(name) }),
  })
  const splitter = await splitWorker({ connection: redis, prefix, split, log })
  const timer = laneTimer({ ...store, offer: offerTo(drains, destinationOf(pages, helpdesks), log), log })
  const polls = pollHelpdesks({ ...store, ...callbacks, helpdesks, log })
  log.info({ helpdesks: [...helpdesks.keys()], pages: pages.size }, 'working')

  return {
    checks: () => {
      const ok = redis.status === 'ready'
      const lanes = {
        name: 'lanes',
        ok,
        ...(ok ? {} : { detail: 'Redis is out of reach; lanes wait there' }),
      }
      // A stopped Page takes nothing out of service: its events still flow, and other Pages are well.
      return [lanes, ...parked.stopped(pages).map(({ page, detail }) => stoppedPage(page, detail))]
    },
    close: async () => {
      timer.stop()
      watch.stop()
      // After the splitter, which adds to its queue.
      const splitting = splitter.close().then(() => Promise.all([copying.close(), lookups.close()]))
      await Promise.all([splitting, polls.close(), ...lanesWorkers.map((one) => one.close())])
      await Promise.all([
        store.alarms.close(),
        journalled.close(),
        client.close(),
        ...[...helpdesks.values()].map((one) => one.close()),
      ])
      redis.disconnect()
    },
  }
}

function stoppedPage(page: string, detail: string): Check {
  return { name: `page ${page}`, ok: false, warning: true, detail }
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
