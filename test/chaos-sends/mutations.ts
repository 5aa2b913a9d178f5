import type { Patch } from '../chaos/tree.ts'
import type { FaultName } from './audit.ts'
import { fullScenario, hurried, hurriedEchoWait } from './scenario.ts'
import type { Scenario } from './scenario.ts'

export interface Mutant {
  name: string
  patches: readonly Patch[]
  /** Caught only when at least one of these is there: a mutant that does not even run proves nothing. */
  symptoms: readonly FaultName[]
}

/** A scenario that stays green as the source is, and must not with any of the mutants. */
export interface Trial {
  name: string
  scenario: Omit<Scenario, 'seed'>
  mutants: readonly Mutant[]
}

const short: Trial['scenario'] = {
  ...hurried(fullScenario),
  calm: fullScenario.calm,
  conversationsPerPage: fullScenario.conversationsPerPage,
  kills: 8,
  again: 0,
  outages: 0,
  late: 0,
  deaf: 0,
  companions: 1,
  stopWhenRed: true,
}

const sendPart = (find: string, replace: string): Patch => ({ file: 'routing/send-part.ts', find, replace })

const noteEcho = `await deps.replies.noteSent(echoes, 'echo')`
const askRecord = 'if (known.has(progress.done)) progress'
const askRecordOnceMore = 'if (sent.parts.has(progress.done)) return partDone(progress)'
const askJournal = 'if ((await deps.splitUntil()) < progress.since + patienceMs) {'
const noteAnswer = `await noted(deps, reply.id, deps.replies.noteSent([sent], 'answer'))`
const tellRepeat = '...(repeats ? { possibleRepeat: true } : {})'

export const trials: readonly Trial[] = [
  {
    name: 'answers are lost, and echoes come late',
    scenario: {
      ...short,
      weights: { 'answer lost': 2, answered: 1, noted: 1, 'before commit': 1 },
      late: 0.8,
    },
    mutants: [
      {
        name: 'echoes are not noted',
        patches: [{ file: 'queue/split-deliveries.ts', find: noteEcho, replace: 'await null' }],
        symptoms: ['doubled'],
      },
      {
        name: 'the record is not asked before a part is sent again',
        patches: [
          { file: 'routing/send-parts.ts', find: askRecord, replace: 'if (known.has(-1)) progress' },
          sendPart(askRecordOnceMore, ''),
        ],
        symptoms: ['doubled', 'resent'],
      },
      {
        name: 'an echo is waited for 0 ms',
        patches: [sendPart(hurriedEchoWait, 'const echoWaitMs = 0')],
        symptoms: ['doubled'],
      },
    ],
  },
  {
    name: 'no worker for longer than an echo is waited for',
    scenario: { ...short, kills: 2, outages: 2, weights: { 'answer lost': 1 } },
    mutants: [
      {
        name: 'the journal is not asked whether an echo waits in it',
        patches: [sendPart(askJournal, 'if (progress.since > deps.now()) {')],
        symptoms: ['doubled'],
      },
    ],
  },
  {
    name: 'Pages without echoes',
    scenario: { ...short, deaf: 1 },
    mutants: [
      {
        name: 'the mark is not saved before the request',
        patches: [sendPart('hold.save(JSON.stringify(marked)),', 'Promise.resolve(true),')],
        symptoms: ['unmarked'],
      },
      {
        name: 'possibleRepeat is never set',
        patches: [sendPart(tellRepeat, '')],
        symptoms: ['unmarked'],
      },
      {
        name: 'possibleRepeat is always set',
        patches: [sendPart(tellRepeat, 'possibleRepeat: true')],
        symptoms: ['overmarked'],
      },
      {
        name: 'nobody notes what Meta answered, nor keeps how far it came',
        patches: [
          sendPart(noteAnswer, 'true'),
          sendPart('|| (await hold.save(JSON.stringify(after)))', '|| sent.at > 0'),
        ],
        symptoms: ['misstated'],
      },
      {
        name: 'what waits goes behind its followers',
        patches: [
          {
            file: 'lanes/scripts/commit.lua',
            find: "elseif verdict == 'retry' or verdict == 'wait' then",
            replace:
              "elseif verdict == 'retry' or verdict == 'wait' then\n    redis.call('LMOVE', items, items, 'LEFT', 'RIGHT')",
          },
        ],
        symptoms: ['inverted'],
      },
      {
        name: 'what nobody knows of is taken for sent',
        patches: [
          sendPart(
            'if (progress.sends < maxSends) return undefined',
            'if (progress.sends < maxSends) return partDone(progress)',
          ),
        ],
        symptoms: ['lost'],
      },
    ],
  },
  {
    name: 'few people, of whom some blocked the Page',
    scenario: { ...short, conversationsPerPage: 4, companions: 6 },
    mutants: [
      {
        name: 'nobody is told that a reply failed',
        patches: [
          {
            file: 'routing/reply-fate.ts',
            find: "if (death.code === 'PAYLOAD_UNREADABLE') return",
            replace: 'if (death.verdict) return',
          },
        ],
        symptoms: ['failed'],
      },
      {
        name: 'receipts move nothing',
        patches: [
          {
            file: 'routing/notice-events.ts',
            find: 'receipts.length > 0 ? deps.receipts.note(receipts) : undefined',
            replace: 'undefined',
          },
        ],
        symptoms: ['misstated'],
      },
      {
        name: 'a text of several parts loses its last one',
        patches: [
          {
            file: 'routing/send-parts.ts',
            find: 'while (progress.done < parts.length) {',
            replace: 'while (progress.done < Math.max(1, parts.length - 1)) {',
          },
        ],
        symptoms: ['lost'],
      },
    ],
  },
]
