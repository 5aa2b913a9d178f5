import { parseArgs } from 'node:util'
import { interruptible } from './interrupt.ts'
import { trials } from './mutations.ts'
import type { Mutant, Trial } from './mutations.ts'
import { runScenario } from './run.ts'
import type { Report } from './run.ts'
import type { Patch } from './tree.ts'

const help = `The mutation check of the chaos test: turns off one rule at a time, and the auditor must see it.

  npm run test:chaos:mutants -- [--only TEXT] [--verbose] [--help]

  --only TEXT   only trials or mutants whose name contains it
  --verbose     say how each run goes on

Every trial also runs without its mutants, and must be green then. Exit 0 when all controls are green and all mutants caught.`

/** A mutant may be lucky once: a race is not lost every time. */
const seeds = [1, 2]

interface Result {
  trial: string
  mutant: string
  verdict: string
  ok: boolean
  seconds: number
}

type Run = (trial: Trial, patches: readonly Patch[], seed: number) => Promise<Report>

async function runControl(run: Run, trial: Trial): Promise<Result> {
  const began = performance.now()
  const report = await run(trial, trial.control, seeds[0]!)
  const verdict = report.ok ? 'green' : `NOT GREEN: ${symptoms(report)}`
  if (!report.ok) for (const detail of report.details.slice(0, 10)) console.log(`    ${detail}`)
  return result(trial, '(control)', verdict, report.ok, began)
}

async function runMutant(run: Run, trial: Trial, mutant: Mutant): Promise<Result> {
  const began = performance.now()
  let seen = ''
  for (const seed of seeds) {
    const report = await run(trial, mutant.patches, seed)
    seen = symptoms(report)
    if (mutant.symptoms.some((name) => report[name] > 0)) return result(trial, mutant.name, seen, true, began)
  }
  return result(trial, mutant.name, seen === '' ? 'SURVIVED' : `NOT AS EXPECTED: ${seen}`, false, began)
}

function result(trial: Trial, mutant: string, verdict: string, ok: boolean, began: number): Result {
  const seconds = Math.round((performance.now() - began) / 1000)
  return { trial: trial.name, mutant, verdict, ok, seconds }
}

/** Every figure that should be zero and is not. */
function symptoms(report: Report): string {
  const { lost, inverted, unexplained, renamed, altered, invented, unacked, failedDeliveries } = report
  const counts = { lost, inverted, unexplained, renamed, altered, invented, unacked, failedDeliveries }
  const all = { ...counts, exits: report.exits.length, deadLetters: report.deadLetters.length }
  return Object.entries(all)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')
}

/** A stale patch or a tree that does not start: as bad as a survivor, and no reason to leave out the others. */
function failure(trial: Trial, error: unknown, signal: AbortSignal): Result {
  if (signal.aborted) throw error
  const verdict = `NOT RUN: ${error instanceof Error ? error.message : String(error)}`
  return { trial: trial.name, mutant: '(failed)', verdict, ok: false, seconds: 0 }
}

async function runTrial(run: Run, trial: Trial, only: string, signal: AbortSignal): Promise<Result[]> {
  const isWanted = (name: string) => name.toLowerCase().includes(only.toLowerCase())
  const mutants = isWanted(trial.name) ? trial.mutants : trial.mutants.filter(({ name }) => isWanted(name))
  if (mutants.length === 0) return []
  console.log(trial.name)
  const results: Result[] = []
  for (const make of [
    () => runControl(run, trial),
    ...mutants.map((one) => () => runMutant(run, trial, one)),
  ]) {
    const made = await make().catch((error: unknown) => failure(trial, error, signal))
    results.push(made)
    const mark = made.ok ? 'ok ' : 'BAD'
    console.log(`  ${mark} ${made.mutant.padEnd(44)}${made.verdict}  (${made.seconds} s)`)
  }
  return results
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: '' },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return console.log(help)
  await interruptible(async (signal) => {
    const say = values.verbose ? console.log : () => {}
    const run: Run = (trial, patches, seed) =>
      runScenario({ ...trial.scenario, seed, patches }, { say, signal })
    const results: Result[] = []
    for (const trial of trials) results.push(...(await runTrial(run, trial, values.only, signal)))
    const bad = results.filter(({ ok }) => !ok)
    const mutants = results.filter(({ mutant }) => mutant !== '(control)')
    const caught = mutants.filter(({ ok }) => ok).length
    console.log(
      `\n${caught} of ${mutants.length} mutants caught, ${results.length - mutants.length} controls run`,
    )
    for (const { trial, mutant, verdict } of bad) console.log(`  ${trial} / ${mutant}: ${verdict}`)
    return bad.length === 0 && mutants.length > 0 ? 0 : 1
  })
}

await main()
