import type { SetupDeps } from '../setup/deps.ts'
import { printable } from '../setup/report.ts'
import { subscribe } from '../setup/subscribe.ts'
import { configOf } from './command-deps.ts'
import type { CommandDeps } from './command-deps.ts'
import { pickPages } from './pick-pages.ts'
import { exit, mistake, readArguments } from './read-arguments.ts'

export const subscribeHelp = `deskbridge subscribe: subscribe the app and its Pages to the webhook fields that are needed

  node src/main.ts subscribe [--page <id>] [--dry-run] [--exact]

  --page      only this Page; all Pages of the config otherwise
  --dry-run   say what would change, and change nothing
  --exact     also drop fields that deskbridge does not use; without it they stay

A field counts only when both the app and the Page are subscribed to it. The app is subscribed when meta.appId and
server.publicUrl are set; Meta calls the webhook meanwhile, so the service has to be up. May be run again at any
time. Exit code 0: all stands as it should. 1: something was refused.`

export async function runSubscribe(args: string[], deps: CommandDeps<SetupDeps>): Promise<number> {
  const print = (line: string) => deps.print(printable(line))
  const options = {
    page: { type: 'string' },
    'dry-run': { type: 'boolean' },
    exact: { type: 'boolean' },
  } as const
  const values = readArguments(args, options, subscribeHelp, deps.print)
  if (typeof values === 'number') return values
  const config = configOf(deps)
  if (config === undefined) return exit.faults
  const pages = pickPages(config.pages, values.page)
  if (typeof pages === 'string') return mistake(pages, subscribeHelp, deps.print)
  const dryRun = values['dry-run'] === true
  const isRight = await subscribe(
    config,
    pages,
    { dryRun, exact: values.exact === true },
    { ...deps.open(config), print },
  )
  if (dryRun) print('Nothing was changed (--dry-run).')
  return isRight ? exit.done : exit.faults
}
