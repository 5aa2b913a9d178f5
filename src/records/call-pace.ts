import type { RateKind, RateLimit } from './budgets.ts'

/**
 * The last step before a call. Redis grants calls evenly, but an event loop that stood still for a moment lets those of
 * a moment leave together, and calls take unevenly long, while Meta counts what arrives. So a process also keeps the
 * limit over what it knows of when its own calls arrived.
 */
export interface CallPace {
  /**
   * Resolves when a call of this kind may leave, mostly at once. What it grants counts, so never ask for nothing; the
   * function that it answers is told when the call is answered.
   */
  turn(pageId: string, kind: RateKind): Promise<() => void>
}

export interface PaceSettings {
  limits: Readonly<Record<RateKind, RateLimit>>
  /** How much longer than Meta's our windows are, %. */
  marginPercent: number
  clock?: () => number
}

/** Longer windows are Redis' alone: nobody waits here for what takes minutes, ms. */
const longestWindowMs = 2000
/** How long the quickest call is remembered, ms: at least for so long, at most for twice as long. */
const leastMs = 1000

export function callPace(settings: PaceSettings): CallPace {
  const clock = settings.clock ?? (() => performance.now())
  /** Of each Page and kind the times by which the last `limit` calls have surely arrived: a ring. */
  const rings = new Map<string, { times: Float64Array; next: number }>()
  const quickest = recentLeast(clock)

  function ringOf(pageId: string, kind: RateKind, limit: number) {
    const key = `${kind} ${pageId}`
    let ring = rings.get(key)
    if (!ring) rings.set(key, (ring = { times: new Float64Array(limit).fill(-Infinity), next: 0 }))
    return ring
  }

  async function turn(pageId: string, kind: RateKind): Promise<() => void> {
    const { limit, windowMs } = settings.limits[kind]
    if (windowMs > longestWindowMs) return () => {}
    const { times, next } = ringOf(pageId, kind, limit)
    const now = clock()
    const at = Math.max(now, times[next]! + windowMs * (1 + settings.marginPercent / 100))
    times[next] = at
    ringOf(pageId, kind, limit).next = (next + 1) % limit
    if (at > now) await new Promise((resolve) => setTimeout(resolve, Math.ceil(at - now)))
    const left = clock()
    return () => {
      const tookMs = clock() - left
      quickest.note(tookMs)
      // By as much as it took longer than the quickest may it have arrived later than it left. Its place in the ring may
      // be somebody else's by now: whoever took it had waited for it.
      if (times[next] === at) times[next] = left + tookMs - quickest.read()
    }
  }

  return { turn }
}

/** The least of what was noted in this moment and the one before. */
function recentLeast(clock: () => number) {
  let [from, least, before] = [-Infinity, Infinity, Infinity]
  return {
    note(ms: number) {
      const now = clock()
      if (now - from >= leastMs) {
        before = now - from < 2 * leastMs ? least : Infinity
        from = now
        least = Infinity
      }
      least = Math.min(least, ms)
    },
    read: () => Math.min(least, before),
  }
}
