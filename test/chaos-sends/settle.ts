import { setTimeout as wait } from 'node:timers/promises'
import { laneKeys } from '../../src/lanes/keys.ts'
import { deliveriesQueue, bullPrefix } from '../../src/queue/queues.ts'
import type { Scenario } from './scenario.ts'
import { prefix } from './settings.ts'
import type { World } from './world.ts'

/** How many deliveries are not split. */
export async function unsplit({ redis }: Pick<World, 'redis'>): Promise<number> {
  const queue = `${bullPrefix(prefix)}:${deliveriesQueue}`
  const [waiting, active, failed] = await Promise.all([
    redis.llen(`${queue}:wait`),
    redis.llen(`${queue}:active`),
    redis.zcard(`${queue}:failed`),
  ])
  return waiting + active + failed
}

/** What still waits in Redis, by key; empty when all is done. */
export async function whatWaits(world: Pick<World, 'redis'>): Promise<string[]> {
  const { redis } = world
  const { items, state, dirty } = laneKeys(prefix, 0)
  const [lanes, states, looks, parked, deliveries] = await Promise.all([
    redis.keys(items('*')),
    redis.keys(state('*')),
    redis.zrange(dirty, '0', '-1'),
    redis.keys(`${prefix}:parked:*`),
    unsplit(world),
  ])
  return [
    ...lanes,
    ...states,
    ...looks.map((lane) => `${dirty} ${lane}`),
    ...parked,
    ...(deliveries > 0 ? [`${deliveries} deliveries in the journal`] : []),
  ]
}

/** Resolves when nothing is on its way any more, or nothing has moved for a while, or it is enough. */
export async function settle(
  world: World,
  { idleMs, signal, enough }: Pick<Scenario, 'idleMs'> & { signal: AbortSignal; enough: () => boolean },
): Promise<void> {
  let moved = Date.now()
  let seen = ''
  while (Date.now() - moved < idleMs && !enough()) {
    await world.simulator.idle()
    const left = await whatWaits(world)
    if (left.length === 0 && world.webhooks.pending() === 0) return
    const state = `${world.wire.size} ${left.length} ${world.webhooks.pending()}`
    if (state !== seen) moved = Date.now()
    seen = state
    await wait(200, undefined, { signal })
  }
}
