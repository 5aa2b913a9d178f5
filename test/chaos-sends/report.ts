import { replyMetadata } from '../../src/domain/reply-metadata.ts'
import { effectsOf } from './audit.ts'
import type { Effects, Evidence } from './audit.ts'
import { describe } from './audit-wire.ts'
import type { Kills } from './kills.ts'
import type { Report } from './run.ts'
import { steps } from './scenario.ts'
import type { Step } from './scenario.ts'

export interface StepFigures {
  hits: number
  /** Of these, at a Page without echoes. */
  deaf: number
  /** Of these, at a reply that had been hit before. */
  again: number
  /** Of these, at a part of a reply of several. */
  inParts: number
}

export interface Figures {
  kills: number
  /** Replies in whose middle a worker died: at least one for each kill. */
  hits: number
  steps: Record<Step, StepFigures>
  /** Kills that left no worker for longer than an echo is waited for. */
  outages: number
  replies: number
  /** Calls of the Send API that the replies take. */
  parts: number
  /** Messages that Meta took. */
  taken: number
  /** Of these, how many the person had already; by whether Meta tells the Page of its own messages. */
  repeatsWithEchoes: number
  repeatsWithoutEchoes: number
  /** Replies that are said to be possible repeats, and how many of them did repeat something. */
  marked: number
  markedAndRepeated: number
  /** Replies to people who blocked the Page, all of which must fail. */
  refused: number
  /** From a reply's acceptance until Meta had taken each of its parts; the longest, ms, and what held it up. */
  slowestMs: number
  slowest: string
}

export function figuresOf({ accepted, sent, records, wire }: Evidence, { hits, count }: Kills): Figures {
  const effects = effectsOf(sent)
  const repeatsOf = (id: string) =>
    [...effects].reduce((sum, [name, all]) => sum + (name.startsWith(id) ? all.length - 1 : 0), 0)
  const repeats = new Map(accepted.map(({ id }) => [id, repeatsOf(id)]))
  const sum = (deaf: boolean) =>
    accepted.reduce(
      (total, one) => total + (one.conversation.page.deaf === deaf ? repeats.get(one.id)! : 0),
      0,
    )
  const marked = accepted.filter(({ id }) => records?.get(id)?.possibleRepeat === true)
  const { slowestMs, slowest } = slowestOf({ accepted, wire }, effects)
  return {
    kills: count,
    hits: hits.length,
    steps: Object.fromEntries(
      steps.map((step) => {
        const own = hits.filter((one) => one.step === step)
        const countOf = (fits: (one: (typeof hits)[number]) => boolean) => own.filter(fits).length
        return [
          step,
          {
            hits: own.length,
            deaf: countOf((one) => one.conversation.page.deaf),
            again: countOf((one) => one.dueAt !== null),
            inParts: countOf((one) => one.planned.parts > 1),
          },
        ]
      }),
    ) as Record<Step, StepFigures>,
    outages: hits.filter((one) => one.planned.downMs > 0 && one.dueAt === null).length,
    replies: accepted.length,
    parts: accepted.reduce((total, one) => total + one.parts, 0),
    taken: sent.length,
    repeatsWithEchoes: sum(false),
    repeatsWithoutEchoes: sum(true),
    marked: marked.length,
    markedAndRepeated: marked.filter(({ id }) => repeats.get(id)! > 0).length,
    refused: accepted.filter((one) => one.conversation.blocked).length,
    slowestMs,
    slowest,
  }
}

function slowestOf({ accepted, wire }: Pick<Evidence, 'accepted' | 'wire'>, effects: Effects) {
  let [slowestMs, slowest] = [0, '']
  for (const { id, number, parts, at, conversation } of accepted) {
    const last = effects.get(replyMetadata(id, parts - 1))?.[0]?.at ?? 0
    if (last - at <= slowestMs) continue
    slowestMs = last - at
    const before = accepted.findLast((one) => one.conversation === conversation && one.number < number)
    slowest = `reply ${number}: ${describe(wire.of(id))}; before it reply ${before?.number}: ${describe(wire.of(before?.id ?? ''))}`
  }
  return { slowestMs, slowest }
}

/** The table that people read. */
export function tableOf(report: Report): string {
  const row = (cells: readonly (string | number)[]) =>
    cells.map((cell, at) => (at === 0 ? String(cell).padEnd(16) : String(cell).padStart(16))).join('')
  const { faults, kills, hits, replies, parts, taken } = report
  return [
    `seed ${report.seed}: ${kills} kills -9 of the worker in ${report.seconds} s, which hit ${hits} replies in their middle`,
    '',
    row(['step', 'replies hit', 'without echoes', 'hit once more', 'of several parts']),
    ...steps.map((step) => {
      const { hits, deaf, again, inParts } = report.steps[step]
      return row([step, hits, deaf, again, inParts])
    }),
    '',
    `kills after which no worker ran for longer than an echo is waited for: ${report.outages}`,
    `replies accepted: ${replies}, of ${parts} parts; ${report.refused} of them to people who blocked the Page`,
    `messages that Meta took: ${taken}; repeats with echoes: ${report.repeatsWithEchoes}, without: ${report.repeatsWithoutEchoes}`,
    `replies marked as a possible repeat: ${report.marked}, of which ${report.markedAndRepeated} were one`,
    `slowest reply: ${(report.slowestMs / 1000).toFixed(1)} s (${report.slowest})`,
    `faults: ${Object.entries(faults)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ')}`,
    `left in Redis: ${report.left.length}, wrong dead letters: ${report.deadLetters.length}, ` +
      `kills planned again: ${report.missed.length}, given up on: ${report.unhit.length}`,
  ].join('\n')
}
