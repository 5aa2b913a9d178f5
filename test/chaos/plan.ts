import { seeded } from './random.ts'
import type { FaultName, Scenario } from './scenario.ts'

export type Target = 'api-1' | 'api-2' | 'worker-1' | 'worker-2' | 'redis' | 'helpdesk' | 'alarms'

/** A fault that is to come. Pure data: the same seed gives the same plan. */
export interface PlannedFault {
  /** ms after the load began. */
  at: number
  kind: 'kill' | 'freeze' | 'term' | 'wipe'
  target: Target
  /** How long it stays down or frozen, ms. */
  downMs: number
}

/** What a process needs to be of use again after it was started, ms. A second fault before that would hit nothing. */
const startMs = 1500

export function planFaults(
  scenario: Pick<Scenario, 'seed' | 'seconds' | 'faults' | 'lanes'>,
): PlannedFault[] {
  const { everyMs, weights } = scenario.faults
  if (everyMs === null) return []
  const random = seeded(scenario.seed, 'faults')
  const names = Object.entries(weights).flatMap(([name, weight]) =>
    Array<FaultName>(weight).fill(name as FaultName),
  )
  const busyUntil = new Map<Target, number>()
  const plan: PlannedFault[] = []
  const end = scenario.seconds * 1000
  for (let at = 500; at < end; at += random.int(everyMs * 0.3, everyMs * 1.7)) {
    const [kind, what] = random.pick(names).split(' ') as [PlannedFault['kind'], string]
    const target = (what === 'api' || what === 'worker' ? `${what}-${random.int(1, 2)}` : what) as Target
    const downMs = downTime(kind, what, scenario.lanes.leaseMs, random)
    if ((busyUntil.get(target) ?? 0) > at) continue
    busyUntil.set(target, at + downMs + (kind === 'freeze' ? 300 : startMs))
    plan.push({ at, kind, target, downMs })
  }
  return plan
}

function downTime(
  kind: PlannedFault['kind'],
  what: string,
  leaseMs: number,
  random: ReturnType<typeof seeded>,
): number {
  if (kind === 'wipe') return 0
  if (kind === 'kill' || kind === 'term') return random.chance(0.4) ? 0 : random.int(300, 3000)
  // Most frozen workers sleep longer than their lease: they wake as zombies, whose lanes others have taken.
  if (what === 'worker' && random.chance(0.75)) return random.int(leaseMs + 300, leaseMs + 2500)
  return random.int(500, 2500)
}
