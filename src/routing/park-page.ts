import type { Log } from '../domain/log.ts'
import type { Page } from '../domain/page.ts'
import type { Verdict } from '../lanes/lanes.ts'
import { tokenMark } from '../records/page-stops.ts'
import type { PageStop, PageStops, StopReason } from '../records/page-stops.ts'

/**
 * Which Pages cannot send at present, as this worker knows it: read anew every second by {@link refresh}, and at once
 * after a refusal of its own. Sends ask this memory, so that a Page that can send costs no round trip.
 */
export interface ParkedPages {
  refresh(): Promise<ReadonlyMap<string, PageStop>>
  /** The Pages that cannot send, and what to do about it. */
  stopped(pages: ReadonlyMap<string, Page>): { page: string; detail: string }[]
  /**
   * Remembers the lane and answers how it waits, while its Page cannot send; undefined when it may try, which it may
   * if the Page was stopped for a reason that does not concern it.
   */
  park(page: Page, lane: string, notFor?: StopReason): Promise<Verdict | undefined>
  /** Graph refused the whole Page. */
  stop(page: Page, reason: StopReason, graph: string): Promise<void>
  /** Graph took a message of this Page: whatever stopped it is over. */
  sentWell(page: Page): Promise<void>
}

export interface ParkDeps {
  stops: PageStops
  log: Log
  now: () => number
}

/** A parked lane is woken when its Page can send again. This is only for a wake that was lost, ms. */
const parkedMs = 300_000
const secondMs = 1000
const minuteMs = 60 * secondMs

/** How long until a stopped Page is tried again, ms: first and longest. It doubles in between. */
const patience: Readonly<Record<StopReason, { firstMs: number; mostMs: number }>> = {
  // Asked by a harmless read, and the answer is wanted soon after somebody renewed the token.
  token: { firstMs: 5 * secondMs, mostMs: 5 * secondMs },
  // Tried with one waiting message.
  permission: { firstMs: minuteMs, mostMs: 10 * minuteMs },
  // Meta asks to wait; trying often makes a block longer.
  restricted: { firstMs: 5 * minuteMs, mostMs: 60 * minuteMs },
}

export function parkedPages(deps: ParkDeps): ParkedPages {
  let known: Map<string, PageStop> = new Map()

  async function refresh() {
    known = await deps.stops.all()
    return known
  }

  function stopped(pages: ReadonlyMap<string, Page>) {
    return [...known].flatMap(([page, { reason, graph, tokenMark: mark }]) =>
      mark === tokenMark(pages.get(page)?.accessToken ?? '')
        ? [{ page, detail: `it cannot send (Graph ${graph}), and its replies wait: ${remedies[reason]}` }]
        : [],
    )
  }

  async function park(page: Page, lane: string, notFor?: StopReason): Promise<Verdict | undefined> {
    const stop = known.get(page.id)
    if (
      !stop ||
      stop.reason === notFor ||
      stop.tokenMark !== tokenMark(page.accessToken) ||
      stop.trialLane === lane
    )
      return undefined
    await deps.stops.park(page.id, lane, deps.now())
    return { verdict: 'wait', code: 'PAGE_STOPPED', delayMs: parkedMs }
  }

  async function stop(page: Page, reason: StopReason, graph: string): Promise<void> {
    const now = deps.now()
    const before = known.get(page.id)
    const mark = tokenMark(page.accessToken)
    const again = before?.tokenMark === mark ? before : undefined
    // Many sends are under way when a Page is stopped, and all of them are told so: only a try anew is news.
    if (again && again.trialLane === null && again.probeAt > now) return
    const probes = again ? again.probes + 1 : 0
    const { firstMs, mostMs } = patience[reason]
    const probeAt = now + Math.min(firstMs * 2 ** Math.min(probes, 16), mostMs)
    const since = again?.since ?? now
    const stopped: PageStop = { reason, graph, since, tokenMark: mark, probes, probeAt, trialLane: null }
    known.set(page.id, stopped)
    await deps.stops.put(page.id, stopped)
    if (again) return
    deps.log.error(
      { code: 'PAGE_STOPPED', page: page.id, reason, graph },
      `the Page cannot send, and its replies wait: ${remedies[reason]}`,
    )
  }

  async function sentWell(page: Page): Promise<void> {
    if (!known.delete(page.id)) return
    await deps.stops.end(page.id)
    deps.log.info({ page: page.id }, 'the Page can send again')
  }

  return { refresh, stopped, park, stop, sentWell }
}

/** What an operator does about a stopped Page. */
export const remedies: Readonly<Record<StopReason, string>> = {
  token: 'its token is dead; put a new one into the config and send SIGHUP',
  permission:
    'it lacks a permission; run `node src/main.ts doctor`, mend it at Meta, then POST /v1/pages/{id}/resume',
  restricted:
    'Meta restricts it; look at the Page quality in the Meta Business Suite, it is tried again by itself',
}
