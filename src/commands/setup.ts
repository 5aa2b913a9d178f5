import type { Config } from '../config/schema.ts'
import type { HelpdeskAdapter } from '../helpdesk/adapter.ts'
import type { SetupFinding } from '../helpdesk/setup.ts'
import { setUpHelpdesk } from '../setup/check-helpdesk.ts'
import type { HelpdeskDeps } from '../setup/check-helpdesk.ts'
import { commandLine } from '../setup/deps.ts'
import { printable } from '../setup/report.ts'
import { configOf } from './command-deps.ts'
import type { CommandDeps } from './command-deps.ts'
import { exit, mistake } from './read-arguments.ts'

export const setupHelp = `deskbridge setup: make in a helpdesk what deskbridge needs there

  node src/main.ts setup <helpdesk> …

  <helpdesk>   its name in the config; several may be named

It makes what the helpdesk's API lets us make (a webhook, a trigger, an inbox, a field), checks the rest, and says step
by step what only a person can do. docs/adapters has a page for each. May be run again at any time: what is there stays.
Exit code 0: all is there. 1: something is left to do, or was refused.`

export interface SetupTools extends HelpdeskDeps {
  openHelpdesk: (name: string) => Promise<HelpdeskAdapter>
}

const next = `If you changed the config, restart the service. Then: ${commandLine('doctor')}`
const again = 'Begin at the top, and run this again. What cannot be seen from here stays in the list.'

const words = { ok: 'ok', changed: 'made', todo: 'to do', failed: 'failed' } as const

export async function runSetup(args: string[], deps: CommandDeps<SetupTools>): Promise<number> {
  const { print } = deps
  if (args.includes('--help') || args.includes('-h')) {
    print(setupHelp)
    return exit.done
  }
  const option = args.find((one) => one.startsWith('-'))
  if (option !== undefined) return mistake(`There is no option ${option}.`, setupHelp, print)
  const config = configOf(deps)
  if (config === undefined) return exit.faults
  const names = Object.keys(config.helpdesks)
  const unknown = args.find((name) => !names.includes(name))
  if (unknown !== undefined || args.length === 0) {
    const there = names.length === 0 ? 'The config has none.' : `The config has: ${names.join(', ')}.`
    return mistake(
      unknown === undefined ? `Which helpdesk? ${there}` : `There is no helpdesk ${unknown}. ${there}`,
      setupHelp,
      print,
    )
  }
  const tools = deps.open(config)
  let left = 0
  for (const name of args) left += await setUpOne(name, config, tools, print)
  for (const line of ['', left === 0 ? `Nothing is left to do. ${next}` : `${left} left to do. ${again}`])
    print(line)
  return left === 0 ? exit.done : exit.faults
}

const withoutRedis: SetupFinding = {
  state: 'failed',
  what: 'Redis, where calls to a helpdesk are counted',
  mend: 'Is it up, and is redis.url (or REDIS_URL) right?',
}

/** How many things are left. */
async function setUpOne(
  name: string,
  config: Config,
  tools: SetupTools,
  print: (line: string) => void,
): Promise<number> {
  print(`${name} (${config.helpdesks[name]?.adapter})`)
  const helpdesk = await tools.openHelpdesk(name).catch(() => undefined)
  if (helpdesk === undefined) {
    for (const line of findingLines(withoutRedis)) print(line)
    return 1
  }
  try {
    const findings = await setUpHelpdesk({ name, helpdesk, publicUrl: config.server.publicUrl }, tools)
    for (const line of findings.flatMap(findingLines)) print(printable(line))
    return findings.filter(({ state }) => state === 'todo' || state === 'failed').length
  } finally {
    await helpdesk.close()
  }
}

function findingLines({ state, what, mend }: SetupFinding): string[] {
  const steps = mend === undefined ? [] : mend.split('\n').map((line) => `          ${line}`)
  return [`  ${words[state].padEnd(6)}  ${what}`, ...steps]
}
