import { GraphRefusal } from './graph-error.ts'

/** How often a Page may call what, and Graph's answer when it calls more often. */

export type Rated = 'text' | 'media' | 'privateReply' | 'profile' | 'conversations'

type Rule = { limit: number; windowMs: number; code: number; text: string }

const SECOND = 1000
const RULES: Record<Rated, Rule> = {
  text: { limit: 300, windowMs: SECOND, code: 613, text: 'sends' },
  media: { limit: 10, windowMs: SECOND, code: 613, text: 'audio and video sends' },
  privateReply: { limit: 750, windowMs: 3600 * SECOND, code: 613, text: 'private replies' },
  profile: { limit: 10, windowMs: 600 * SECOND, code: 80_006, text: 'messenger profile calls' },
  conversations: { limit: 2, windowMs: SECOND, code: 80_006, text: 'conversations calls' },
}

export type Rates = {
  /** Throws when it would be one too many; what is refused does not count. */
  take(kind: Rated): void
}

export function createRates(page: { id: string; channel: string }, deps: { now: () => number }): Rates {
  const windows = new Map<Rated, SlidingWindow>()
  return {
    take(kind) {
      const rule = RULES[kind]
      let window = windows.get(kind)
      if (!window) windows.set(kind, (window = createSlidingWindow(rule)))
      const waitMs = window.take(deps.now())
      if (waitMs === 0) return
      const message = `(#${rule.code}) Too many ${rule.text}: ${rule.limit} in ${rule.windowMs / SECOND} s`
      // Meta tells whole minutes; of a limit that is over in a second it has nothing to tell with 613.
      const minutes = rule.code === 613 && rule.windowMs === SECOND ? 0 : Math.ceil(waitMs / 60_000)
      throw new GraphRefusal(
        { message, code: rule.code },
        minutes === 0 ? {} : businessUsage(page, { percent: 100, regainMinutes: minutes }),
      )
    },
  }
}

/** X-Business-Use-Case-Usage, as Meta writes it. */
export function businessUsage(
  page: { id: string; channel: string },
  { percent, regainMinutes }: { percent: number; regainMinutes: number },
): Record<string, string> {
  const usage = {
    type: page.channel,
    call_count: percent,
    total_cputime: percent,
    total_time: percent,
    estimated_time_to_regain_access: regainMinutes,
  }
  return { 'x-business-use-case-usage': JSON.stringify({ [page.id]: [usage] }) }
}

export type SlidingWindow = {
  /** 0 when it is taken, else the ms until there is room. */
  take(now: number): number
}

/** Never more than `limit` within any `windowMs`, at a cost that does not grow with either. */
export function createSlidingWindow({ limit, windowMs }: { limit: number; windowMs: number }): SlidingWindow {
  // The times of the last `limit` calls, as a ring: the next place holds the oldest of them.
  const times = new Float64Array(limit).fill(-Infinity)
  let next = 0
  return {
    take(now) {
      const waitMs = times[next]! + windowMs - now
      if (waitMs > 0) return waitMs
      times[next] = now
      next = (next + 1) % limit
      return 0
    },
  }
}

export type Meter = { note(now: number): void; readonly max: number }

/** The greatest number of calls within any one second. */
export function createMeter(windowMs = SECOND): Meter {
  let times: number[] = []
  let first = 0
  let max = 0
  return {
    note(now) {
      times.push(now)
      while (times[first]! <= now - windowMs) first += 1
      max = Math.max(max, times.length - first)
      if (first > 10_000) {
        times = times.slice(first)
        first = 0
      }
    },
    get max() {
      return max
    },
  }
}
