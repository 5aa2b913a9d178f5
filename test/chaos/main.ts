import { parseArgs } from 'node:util'
import { interruptible } from './interrupt.ts'
import { runScenario } from './run.ts'
import type { Report } from './run.ts'
import { fullScenario } from './scenario.ts'

const help = `The chaos test: real processes, signed load, faults from a seed, and an auditor that knows every acknowledged mid.

  npm run test:chaos -- [--seed N] [--seconds S] [--keep] [--help]

  --seed N      what breaks and when, and what is sent; the same seed gives the same plan (default 1)
  --seconds S   how long it goes on, before it waits for the rest to arrive (default 30)
  --keep        leave the folder with logs and records there

Exit 0 when nothing was lost, inverted, altered or invented, and every repeat has its reason and its first webhook-id.`

function readNumber(name: string, text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isInteger(value) && value > 0) return value
  console.error(`--${name} must be a whole number above 0.\n\n${help}`)
  process.exit(1)
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        seed: { type: 'string', default: '1' },
        seconds: { type: 'string', default: '30' },
        keep: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : 'Unreadable arguments'}\n\n${help}`)
    process.exit(1)
  }
}

function print({ details, ...figures }: Report): void {
  for (const detail of details.slice(0, 40)) console.log(`  ${detail}`)
  if (details.length > 40) console.log(`  and ${details.length - 40} more`)
  console.log(JSON.stringify(figures))
}

async function main(): Promise<void> {
  const args = readArguments()
  if (args.help) {
    console.log(help)
    return
  }
  const seed = readNumber('seed', args.seed)
  const seconds = readNumber('seconds', args.seconds)
  await interruptible(async (signal) => {
    console.log(`chaos: seed ${seed}, ${seconds} s`)
    const scenario = { ...fullScenario, seed, seconds, keep: args.keep }
    const report = await runScenario(scenario, { say: console.log, signal })
    print(report)
    return report.ok ? 0 : 1
  })
}

await main()
