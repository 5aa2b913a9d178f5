import { setTimeout as wait } from 'node:timers/promises'
import { audit, isRed } from './audit.ts'
import type { Audit } from './audit.ts'
import { deskFile } from './desk-file.ts'
import type { DeskFile } from './desk-file.ts'
import { inject } from './inject.ts'
import type { Fault, Injection } from './inject.ts'
import { leftOver } from './left-over.ts'
import type { LeftOver } from './left-over.ts'
import { meta } from './meta.ts'
import type { Meta } from './meta.ts'
import { planFaults } from './plan.ts'
import type { Scenario } from './scenario.ts'
import { appSecret, openWorld } from './world.ts'
import type { World } from './world.ts'
import type { Exit } from './program.ts'

export interface Report extends Audit, LeftOver {
  seed: number
  seconds: number
  /** Deliveries that never got their 200, though everything was up again. */
  unacked: number
  /** Processes that ended without having been told to. */
  exits: Exit[]
  ackP50Ms: number
  ackP99Ms: number
  /** From the end of a fault until all that was acknowledged before it had arrived; the longest, ms. */
  slowestRecoveryMs: number
  /** From the acknowledgement to the helpdesk's answer; the longest, ms. */
  slowestEventMs: number
  /** Until everything had arrived after the load and the faults had ended, ms. */
  settledMs: number
  ok: boolean
  details: string[]
}

const startUpMs = 30_000
const maxSettleMs = 300_000

/** Runs a scenario in a world of its own, and leaves nothing behind, also when it is aborted. */
export async function runScenario(
  scenario: Scenario,
  options: { say: (line: string) => void; signal: AbortSignal },
): Promise<Report> {
  const world = await openWorld(scenario)
  try {
    if (!(await world.ready(startUpMs))) {
      throw new Error(`the service did not become ready\n${await world.logs()}`)
    }
    options.signal.throwIfAborted()
    return await observe(scenario, world, options)
  } finally {
    await world.close(scenario.keep)
  }
}

interface Watched {
  scenario: Scenario
  world: World
  load: Meta
  injection: Injection
  desk: DeskFile
  signal: AbortSignal
  say: (line: string) => void
}

async function observe(
  scenario: Scenario,
  world: World,
  { say, signal }: { say: (line: string) => void; signal: AbortSignal },
): Promise<Report> {
  const load = meta(scenario, world.apis, appSecret)
  const injection = inject(planFaults(scenario), world)
  const watched = { scenario, world, load, injection, desk: deskFile(world.deskFile), signal, say }
  try {
    const wasRed = await watch(watched)
    injection.stop()
    await Promise.all([load.finish(startUpMs), injection.done])
    await world.ready(startUpMs)
    const began = Date.now()
    if (!wasRed) await settle(watched)
    return await conclude(watched, began, wasRed)
  } finally {
    load.stop()
    injection.stop()
    await injection.done.catch(() => undefined)
  }
}

/** True when the audit turned red and the scenario asks for no more. */
async function watch(watched: Watched): Promise<boolean> {
  const { scenario, signal } = watched
  const end = Date.now() + scenario.seconds * 1000
  for (let turn = 1; Date.now() < end; turn++) {
    await wait(Math.min(1000, Math.max(0, end - Date.now())), undefined, { signal })
    await watched.desk.read()
    if (scenario.stopWhenRed && isRed(judge(watched).counts)) return true
    if (turn % 5 === 0) tell(watched)
  }
  return false
}

/** Waits until all that was acknowledged has arrived, or nothing has moved for a while. */
async function settle(watched: Watched): Promise<void> {
  const { desk, load, scenario, signal } = watched
  const end = Date.now() + maxSettleMs
  let moved = Date.now()
  let seen = -1
  for (let turn = 1; Date.now() < end && Date.now() - moved < scenario.idleMs; turn++) {
    await desk.read()
    if ([...load.sent.keys()].every((mid) => desk.answeredAt.has(mid))) {
      // The last commits, and the repeats that would be wrong, are still to come.
      await wait(scenario.stopWhenRed ? 300 : 1500, undefined, { signal })
      return desk.read()
    }
    if (desk.records.length !== seen) moved = Date.now()
    seen = desk.records.length
    if (turn % 20 === 0) tell(watched)
    await wait(250, undefined, { signal })
  }
}

function judge({ load, desk, injection, scenario }: Watched) {
  const { sent } = load
  // A worker waits for 0.45 of its lease, and then has to get its commit through.
  const windowMs = scenario.lanes.leaseMs / 2
  return audit({ sent, records: desk.records, faults: injection.faults, windowMs })
}

function tell(watched: Watched): void {
  const { counts } = judge(watched)
  const { acked, forwarded, inverted, repeated, faults } = counts
  watched.say(
    `  acked ${acked}  forwarded ${forwarded}  inverted ${inverted}  repeated ${repeated}  faults ${faults}`,
  )
}

async function conclude(watched: Watched, settleBegan: number, wasCutShort: boolean): Promise<Report> {
  const { scenario, world, load, desk, injection } = watched
  const { counts, details } = judge(watched)
  // What was not waited for is not lost.
  if (wasCutShort) counts.lost = 0
  const left = await leftOver(world)
  details.push(...left.deadLetters.map((one) => `dead letter: ${one}`))
  const unacked = load.unacked()
  const exits = scenario.mayExit ? [] : world.exits
  const ok =
    !isRed(counts) &&
    counts.lost + unacked + exits.length + left.deadLetters.length + left.failedDeliveries === 0
  const [ackP50Ms, ackP99Ms] = percentiles(load.ackMs)
  const settledAt = Math.max(settleBegan, ...desk.answeredAt.values())
  return {
    seed: scenario.seed,
    seconds: scenario.seconds,
    ...counts,
    ...left,
    unacked,
    exits,
    ackP50Ms,
    ackP99Ms,
    slowestRecoveryMs: slowestRecovery(watched, injection.faults),
    slowestEventMs: Math.max(0, ...delays(watched).map(({ ackedAt, at }) => at - ackedAt)),
    settledMs: settledAt - settleBegan,
    ok,
    details,
  }
}

function delays({ load, desk }: Watched): { ackedAt: number; at: number }[] {
  return [...load.sent.values()].flatMap(({ mid, ackedAt }) => {
    const at = desk.answeredAt.get(mid)
    return ackedAt === null || at === undefined ? [] : [{ ackedAt, at }]
  })
}

function slowestRecovery(watched: Watched, faults: readonly Fault[]): number {
  const all = delays(watched)
  const recoveries = faults.map(({ endedAt }) =>
    Math.max(0, ...all.filter(({ ackedAt }) => ackedAt < endedAt).map(({ at }) => at - endedAt)),
  )
  return Math.max(0, ...recoveries)
}

function percentiles(values: number[]): [number, number] {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => Math.round((sorted[Math.floor(sorted.length * share)] ?? 0) * 10) / 10
  return [at(0.5), at(0.99)]
}
