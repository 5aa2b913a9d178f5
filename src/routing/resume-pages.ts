import type { Log } from '../domain/log.ts'
import type { Page } from '../domain/page.ts'
import { pathOf } from '../meta/graph-client.ts'
import type { GraphClient } from '../meta/graph-client.ts'
import { tokenMark } from '../records/page-stops.ts'
import type { PageStop, PageStops } from '../records/page-stops.ts'
import type { ParkedPages } from './park-page.ts'

export interface ResumeDeps {
  pages: ReadonlyMap<string, Page>
  stops: PageStops
  parked: ParkedPages
  graph: Pick<GraphClient, 'call'>
  /** Makes lanes due now, whatever they wait for. */
  wake: (lanes: string[]) => Promise<void>
  log: Log
  now: () => number
}

/** A lane parks before its wait is committed; younger ones than this are left, so that no wake comes too early, ms. */
const settledMs = 1000
const wakeAtOnce = 500
const lookMs = 1000
const probeTimeoutMs = 4000

/**
 * One look at all Pages, made every second by every worker: Pages whose token was replaced, or works again, are let run,
 * and the lanes that were parked for them are woken. Safe to make at the same time in several workers.
 */
export function resumePages(deps: ResumeDeps): () => Promise<void> {
  return async () => {
    const stops = await deps.parked.refresh()
    const pages = [...deps.pages.values()]
    const waiting = await deps.stops.parked(pages.map((page) => page.id))
    for (const [at, page] of pages.entries()) {
      const stop = stops.get(page.id)
      if (stop && !(await isOver(deps, page, stop))) continue
      if (waiting[at]! > 0) await wakeParked(deps, page)
    }
  }
}

/** Looks every second, one look at a time. What a look cannot do now, the next one does. */
export function watchPages(look: () => Promise<void>, log: Log): { stop(): void } {
  let isLooking = false
  const timer = setInterval(() => {
    if (isLooking) return
    isLooking = true
    look()
      .catch((error: unknown) => log.warn({ err: String(error) }, 'looking after stopped Pages failed'))
      .finally(() => (isLooking = false))
  }, lookMs)
  return { stop: () => clearInterval(timer) }
}

async function isOver(deps: ResumeDeps, page: Page, stop: PageStop): Promise<boolean> {
  if (stop.tokenMark !== tokenMark(page.accessToken)) {
    deps.log.info({ page: page.id }, 'the Page has another token; its replies leave')
    await deps.stops.end(page.id)
    await deps.parked.refresh()
    return true
  }
  if (stop.probeAt > deps.now() || !(await deps.stops.mayProbe(page.id, probeTimeoutMs))) return false
  if (stop.reason === 'token') return tokenWorks(deps, page, stop)
  await tryOneLane(deps, page, stop)
  return false
}

/** A dead token is asked for by reading the Page's own id, which sends nothing to anybody. */
async function tokenWorks(deps: ResumeDeps, page: Page, stop: PageStop): Promise<boolean> {
  const read = {
    method: 'GET',
    path: pathOf(page.id),
    accessToken: page.accessToken,
    query: { fields: 'id' },
  } as const
  const answer = await deps.graph.call(read, AbortSignal.timeout(probeTimeoutMs))
  if (answer.outcome === 'ok') {
    await deps.parked.sentWell(page)
    return true
  }
  await deps.parked.stop(page, stop.reason, stop.graph)
  return false
}

/** Permissions and restrictions can only be tried by sending: one lane may, and its answer ends the stop or renews it. */
async function tryOneLane(deps: ResumeDeps, page: Page, stop: PageStop): Promise<void> {
  const [lane] = await deps.stops.unpark(page.id, deps.now() - settledMs, 1)
  if (lane === undefined) return
  await deps.stops.put(page.id, { ...stop, trialLane: lane, probeAt: deps.now() + 60_000 })
  await deps.parked.refresh()
  await deps.wake([lane])
}

async function wakeParked(deps: ResumeDeps, page: Page): Promise<void> {
  for (;;) {
    const lanes = await deps.stops.unpark(page.id, deps.now() - settledMs, wakeAtOnce)
    if (lanes.length > 0) await deps.wake(lanes)
    if (lanes.length < wakeAtOnce) return
  }
}
