import {
  appendStep,
  dieBeforeAlarm,
  patientHold,
  pause,
  pauseBeforeAlarm,
  ringStep,
  script,
  splitPatch,
  timerOff,
  unevenSplits,
} from './patches.ts'
import { fullScenario, noFaults } from './scenario.ts'
import type { Scenario } from './scenario.ts'
import type { Patch } from './tree.ts'

/** What the audit of a mutant must find, by the name of its figure. */
export type Symptom = 'lost' | 'inverted' | 'unexplained' | 'renamed'

export interface Mutant {
  name: string
  patches: readonly Patch[]
  /** Caught only when at least one of these is there: a mutant that does not even run proves nothing. */
  symptoms: readonly Symptom[]
}

/** A scenario that stays green with the control patches alone, and must not with any of the mutants. */
export interface Trial {
  name: string
  scenario: Omit<Scenario, 'seed' | 'patches'>
  control: readonly Patch[]
  mutants: readonly Mutant[]
}

/** No faults, and so many conversations that hardly any is met twice: nobody's next message repairs a lost alarm. */
const calm: Trial['scenario'] = {
  ...fullScenario,
  seconds: 4,
  conversations: 5000,
  duplicates: 0,
  failures: 0,
  lanes: { leaseMs: 10_000, graceMs: 300, concurrency: 64 },
  faults: noFaults,
  idleMs: 4000,
  stopWhenRed: true,
}
/** Few conversations that always have something to do. */
const busy: Trial['scenario'] = { ...calm, conversations: 12, deskMs: 20 }
const shortLease = { leaseMs: 1500, graceMs: 300, concurrency: 64 }

export const trials: readonly Trial[] = [
  {
    name: 'alarms alone, no timer',
    scenario: calm,
    control: [timerOff, pauseBeforeAlarm],
    mutants: [
      {
        name: 'alarm before append',
        patches: [
          timerOff,
          splitPatch(ringStep, ''),
          splitPatch(appendStep, `${ringStep}\n    ${pause}\n    ${appendStep}`),
        ],
        symptoms: ['lost'],
      },
    ],
  },
  {
    name: 'a worker dies between append and alarm, no timer',
    // The job's lock of three seconds has to end, and two stalled checks to come.
    scenario: { ...calm, idleMs: 9000, mayExit: true },
    control: [timerOff, dieBeforeAlarm],
    mutants: [
      {
        name: 'lanes of duplicates not alarmed',
        patches: [
          timerOff,
          dieBeforeAlarm,
          splitPatch(appendStep, `${appendStep}\n    if (fresh === 0) return`),
        ],
        symptoms: ['lost'],
      },
    ],
  },
  {
    name: 'alarms wiped while they queue',
    scenario: {
      ...calm,
      deskMs: 40,
      lanes: { leaseMs: 3000, graceMs: 300, concurrency: 2 },
      faults: { everyMs: 500, weights: { 'wipe alarms': 1 } },
    },
    control: [],
    mutants: [
      {
        name: 'APPEND does not put the lane into dirty',
        patches: [script('append', "redis.call('ZADD', KEYS[1], 'NX', now + grace, ARGV[4 + i])", '')],
        symptoms: ['lost'],
      },
      { name: 'no timer', patches: [timerOff], symptoms: ['lost'] },
    ],
  },
  {
    name: 'workers frozen beyond their lease',
    scenario: {
      ...calm,
      seconds: 8,
      conversations: 16,
      deliveriesPerSecond: 30,
      // So that a frozen worker has requests out, and that two holders of a lane overtake each other.
      deskMs: 60,
      lanes: shortLease,
      // Seldom enough that mostly one of the two is awake and takes over.
      faults: { everyMs: 2500, weights: { 'freeze worker': 1 } },
    },
    control: [patientHold],
    mutants: [
      {
        name: 'COMMIT trusts any holder',
        patches: [patientHold, script('commit', 'if is[1] ~= epoch or is[2] ~= seq then', 'if false then')],
        symptoms: ['lost', 'inverted'],
      },
    ],
  },
  {
    name: 'busy conversations and duplicates',
    scenario: { ...busy, duplicates: 0.4 },
    control: [],
    mutants: [
      {
        name: 'CLAIM ignores a running lease',
        patches: [
          script('claim', 'local leased = was[1] and tonumber(was[1]) > now', 'local leased = false'),
        ],
        symptoms: ['unexplained'],
      },
      {
        name: 'APPEND does not deduplicate',
        patches: [
          script(
            'append',
            "if redis.call('SET', KEYS[2 + lanes + i], 1, 'NX', 'PX', seen_ttl) then",
            'if true then',
          ),
        ],
        symptoms: ['unexplained'],
      },
    ],
  },
  {
    name: 'Redis killed',
    scenario: {
      ...calm,
      seconds: 8,
      faults: { everyMs: 1500, weights: { 'kill redis': 1 } },
      idleMs: 12_000,
    },
    control: [],
    mutants: [
      {
        name: '200 before the journal has confirmed',
        patches: [
          {
            file: 'http/webhook-routes.ts',
            find: 'await deps.journal(body, receivedAt)',
            replace: 'deps.journal(body, receivedAt).catch(() => undefined)',
          },
        ],
        symptoms: ['lost'],
      },
    ],
  },
  {
    name: 'splits of uneven length',
    scenario: { ...busy, deskMs: 0 },
    control: [unevenSplits],
    mutants: [
      {
        name: 'several splitters at a time',
        patches: [
          unevenSplits,
          {
            file: 'queue/split-worker.ts',
            find: 'setGlobalConcurrency(1)',
            replace: 'setGlobalConcurrency(9)',
          },
        ],
        symptoms: ['inverted'],
      },
    ],
  },
  {
    name: 'a helpdesk that fails',
    // A late answer is waited for 4.5 s in silence, and then the head rests: that is not yet the end.
    scenario: { ...busy, conversations: 40, failures: 0.1, idleMs: 15_000 },
    control: [],
    mutants: [
      {
        name: 'a retry goes to the tail',
        patches: [
          script(
            'commit',
            "elseif verdict == 'retry' or verdict == 'wait' then",
            "elseif verdict == 'retry' or verdict == 'wait' then\n    redis.call('LMOVE', items, items, 'LEFT', 'RIGHT')",
          ),
        ],
        symptoms: ['inverted'],
      },
      {
        name: 'another webhook-id on each try',
        patches: [
          {
            file: 'routing/forward-event.ts',
            find: 'idempotencyKey: event.id, ...tryOf',
            replace: 'idempotencyKey: `${event.id}.${task.attempts}`, ...tryOf',
          },
        ],
        symptoms: ['renamed'],
      },
      {
        name: 'any answer is taken for a yes',
        patches: [
          {
            file: 'helpdesk/http-client.ts',
            find: 'if (status < 200 || status > 299) throw',
            replace: 'if (status === 0) throw',
          },
        ],
        symptoms: ['lost'],
      },
    ],
  },
]
