import { parseArgs } from 'node:util'
import { runStorm } from './run.ts'
import type { StormReport } from './run.ts'
import { fullScenario, scaled } from './scenario.ts'

const help = `A helpdesk in a storm: it answers 429, then 503, then not at all, while customers write; another one stays well.

  npm run test:storm -- [--scale N] [--customers N] [--json] [--help]

  --scale N       all times are so much of the full ones: 1 minute of 429, 10 of 503, 1 of silence (default 1)
  --customers N   who write to each of the two (default 200)
  --json          also print all figures as JSON, as the last line

Exit 0 when nothing was lost, doubled or out of order at either, and the one that stayed well had each message within
1.2 times of what it took before (99th percentile). Needs a quiet machine.`

const most = 1.2

function readNumber(name: string, text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value > 0 && value <= 1000) return value
  console.error(`--${name} must be a number above 0.\n\n${help}`)
  process.exit(1)
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      scale: { type: 'string', default: '1' },
      customers: { type: 'string', default: '200' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return console.log(help)
  const scale = readNumber('scale', values.scale)
  const customers = Math.ceil(readNumber('customers', values.customers))
  const report = await runStorm({ ...scaled(fullScenario, scale), customers }, console.log)
  const ok = print(report)
  if (values.json) console.log(JSON.stringify(report))
  process.exitCode = ok ? 0 : 1
}

function print({ phases, sick, well, written, ...report }: StormReport): boolean {
  const [before] = phases
  console.log('\nThe helpdesk that is well, from the POST until it has the message:')
  const ratios = phases.map(({ name, p50, p99, messages }) => {
    const ratio = p99 / (before?.p99 ?? Number.NaN)
    const figures = `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, ${messages} messages`
    console.log(`  ${name.padEnd(10)} ${figures}, p99 ${ratio.toFixed(2)} of before`)
    return ratio
  })
  const faults = [sick, well].flatMap(({ lost, doubled, inverted }) => [lost, doubled, inverted])
  for (const [name, heard, count] of [
    ['sick', sick, written.sick],
    ['well', well, written.well],
  ] as const)
    console.log(
      `${name}: ${count} written, lost ${heard.lost}, doubled ${heard.doubled}, out of order ${heard.inverted}`,
    )
  console.log(
    `The sick one had all after ${report.recoverySeconds.toFixed(0)} s, in ${report.updates} updates.`,
  )
  console.log(`dead letters ${report.deadLetters}, deliveries refused ${report.refused}`)
  const isWell = ratios.every((ratio) => ratio <= most)
  const ok = faults.every((count) => count === 0) && report.deadLetters + report.refused === 0 && isWell
  console.log(ok ? 'GREEN' : 'RED')
  return ok
}

await main()
