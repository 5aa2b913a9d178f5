import type { Refusal } from './ask-graph.ts'
import { commandLine } from './deps.ts'
import type { ConfiguredPage, SetupDeps } from './deps.ts'
import { counted, isoMoment } from './report.ts'

export interface BackfillOptions {
  /** ms since the epoch */
  since: number
  /** Only say what is there. */
  dryRun: boolean
}

/** Meta tells the details of so many messages of a conversation, the newest. */
export const newest = 20

/** What a backfill has come to. */
export interface Tally {
  conversations: number
  /** Journalled, or what would be. */
  messages: number
  /** Received before, or sent by ourselves. */
  known: number
  /** Within the time, but older than the newest that Meta tells of, by conversation. */
  tooOld: { conversation: string; atLeast: number }[]
  unreadable: number
  failed: number
}

/** Says what was got and what was not, and what to do next. True when all was got that Meta still tells. */
export function tellBackfill(
  page: ConfiguredPage,
  { since, dryRun }: BackfillOptions,
  found: number,
  tally: Tally,
  stopped: Refusal | undefined,
  { print, signal }: SetupDeps,
): boolean {
  const again = commandLine('backfill', '--page', page.id, '--since', isoMoment(since))
  const all = counted(found, 'conversation')
  const of = tally.conversations === found ? all : `${tally.conversations} of ${all}`
  if (stopped) {
    print(`Stopped: ${stopped.message}`)
    print(`  ${stopped.remedy}`)
  }
  if (stopped && found === 0) {
    print(`  $ ${commandLine('doctor')}`)
    return false
  }
  const those = `${counted(tally.messages, 'new message')} in ${of}`
  print(`${dryRun ? 'Found' : 'Journalled'} ${those}; ${tally.known} more were known already.`)
  if (tally.tooOld.length > 0) {
    print(`Not to be had: Meta tells only the newest ${newest} messages of a conversation. At least`)
    for (const { conversation, atLeast } of tally.tooOld) print(`  ${atLeast} older in ${conversation}`)
  }
  if (tally.unreadable > 0)
    print(`Left out: ${counted(tally.unreadable, 'message')} of which Meta tells no sender or time.`)
  if (tally.failed > 0) print(`Refused by Meta: ${counted(tally.failed, 'conversation')}.`)
  print('Taps on buttons, reactions, receipts and comments are not told afterwards.')
  const isWhole = stopped === undefined && !signal.aborted && tally.failed === 0
  if (dryRun) print('Nothing was journalled (--dry-run).')
  if (isWhole && dryRun && tally.messages > 0) {
    print('Get them with:')
    print(`  $ ${again}`)
  }
  if (isWhole) return true
  print('Not finished. Run it again; nothing comes twice:')
  print(`  $ ${again}`)
  return false
}
