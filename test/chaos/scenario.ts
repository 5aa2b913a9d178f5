import type { Patch } from './tree.ts'

/** All that decides a run. Everything random in it comes from the seed. */
export interface Scenario {
  seed: number
  seconds: number
  /** What is changed in the source before it is run: nothing, but for mutants and their controls. */
  patches: readonly Patch[]
  conversations: number
  deliveriesPerSecond: number
  /** Most events that one delivery has for one conversation. */
  events: number
  /** Share of acknowledged deliveries that Meta sends again later. */
  duplicates: number
  /** Share of requests that the helpdesk answers by failing. */
  failures: number
  /** How long the helpdesk takes for an answer on average, ms. */
  deskMs: number
  lanes: { leaseMs: number; graceMs: number; concurrency: number }
  faults: FaultMix
  /** Nothing moved for this long after the faults: what is missing now is lost, ms. */
  idleMs: number
  /** A fail-point in the tree ends a process on purpose: bring it back, and do not blame it. */
  mayExit: boolean
  /** Ends as soon as the audit is red: enough for a mutant. */
  stopWhenRed: boolean
  /** Leaves the folder with the logs and records there. */
  keep: boolean
}

/** How often each fault comes, relative to the others; none at all when `everyMs` is null. */
export interface FaultMix {
  /** Mean time between two faults, ms. */
  everyMs: number | null
  weights: Partial<Record<FaultName, number>>
}

export const faultNames = [
  'kill api',
  'kill worker',
  'kill redis',
  'kill helpdesk',
  'freeze api',
  'freeze worker',
  'freeze redis',
  'freeze helpdesk',
  'term api',
  'term worker',
  'wipe alarms',
] as const
export type FaultName = (typeof faultNames)[number]

export const noFaults: FaultMix = { everyMs: null, weights: {} }

const allFaults: FaultMix = {
  everyMs: 900,
  weights: {
    'kill api': 3,
    'kill worker': 5,
    'kill redis': 2,
    'kill helpdesk': 2,
    'freeze api': 2,
    'freeze worker': 4,
    'freeze redis': 2,
    'freeze helpdesk': 2,
    'term api': 1,
    'term worker': 2,
    'wipe alarms': 4,
  },
}

/** Everything breaks. The lease is shorter than the product's default, so that take-overs fit into the run. */
export const fullScenario: Omit<Scenario, 'seed' | 'seconds'> = {
  patches: [],
  conversations: 40,
  deliveriesPerSecond: 40,
  events: 4,
  duplicates: 0.1,
  failures: 0.07,
  deskMs: 3,
  lanes: { leaseMs: 3000, graceMs: 500, concurrency: 64 },
  faults: allFaults,
  idleMs: 45_000,
  mayExit: false,
  stopWhenRed: false,
  keep: false,
}
