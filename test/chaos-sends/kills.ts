import { setTimeout as wait } from 'node:timers/promises'
import { laneKeys, laneName } from '../../src/lanes/keys.ts'
import { seeded } from '../chaos/random.ts'
import type { Random } from '../chaos/random.ts'
import type { Conversation } from './cast.ts'
import { refute } from './evidence.ts'
import type { Load } from './load.ts'
import { planKills } from './plan.ts'
import type { PlannedKill } from './plan.ts'
import type { Scenario } from './scenario.ts'
import { unsplit } from './settle.ts'
import type { Target } from './targets.ts'
import { prefix } from './settings.ts'
import type { World } from './world.ts'

/** A worker was killed while this was held at its step, and the evidence says so. */
export interface Hit extends Target {
  /** ms since the epoch. */
  at: number
}

export interface Kills {
  hits: Hit[]
  /** How often the worker was killed. */
  count: number
  /** Targets that never came to their step, and kills that proved to have come at another. They are planned anew. */
  missed: string[]
  /** What was given up on. */
  unhit: PlannedKill[]
}

export interface Killing {
  scenario: Scenario
  world: World
  load: Load
  signal: AbortSignal
  say: (line: string) => void
  /** Asked after each kill; true: no more. */
  enough: () => boolean
}

const reachMs = 30_000
/** How long what is sent again may take for it once its time has come. */
const againMs = 10_000
const soonMs = 500
/** How often one kill is planned. */
const maxTries = 3

/** Sends, and kills the worker at one step after the other. Afterwards a worker runs. */
export async function killAll(killing: Killing): Promise<Kills> {
  const { world, signal, load, say } = killing
  const random = seeded(killing.scenario.seed, 'choice')
  const todo = planKills(killing.scenario).map((planned) => ({ planned, tries: 0 }))
  const kills: Kills = { hits: [], count: 0, missed: [], unhit: [] }
  const { targets } = world

  function miss({ planned, tries, dueAt, step }: Target, why: string): void {
    // A second hit is an extra: an echo may have come in between.
    if (dueAt !== null) return
    kills.missed.push(`${step}: ${why}`)
    if (tries + 1 < maxTries) todo.push({ planned, tries: tries + 1 })
    else kills.unhit.push(planned)
  }

  world.worker.start()
  while (todo.length + targets.armed.length > 0 && !killing.enough()) {
    targets.mayHold = false
    // Whoever is sent again soon has this worker for itself.
    const isDue = targets.armed.some(({ dueAt }) => dueAt !== null && dueAt < Date.now() + soonMs)
    const next = isDue ? undefined : todo.shift()
    if (next?.planned.calm) await journalIsEmpty(world, signal)
    await nobodyIsSuspect(world, signal)
    const to = next && (await idleConversation(killing, next.planned, random))
    targets.mayHold = true
    if (next && to) await load.begin(next.planned, next.tries, to)
    const isNews = await targets.news(next ? reachMs : dueIn(targets.armed) + againMs, signal)
    signal.throwIfAborted()
    for (const target of targets.takePassed()) miss(target, 'it was over before')
    const held = targets.takeHeld()
    if (held.length > 0) await killHeld(killing, kills, held, miss)
    for (const target of targets.armed) {
      // Only its second hit can wait; the first one was for this worker.
      if (target.dueAt !== null && (next || isNews)) continue
      targets.disarm(target)
      if (isNews) todo.unshift({ planned: target.planned, tries: target.tries })
      else miss(target, 'it never came to this step')
    }
    if (kills.count % 10 === 0 && held.length > 0) {
      say(`${kills.count} kills, ${load.accepted.length} replies accepted, ${todo.length} kills to come`)
    }
  }
  return kills
}

function dueIn(armed: readonly Target[]): number {
  return Math.max(0, ...armed.map(({ dueAt }) => (dueAt ?? 0) - Date.now()))
}

/** One kill, of all that is held at that moment. */
async function killHeld(
  { scenario, world, signal }: Killing,
  kills: Kills,
  first: Target[],
  miss: (target: Target, why: string) => void,
): Promise<void> {
  await Promise.all(first.map((target) => refute(world, target, 300)))
  await world.worker.kill()
  kills.count++
  // Others may have come to theirs meanwhile.
  const held = [...first, ...world.targets.takeHeld()]
  world.targets.mayHold = false
  let downMs = 0
  for (const target of held) {
    const why = await refute(world, target)
    if (why !== undefined) {
      miss(target, why)
      continue
    }
    kills.hits.push({ ...target, at: Date.now() })
    const { again } = target.planned
    if (target.dueAt !== null) continue
    downMs = Math.max(downMs, target.planned.downMs)
    if (again !== null) world.targets.arm({ ...target, step: again, dueAt: Date.now() + scenario.echoWaitMs })
  }
  if (downMs > 0) await wait(downMs, undefined, { signal })
  world.worker.start()
}

/** The worker is up, and knows what Meta told. A late echo is not on its way to it yet. */
async function journalIsEmpty(world: World, signal: AbortSignal): Promise<void> {
  while ((await unsplit(world)) > 0) await wait(20, undefined, { signal })
}

/**
 * A head that three workers in a row died with is buried as what killed them. That is right, and no loss of a reply by a
 * kill -9 from outside; so whoever was hit twice gets its turn before the next kill.
 */
async function nobodyIsSuspect({ redis }: World, signal: AbortSignal): Promise<void> {
  const { state } = laneKeys(prefix, 0)
  for (;;) {
    const keys = await redis.keys(state('*'))
    const claims = await Promise.all(keys.map((key) => redis.hget(key, 'claims')))
    if (claims.every((count) => Number(count) < 2)) return
    await wait(50, undefined, { signal })
  }
}

/** One with nothing to send, so that what it gets now is its head at once. */
async function idleConversation(
  { world, load, signal }: Killing,
  planned: PlannedKill,
  random: Random,
): Promise<Conversation> {
  const { items } = laneKeys(prefix, 0)
  const fitting = load.conversations.filter((one) => one.page.deaf === planned.deaf && !one.blocked)
  for (;;) {
    const waiting = await Promise.all(fitting.map((one) => world.redis.llen(items(laneName('out', one.id)))))
    const idle = fitting.filter((_, at) => waiting[at] === 0)
    if (idle.length > 0) return random.pick(idle)
    await wait(200, undefined, { signal })
  }
}
