import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import { loadConfig } from './config/load-config.ts'
import type { Environment } from './config/load-config.ts'
import type { Config } from './config/schema.ts'
import type { Page } from './domain/page.ts'
import type { Route } from './domain/route.ts'

/**
 * Reads the config file again: its Pages, tokens above all, and its routes count from then on. What else has changed wants a restart,
 * which is said. A file with faults changes nothing.
 */
export function reloadPages(
  running: Config,
  { pages, routes }: { pages: Map<string, Page>; routes: Route[] },
  deps: { env: Environment; log: Logger },
): void {
  const { env, log } = deps
  const loaded = loadConfig(env)
  if (!loaded.ok) {
    const faults = loaded.faults.map(({ path, message }) => `${path}: ${message}`)
    log.error(
      { code: 'CONFIG_FAULTY', faults },
      `${loaded.file} was not taken; mend it and send SIGHUP again`,
    )
    return
  }
  const { config } = loaded
  const unknown = config.pages.filter((page) => running.helpdesks[page.helpdesk] === undefined)
  const kept = config.pages.filter((page) => !unknown.includes(page))
  pages.clear()
  for (const page of kept) pages.set(page.id, page)
  const strays = straysOf(config.routes, running)
  // As a whole or not at all: what one of them would take must not fall to another, nor to the Page's own helpdesk.
  if (strays.length === 0) routes.splice(0, routes.length, ...config.routes)
  const restart = (Object.keys(config) as (keyof Config)[]).filter(
    (section) =>
      section !== 'pages' && section !== 'routes' && !isDeepStrictEqual(config[section], running[section]),
  )
  log.info({ pages: kept.length, routes: routes.length }, 'the Pages were read again')
  if (unknown.length > 0) {
    const ids = unknown.map((page) => page.id)
    log.warn({ pages: ids }, 'these Pages have a helpdesk that only a restart makes known')
  }
  if (strays.length > 0) {
    log.warn(
      { helpdesks: strays },
      'the routes stay as they were: only a restart makes these helpdesks known',
    )
  }
  if (restart.length > 0) log.warn({ sections: restart }, 'these sections have changed and want a restart')
}

function straysOf(routes: readonly Route[], running: Config): string[] {
  const named = new Set(routes.flatMap(({ to }) => to))
  return [...named].filter((name) => running.helpdesks[name] === undefined)
}
