import { parseArgs } from 'node:util'
import { interruptible } from '../chaos/interrupt.ts'
import type { Patch } from '../chaos/tree.ts'
import { trials } from './mutations.ts'
import type { Mutant, Trial } from './mutations.ts'
import { runScenario } from './run.ts'
import type { Report } from './run.ts'

const help = `The mutation check of the chaos test of sending: turns off one rule at a time, and the auditor must see it.

  npm run test:chaos:sends:mutants -- [--only TEXT] [--verbose] [--help]

  --only TEXT   only trials or mutants whose name contains it
  --verbose     say how each run goes on

Every trial also runs without its mutants, and must be green then. Exit 0 when all controls are green and all mutants caught.`

/** A mutant may be lucky once: an echo can come early every time. */
const seeds = [1, 2]

interface Result {
  trial: string
  mutant: string
  verdict: string
  ok: boolean
}

type Run = (trial: Trial, patches: readonly Patch[], seed: number) => Promise<Report>

async function runControl(run: Run, trial: Trial): Promise<Result> {
  const report = await run(trial, [], seeds[0]!)
  for (const detail of report.details.slice(0, 10)) console.log(`    ${detail}`)
  const verdict = report.ok ? `green after ${report.kills} kills` : `NOT GREEN: ${symptomsOf(report)}`
  return { trial: trial.name, mutant: '(control)', verdict, ok: report.ok }
}

async function runMutant(run: Run, trial: Trial, mutant: Mutant): Promise<Result> {
  const result = (verdict: string, ok: boolean) => ({ trial: trial.name, mutant: mutant.name, verdict, ok })
  let seen = ''
  for (const seed of seeds) {
    const report = await run(trial, mutant.patches, seed)
    seen = symptomsOf(report)
    if (mutant.symptoms.some((name) => report.faults[name] > 0)) return result(`red: ${seen}`, true)
  }
  return result(seen === '' ? 'SURVIVED' : `NOT AS EXPECTED: ${seen}`, false)
}

/** Every figure that should be zero and is not. */
function symptomsOf({ faults, left, deadLetters, unhit }: Report): string {
  const counts = { ...faults, left: left.length, deadLetters: deadLetters.length, unhit: unhit.length }
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')
}

/** A stale patch or a tree that does not start: as bad as a survivor, and no reason to leave out the others. */
function failure(trial: Trial, mutant: string, error: unknown, signal: AbortSignal): Result {
  if (signal.aborted) throw error
  const verdict = `NOT RUN: ${error instanceof Error ? error.message : String(error)}`
  return { trial: trial.name, mutant, verdict, ok: false }
}

async function runTrial(run: Run, trial: Trial, only: string, signal: AbortSignal): Promise<Result[]> {
  const isWanted = (name: string) => name.toLowerCase().includes(only.toLowerCase())
  const mutants = isWanted(trial.name) ? trial.mutants : trial.mutants.filter(({ name }) => isWanted(name))
  if (mutants.length === 0) return []
  console.log(trial.name)
  const runs = [
    { name: '(control)', make: () => runControl(run, trial) },
    ...mutants.map((one) => ({ name: one.name, make: () => runMutant(run, trial, one) })),
  ]
  const results: Result[] = []
  for (const { name, make } of runs) {
    const began = performance.now()
    const made = await make().catch((error: unknown) => failure(trial, name, error, signal))
    results.push(made)
    const seconds = Math.round((performance.now() - began) / 1000)
    console.log(`  ${made.ok ? 'ok ' : 'BAD'} ${made.mutant.padEnd(62)}${made.verdict}  (${seconds} s)`)
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
      runScenario(
        { ...trial.scenario, seed, patches: [...trial.scenario.patches, ...patches] },
        { say, signal },
      )
    const results: Result[] = []
    for (const trial of trials) results.push(...(await runTrial(run, trial, values.only, signal)))
    const bad = results.filter(({ ok }) => !ok)
    const mutants = results.filter(({ mutant }) => mutant !== '(control)')
    const caught = mutants.filter(({ ok }) => ok).length
    const controls = results.length - mutants.length
    console.log(`\n${caught} of ${mutants.length} mutants caught, ${controls} controls run`)
    for (const { trial, mutant, verdict } of bad) console.log(`  ${trial} / ${mutant}: ${verdict}`)
    return bad.length === 0 && mutants.length > 0 ? 0 : 1
  })
}

await main()
