import type { Fault } from '../config/fill-environment.ts'
import type { Config } from '../config/schema.ts'
import type { HelpdeskAdapter } from '../helpdesk/adapter.ts'
import { checkApp } from './check-app.ts'
import { checkCallback } from './check-callback.ts'
import { checkClock } from './check-clock.ts'
import { checkHelpdesk } from './check-helpdesk.ts'
import { checkPage } from './check-page.ts'
import type { PageDeps } from './check-page.ts'
import { checkRedis } from './check-redis.ts'
import type { RedisView } from './check-redis.ts'
import type { SetupDeps } from './deps.ts'
import { commandLine } from './deps.ts'
import { fault, ok } from './report.ts'
import type { Finding, Section } from './report.ts'

export interface DoctorDeps extends SetupDeps, PageDeps {
  openHelpdesk: (name: string) => Promise<HelpdeskAdapter>
  redis: () => Promise<RedisView>
  fetch: typeof fetch
  /** Of one section, ms. */
  timeoutMs?: number
}

interface Check {
  title: string
  run: (signal: AbortSignal) => Promise<Finding[]>
}

const sectionTimeoutMs = 30_000
/** Pages that are looked at together: each is a handful of calls. */
const atOnce = 8

/** What can be said of a config that cannot be read. */
export function faultyConfig(file: string, faults: Fault[]): Section {
  const findings = faults.map(({ path, message }) =>
    fault('config', path === '' ? `The file ${message}.` : `${path} ${message}.`),
  )
  return { title: `Config (${file})`, findings }
}

/**
 * Looks at everything that has to be right for messages to flow. All checks run together, each within its time;
 * `onSection` gets their findings in a fixed order, as soon as those before are there too. Changes nothing.
 */
export async function examine(
  file: string,
  config: Config,
  deps: DoctorDeps,
  onSection: (section: Section) => void,
): Promise<Section[]> {
  const checks = checksOf(file, config, deps)
  let done = 0
  const show = () => deps.progress.show(`checking: ${done} of ${checks.length}`)
  const within = slots(atOnce)
  const running = checks.map(async ({ title, run }): Promise<Section> => {
    const findings = await within(() => inTime(run, deps.timeoutMs ?? sectionTimeoutMs, deps.signal))
    done += 1
    show()
    return { title, findings }
  })
  show()
  const sections: Section[] = []
  for (const one of running) {
    const section = await one
    deps.progress.clear()
    onSection(section)
    sections.push(section)
    if (sections.length < checks.length) show()
  }
  return sections
}

function checksOf(file: string, config: Config, deps: DoctorDeps): Check[] {
  return [
    { title: `Config (${file})`, run: () => Promise.resolve([configFinding(config)]) },
    { title: 'Redis', run: () => checkRedis(deps.redis, config.durability) },
    {
      title: 'Meta',
      run: async (signal) => [
        await checkClock(config.meta.graphUrl, { ...deps, signal }),
        ...(await checkApp(config, { ...deps, signal })),
      ],
    },
    {
      title: 'Webhook',
      run: (signal) => checkCallback(config.server.publicUrl, config.meta.verifyToken, { ...deps, signal }),
    },
    ...config.pages.map((page) => ({
      title: `${page.channel === 'messenger' ? 'Page' : 'Instagram'} ${page.name} (${page.id})`,
      run: (signal: AbortSignal) => checkPage(page, config, { ...deps, signal }),
    })),
    ...Object.entries(config.helpdesks).map(([name, { adapter }]) => ({
      title: `Helpdesk ${name} (${adapter})`,
      run: async (signal: AbortSignal) => {
        const helpdesk = await deps.openHelpdesk(name).catch(() => undefined)
        if (helpdesk === undefined) return [unseen(name)]
        const { publicUrl } = config.server
        try {
          return await checkHelpdesk({ name, helpdesk, publicUrl }, { ...deps, signal })
        } finally {
          await helpdesk.close()
        }
      },
    })),
  ]
}

/** It is opened with Redis, and with nothing else that could be away. */
function unseen(name: string): Finding {
  return fault(`helpdesk.${name}`, 'It was not looked at: calls to it are counted in Redis.', {
    remedy: 'Mend what is said of Redis above, and look again.',
  })
}

function configFinding({ pages }: Config): Finding {
  if (pages.length > 0) return ok('config', 'The file is in order.')
  return fault('config', 'The file is in order, but names no Page, so every message becomes a dead letter.', {
    remedy: 'Add one under `pages:`; deskbridge.example.yaml shows how. Then:',
    commands: [commandLine('doctor')],
  })
}

/** A check that hangs, or fails for a reason nobody thought of, is a finding like another. */
async function inTime(
  run: (signal: AbortSignal) => Promise<Finding[]>,
  ms: number,
  signal: AbortSignal,
): Promise<Finding[]> {
  const end = AbortSignal.any([signal, AbortSignal.timeout(ms)])
  const { promise: ended, resolve } = Promise.withResolvers<Finding[]>()
  const onEnd = () => resolve([fault('time', `This was not finished after ${Math.round(ms / 1000)} s.`)])
  end.addEventListener('abort', onEnd, { once: true })
  try {
    return await Promise.race([run(end), ended])
  } catch (error) {
    // The name only: words of errors may hold URLs with tokens.
    return [fault('check', `This check failed (${error instanceof Error ? error.name : 'unknown'}).`)]
  } finally {
    end.removeEventListener('abort', onEnd)
  }
}

/** Lets so many run at once; the others wait in their order. */
function slots(count: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = count
  const waiting: (() => void)[] = []
  return async (work) => {
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve))
    else free -= 1
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free += 1
    }
  }
}
