import { examine, faultyConfig } from '../setup/doctor.ts'
import type { DoctorDeps } from '../setup/doctor.ts'
import { count, sectionLines, summary } from '../setup/report.ts'
import type { Section } from '../setup/report.ts'
import type { CommandDeps } from './command-deps.ts'
import { exit, readArguments } from './read-arguments.ts'

export const doctorHelp = `deskbridge doctor: say what keeps messages from flowing, and how to mend it

  node src/main.ts doctor [--json]

  --json   the findings as one JSON object, for machines

It looks at the config, Redis, the clocks, the app's secret and subscriptions, the webhook as Meta sees it
(server.publicUrl), each Page: token, permissions, subscription, and whether anything was missed, and each helpdesk:
account, rights, and whether its callbacks reach us and are believed. It changes nothing. Exit code 0: no faults; warnings may be there. 1: at least one fault.`

export async function runDoctor(args: string[], deps: CommandDeps<DoctorDeps>): Promise<number> {
  const { print, load, open } = deps
  const values = readArguments(args, { json: { type: 'boolean' } }, doctorHelp, print)
  if (typeof values === 'number') return values
  const json = values.json === true
  const tell = (section: Section) => {
    if (!json) for (const line of sectionLines(section)) print(line)
  }
  const loaded = load()
  let sections: Section[]
  if (loaded.ok) sections = await examine(loaded.file, loaded.config, open(loaded.config), tell)
  else {
    sections = [faultyConfig(loaded.file, loaded.faults)]
    tell(sections[0]!)
  }
  const faults = count(sections, 'fault')
  if (json) {
    const warnings = count(sections, 'warning')
    print(JSON.stringify({ ok: faults === 0, faults, warnings, sections }, null, 2))
  } else print(conclusion(sections, faults, loaded.ok))
  return faults === 0 ? exit.done : exit.faults
}

function conclusion(sections: Section[], faults: number, isWhole: boolean): string {
  const counted = `${summary(sections)}.`
  if (!isWhole) return `${counted} The rest is looked at once the config can be read.`
  if (faults > 0) return `${counted} Mend the faults from the top: those below often follow from them.`
  return count(sections, 'warning') > 0 ? `${counted} Messages can flow.` : `${counted} All is well.`
}
