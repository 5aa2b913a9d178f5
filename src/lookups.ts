import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import type { Config } from './config/schema.ts'
import { callName } from './domain/customer.ts'
import type { Page } from './domain/page.ts'
import type { Trace } from './domain/stage.ts'
import type { HelpdeskAdapter } from './helpdesk/adapter.ts'
import type { GraphClient } from './meta/graph-client.ts'
import type { Metrics } from './metrics.ts'
import { lookupQueue } from './queue/lookup-queue.ts'
import { lookupWorker } from './queue/lookup-worker.ts'
import { lookUpPerson } from './routing/look-up-person.ts'
import type { ParkedPages } from './routing/park-page.ts'
import { wantProfiles } from './routing/want-profiles.ts'
import type { Store } from './store.ts'

/** Lookups of one worker at once: a hundred in a second take no longer than Graph does. */
const concurrency = 16

/** The worker's part of knowing people: says who is to be looked up, and does. */
export function startLookups(
  redis: Redis,
  config: Config,
  deps: {
    store: Pick<Store, 'people' | 'budgets' | 'conversations'>
    pages: ReadonlyMap<string, Page>
    helpdesks: ReadonlyMap<string, HelpdeskAdapter>
    graph: Pick<GraphClient, 'call'>
    parked: Pick<ParkedPages, 'stopped'>
    metrics: Metrics
    trace: Trace
    log: Logger
  },
) {
  const { store, pages, helpdesks, graph, parked, metrics, trace, log } = deps
  const { prefix } = config.redis
  const queue = lookupQueue(redis, prefix)
  const now = Date.now
  const lookUp = lookUpPerson({
    ...store,
    pages,
    helpdesks,
    graph,
    stops: parked,
    onLookedUp: (result) => metrics.profileLookups.inc({ result }),
    trace,
    log,
    now,
  })
  const worker = lookupWorker({ connection: redis, prefix, concurrency, lookUp, log, random: Math.random })
  return {
    /** For notes. */
    async nameOf(conversationId: string): Promise<string | undefined> {
      const customer = await store.people.customer(conversationId)
      return customer && callName(customer)
    },
    profiles: wantProfiles({ ...store, pages, add: queue.add, log, now }),
    close: async () => {
      await worker.close()
      await queue.close()
    },
  }
}
