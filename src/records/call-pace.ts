import type { RateKind, RateLimit } from './budgets.ts'
import { callSpread } from './call-spread.ts'

/**
 * The last step before a call. Redis grants calls evenly, but an event loop that stood still for a moment lets those of
 * a moment leave together, and Meta counts what arrives. So a process also keeps the limit over what leaves it.
 */
export interface CallPace {
  /** Resolves when a call of this kind may leave, mostly at once. What it promised counts, so never ask for nothing. */
  turn(pageId: string, kind: RateKind): Promise<void>
  /** How long a call took, ms: calls that take unevenly long arrive closer together than they left. */
  note(ms: number): void
}

export interface PaceSettings {
  limits: Readonly<Record<RateKind, RateLimit>>
  /** How much longer than Meta's our windows are, %. */
  marginPercent: number
  clock?: () => number
}

/** Longer windows are Redis' alone: nobody waits here for what takes minutes, ms. */
const longestWindowMs = 2000
/** Beyond this a Page would not use what it is allowed, %: then the margin, and Meta's own answer, must do. */
const mostSpreadPercent = 3

export function callPace(settings: PaceSettings): CallPace {
  const clock = settings.clock ?? (() => performance.now())
  const spread = callSpread(clock)
  /** Of each Page and kind the times at which the last `limit` calls left, or will leave: a ring. */
  const rings = new Map<string, { times: Float64Array; next: number }>()

  function ringOf(pageId: string, kind: RateKind, limit: number) {
    const key = `${kind} ${pageId}`
    let ring = rings.get(key)
    if (!ring) rings.set(key, (ring = { times: new Float64Array(limit).fill(-Infinity), next: 0 }))
    return ring
  }

  async function turn(pageId: string, kind: RateKind): Promise<void> {
    const { limit, windowMs } = settings.limits[kind]
    if (windowMs > longestWindowMs) return
    const ring = ringOf(pageId, kind, limit)
    const uneven = Math.min(spread.read(), (windowMs * mostSpreadPercent) / 100)
    const now = clock()
    const at = Math.max(now, ring.times[ring.next]! + windowMs * (1 + settings.marginPercent / 100) + uneven)
    ring.times[ring.next] = at
    ring.next = (ring.next + 1) % limit
    if (at > now) await new Promise((resolve) => setTimeout(resolve, Math.ceil(at - now)))
  }

  return { turn, note: spread.note }
}
