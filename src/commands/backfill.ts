import { backfill } from '../setup/backfill.ts'
import type { BackfillDeps } from '../setup/backfill.ts'
import { moment, printable } from '../setup/report.ts'
import { readSince } from '../setup/since.ts'
import { configOf } from './command-deps.ts'
import type { CommandDeps } from './command-deps.ts'
import { pickPages } from './pick-pages.ts'
import { exit, mistake, readArguments } from './read-arguments.ts'

export const backfillHelp = `deskbridge backfill: get what was written to a Page while deliveries were lost

  node src/main.ts backfill --page <id> --since <time> [--dry-run] [--allow-repeats]

  --page            the Page, by its id
  --since           how far back: 90m, 2h, 3d, or a time such as 2026-11-23T06:10:00Z
  --dry-run         say how much there is, and journal nothing
  --allow-repeats   go further back than events are remembered (retention.dedupeHours); what was received before
                    that reaches the helpdesk a second time

Messages are read from Meta's Conversations API, two calls a second, and go the way of a delivery: those that were
received before are recognised. Meta tells only the newest 20 messages of a conversation. May be stopped and run
again. Exit code 0: all was got that Meta still tells. 1: not finished; run it again.`

const hourMs = 3_600_000
/** Marks of events may end while the backfill runs. */
const marginMs = hourMs

export async function runBackfill(args: string[], deps: CommandDeps<BackfillDeps>): Promise<number> {
  const print = (line: string) => deps.print(printable(line))
  const options = {
    page: { type: 'string' },
    since: { type: 'string' },
    'dry-run': { type: 'boolean' },
    'allow-repeats': { type: 'boolean' },
  } as const
  const values = readArguments(args, options, backfillHelp, deps.print)
  if (typeof values === 'number') return values
  const wrong = (message: string) => mistake(message, backfillHelp, deps.print)
  if (values.page === undefined) return wrong('Which Page? Give --page <id>.')
  if (values.since === undefined) return wrong('How far back? Give --since, such as --since 2h.')
  const config = configOf(deps)
  if (config === undefined) return exit.faults
  const pages = pickPages(config.pages, values.page)
  if (typeof pages === 'string') return wrong(pages)
  const tools = deps.open(config)
  const since = readSince(values.since, tools.now())
  if (since === undefined)
    return wrong(`--since ${values.since} is neither a time in the past nor like 90m, 2h or 3d.`)

  const { dedupeHours } = config.retention
  const remembered = tools.now() - dedupeHours * hourMs + marginMs
  if (since < remembered && values['allow-repeats'] !== true) {
    print(
      `Events are remembered for ${dedupeHours} h (retention.dedupeHours); what was received before would come twice.`,
    )
    print(`Begin at ${moment(remembered)} or later.`)
    print('If nothing was received since then, as in a long outage, nothing can repeat: add --allow-repeats.')
    return exit.faults
  }
  const [page] = pages
  if (page === undefined) return exit.faults
  const isWhole = await backfill(page, { since, dryRun: values['dry-run'] === true }, { ...tools, print })
  return isWhole ? exit.done : exit.faults
}
