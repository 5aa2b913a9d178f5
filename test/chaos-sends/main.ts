import { parseArgs } from 'node:util'
import { interruptible } from '../chaos/interrupt.ts'
import { tableOf } from './report.ts'
import type { Report } from './run.ts'
import { runScenario } from './run.ts'
import { fullScenario, hurried } from './scenario.ts'

const help = `The chaos test of sending: kill -9 of the worker at each step of a send, and an auditor that knows what Meta took.

  npm run test:chaos:sends -- [--seed N] [--kills N] [--outages N] [--hurry] [--json] [--keep] [--help]

  --seed N      what is sent, and at which step whose worker dies; the same seed gives the same plan (default 1)
  --kills N     how often the worker is killed (default 200)
  --outages N   after so many of them no worker runs for longer than an echo is waited for (default 3)
  --hurry       echoes are waited for 5 s instead of 15, by a patch of the copy of the source that is run
  --json        also print all figures as JSON, as the last line
  --keep        leave the folder with the logs there

The steps: before · marked · written · answer lost · answered · noted · before commit (test/chaos-sends/scenario.ts).
Exit 0 when no reply was lost, each conversation kept its order, nobody got anything twice where Meta tells the Page of
its own messages, and elsewhere each possible repeat was marked before it left.`

function readNumber(name: string, text: string, least: number): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isInteger(value) && value >= least) return value
  console.error(`--${name} must be a whole number of at least ${least}.\n\n${help}`)
  process.exit(1)
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        seed: { type: 'string', default: '1' },
        kills: { type: 'string', default: '200' },
        outages: { type: 'string', default: String(fullScenario.outages) },
        hurry: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        keep: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : 'Unreadable arguments'}\n\n${help}`)
    process.exit(1)
  }
}

function print(report: Report, json: boolean): void {
  const { details, ...figures } = report
  console.log(`\n${tableOf(report)}`)
  for (const one of figures.missed) console.log(`  planned again: ${one}`)
  for (const detail of details.slice(0, 40)) console.log(`  ${detail}`)
  if (details.length > 40) console.log(`  and ${details.length - 40} more`)
  console.log(report.ok ? 'GREEN' : 'RED')
  if (json) console.log(JSON.stringify(figures))
}

async function main(): Promise<void> {
  const args = readArguments()
  if (args.help) {
    console.log(help)
    return
  }
  const seed = readNumber('seed', args.seed, 1)
  const kills = readNumber('kills', args.kills, 1)
  const outages = readNumber('outages', args.outages, 0)
  await interruptible(async (signal) => {
    console.log(`chaos of sending: seed ${seed}, ${kills} kills`)
    const base = args.hurry ? hurried(fullScenario) : fullScenario
    const scenario = { ...base, seed, kills, outages, keep: args.keep }
    const began = performance.now()
    const say = (line: string) =>
      console.log(`  ${String(Math.round((performance.now() - began) / 1000)).padStart(4)} s  ${line}`)
    const report = await runScenario(scenario, { say, signal })
    print(report, args.json)
    return report.ok ? 0 : 1
  })
}

await main()
