import type { Redis } from 'ioredis'
import type { Metrics } from './metrics.ts'
import { copyQueue } from './queue/copy-queue.ts'
import { deliveriesQueue, openQueue } from './queue/queues.ts'
import { openDeletions } from './records/deletions.ts'
import type { Store } from './store.ts'

/** Reads what waits in Redis when Prometheus asks, and answers all metrics. Without Redis the others are still told. */
export function metricsReader(
  metrics: Metrics,
  store: Pick<Store, 'laneStatuses' | 'deadLetters' | 'stops'>,
  redis: Redis,
  prefix: string,
) {
  const queue = openQueue(deliveriesQueue, redis, prefix)
  const copiesWaiting = copyQueue(redis, prefix)

  async function collect(): Promise<void> {
    const [totals, dead, waiting, stops, open, copies] = await Promise.all([
      store.laneStatuses.totals(Date.now()),
      store.deadLetters.count(),
      queue.getJobCountByTypes('waiting', 'active', 'failed'),
      store.stops.all(),
      openDeletions(redis, prefix),
      copiesWaiting.count(),
    ])
    metrics.lanes.set({ state: 'waiting' }, totals.waiting)
    metrics.lanes.set({ state: 'due' }, totals.due)
    metrics.deadLetters.set(dead)
    metrics.deliveriesWaiting.set(waiting)
    metrics.attachmentsWaiting.set(copies)
    metrics.deletionsOpen.set(open)
    metrics.pageStopped.reset()
    for (const [page, { reason }] of stops) metrics.pageStopped.set({ page, reason }, 1)
    metrics.redisUp.set(1)
  }

  return {
    read: async () => {
      await collect().catch(() => metrics.redisUp.set(0))
      return { contentType: metrics.registry.contentType, body: await metrics.registry.metrics() }
    },
    close: async () => {
      await Promise.all([queue.close(), copiesWaiting.close()])
    },
  }
}
