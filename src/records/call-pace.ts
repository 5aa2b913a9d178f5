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
/** What a window allows leaves in so many lots: hundreds at once would pile up on their way, and arrive in a heap. */
const moments = 10
/** Beyond this a Page would not use what it is allowed, %: then the margin, and Meta's own answer, must do. */
const mostSpreadPercent = 3

export function callPace(settings: PaceSettings): CallPace {
  const clock = settings.clock ?? (() => performance.now())
  const spread = callSpread(clock)
  const rings = new Map<string, { window: Ring; moment: Ring }>()

  function ringsOf(pageId: string, kind: RateKind, limit: number) {
    const key = `${kind} ${pageId}`
    let both = rings.get(key)
    if (!both) rings.set(key, (both = { window: ring(limit), moment: ring(Math.ceil(limit / moments)) }))
    return both
  }

  async function turn(pageId: string, kind: RateKind): Promise<void> {
    const { limit, windowMs } = settings.limits[kind]
    if (windowMs > longestWindowMs) return
    const { window, moment } = ringsOf(pageId, kind, limit)
    const spanMs = windowMs * (1 + settings.marginPercent / 100)
    const uneven = Math.min(spread.read(), (windowMs * mostSpreadPercent) / 100)
    const now = clock()
    const at = Math.max(
      now,
      window.oldest() + spanMs + uneven,
      moment.oldest() + (spanMs * moment.size) / limit,
    )
    window.push(at)
    moment.push(at)
    if (at > now) await new Promise((resolve) => setTimeout(resolve, Math.ceil(at - now)))
  }

  return { turn, note: spread.note }
}

type Ring = ReturnType<typeof ring>

/** The times at which the last calls left, or will leave. */
function ring(size: number) {
  const times = new Float64Array(size).fill(-Infinity)
  let next = 0
  return {
    size,
    oldest: () => times[next]!,
    push(at: number) {
      times[next] = at
      next = (next + 1) % size
    },
  }
}
