import type { SetupDeps } from '../setup/deps.ts'
import { printable } from '../setup/report.ts'
import { writeProfiles } from '../setup/write-profile.ts'
import { configOf } from './command-deps.ts'
import type { CommandDeps } from './command-deps.ts'
import { pickPages } from './pick-pages.ts'
import { exit, mistake, readArguments } from './read-arguments.ts'

export const profileHelp = `deskbridge profile: write how Pages present themselves in Messenger

  node src/main.ts profile [--page <id>] [--dry-run] [--exact]

  --page      only this Page; all Pages that have a profile in the config otherwise
  --dry-run   show the difference, and write nothing
  --exact     also remove what Meta holds and the config does not name; without it that stays

Get Started, greeting, ice breakers, menu and commands come from pages[].profile, for each locale. Only what differs
is written: at most three of the ten calls that Meta takes in ten minutes. Exit code 0: the profiles are as the
config says. 1: something was refused.`

export async function runProfile(args: string[], deps: CommandDeps<SetupDeps>): Promise<number> {
  const print = (line: string) => deps.print(printable(line))
  const options = {
    page: { type: 'string' },
    'dry-run': { type: 'boolean' },
    exact: { type: 'boolean' },
  } as const
  const values = readArguments(args, options, profileHelp, deps.print)
  if (typeof values === 'number') return values
  const config = configOf(deps)
  if (config === undefined) return exit.faults
  const picked = pickPages(config.pages, values.page)
  if (typeof picked === 'string') return mistake(picked, profileHelp, deps.print)
  const pages = values.page === undefined ? picked.filter((page) => page.profile !== undefined) : picked
  if (pages.length === 0) {
    print('No Page of the config has a profile, so there is nothing to write. docs/setup.md shows one.')
    return exit.done
  }
  const dryRun = values['dry-run'] === true
  const isRight = await writeProfiles(
    pages,
    { dryRun, exact: values.exact === true },
    { ...deps.open(config), print },
  )
  if (dryRun) print('Nothing was written (--dry-run).')
  return isRight ? exit.done : exit.faults
}
