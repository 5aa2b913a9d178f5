import type { Patch } from '../chaos/tree.ts'

/**
 * Where a send may be cut short.
 *   before          the head is claimed, and the mark that it is about to be sent has not reached Redis
 *   marked          the mark is in Redis, and no request has left
 *   written         Graph has the whole request and does not take it
 *   answer lost     Graph took the message, and its answer never came
 *   answered        the answer was read, and nothing of it has reached Redis
 *   noted           Redis knows that Meta has the part, and the worker does not know that
 *   before commit   all parts are noted and the helpdesk was told; the head still stands in its lane
 */
export const steps = [
  'before',
  'marked',
  'written',
  'answer lost',
  'answered',
  'noted',
  'before commit',
] as const
export type Step = (typeof steps)[number]

/** All that decides a run. Everything random in it comes from the seed. */
export interface Scenario {
  seed: number
  kills: number
  /** What is changed in the source before it is run: nothing, but for mutants and their controls. */
  patches: readonly Patch[]
  /** How often each step is killed at, relative to the others. */
  weights: Partial<Record<Step, number>>
  /** Share of the kills at a Page that gets no echoes. */
  deaf: number
  /** Share of the kills whose reply is killed once more when it is sent again. */
  again: number
  /** Share of the kills whose echo comes late, and how late at most, ms. */
  late: number
  lateMs: number
  /** How long an echo is waited for before the second send, ms. */
  echoWaitMs: number
  /** This many kills, spread over the run, leave no worker for longer than that. */
  outages: number
  /** Share of the workers that may live until they have split what waits; the others die as soon as they send. */
  calm: number
  conversationsPerPage: number
  /** Most replies that others get at the same time, for each kill. */
  companions: number
  lanes: { leaseMs: number; graceMs: number; concurrency: number }
  /** Nothing moved for this long: what is missing now is lost, ms. */
  idleMs: number
  /** Ends as soon as the audit is red: enough for a mutant. */
  stopWhenRed: boolean
  /** Leaves the folder with the logs there. */
  keep: boolean
}

export const fullScenario: Omit<Scenario, 'seed' | 'kills'> = {
  patches: [],
  weights: {
    before: 3,
    marked: 2,
    written: 3,
    'answer lost': 4,
    answered: 3,
    noted: 2,
    'before commit': 3,
  },
  deaf: 0.2,
  again: 0.15,
  late: 0.4,
  lateMs: 8000,
  echoWaitMs: 15_000,
  outages: 3,
  calm: 0.7,
  conversationsPerPage: 16,
  companions: 3,
  // Short, so that the next worker takes over soon; long enough for an answer on a busy machine.
  lanes: { leaseMs: 2000, graceMs: 300, concurrency: 64 },
  // What was sent three times waits for a minute.
  idleMs: 100_000,
  stopWhenRed: false,
  keep: false,
}

/** The same for whoever has no minute: the copy of the source that is run waits for echoes for a third as long. */
export function hurried<S extends typeof fullScenario>(scenario: S): S {
  const echoWait = { find: 'const echoWaitMs = 15_000', replace: hurriedEchoWait }
  return {
    ...scenario,
    patches: [{ file: 'routing/send-part.ts', ...echoWait }],
    echoWaitMs: 5000,
    lateMs: 3500,
    again: 0,
    calm: 0.2,
    conversationsPerPage: 8,
    idleMs: 40_000,
  }
}

export const hurriedEchoWait = 'const echoWaitMs = 5_000'
