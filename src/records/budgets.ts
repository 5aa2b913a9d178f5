import { readFileSync } from 'node:fs'
import type { Redis } from 'ioredis'
import { cameBack } from './came-back.ts'

/** Meta counts calls of these kinds apart. */
export type RateKind = 'text' | 'media' | 'privateReply' | 'profile' | 'conversations' | 'lookups'

export interface RateLimit {
  /** Calls in any window. */
  limit: number
  windowMs: number
}

export interface BudgetSettings {
  prefix: string
  limits: Readonly<Record<RateKind, RateLimit>>
  /** How much longer than Meta's our windows are, %: calls do not take equally long to Meta. */
  marginPercent: number
  /** From this share of Meta's allowance on, %, a Page calls less and less; below 100. */
  slowFromPercent: number
  /** Monotonic, ms; for tests. */
  clock?: () => number
}

export interface Ask {
  pageId: string
  kind: RateKind
  /** A person wrote this, and another waits for it. */
  urgent: boolean
  /** Who asks, such as its lane. Whoever is told to come back and does so is served before who asks for the first time. */
  caller?: string
}

export type Taken =
  /** `at`: when it was granted, ms by Redis' clock, exact to the microsecond. */
  | { granted: true; at: number }
  /** `waitMs`: when to ask again. `META_HOLD`: Meta itself wants no calls now. */
  | { granted: false; waitMs: number; why: 'RATE' | 'META_HOLD' }

/** How often a Page may call Graph, over all workers. Losing it costs at most one window too many. */
export interface Budgets {
  /** Grants one call, or says when to ask again. What many ask at once goes to Redis together. Not idempotent. */
  take(ask: Ask): Promise<Taken>
  /** What the headers of an answer said. Costs nothing while a Page is far from its limits. */
  noteUsage(pageId: string, usage: { percent: number; regainMs: number }): Promise<void>
  /** Meta refused: no calls of this Page for so long. 0 when Meta gave no time; then each hold is twice the last one. */
  hold(pageId: string, ms: number): Promise<void>
}

/** `gather` of src/lanes, which this room may not import. */
type Gather = <T, R>(
  flush: (items: T[]) => Promise<R[]>,
  settings: { maxItems: number },
) => (item: T) => Promise<R>

const secondMs = 1000
const minuteMs = 60 * secondMs
const leastHoldMs = secondMs
const longestHoldMs = 24 * 60 * minuteMs
/** Holds for which Meta gave no time: 2 s, 4 s, … 10 min. */
const firstHoldMs = 2 * secondMs
const longestGuessMs = 10 * minuteMs
/** What Meta said counts until it says something else, or for this long. */
const forgetMs = 5 * minuteMs
/** Nobody is told to come later than this after the first free slot, so that all notice soon when there is more room. */
const aheadMs = minuteMs
/** Asks that one script looks at, so that it never holds Redis for more than a millisecond or two. */
const maxBatch = 256

export function budgets(redis: Redis, settings: BudgetSettings, gather: Gather): Budgets {
  const run = {
    take: defineScript(redis, 'take'),
    hold: defineScript(redis, 'hold'),
    slow: defineScript(redis, 'slow'),
  }
  /** Pages that are slowed down as far as this process knows, by what it or another one has written. */
  const slowed = new Map<string, { percent: number; until: number }>()
  const clock = settings.clock ?? (() => performance.now())
  const back = cameBack(clock)

  async function takeAll(asks: Ask[]): Promise<Taken[]> {
    const taken = Array<Taken>(asks.length)
    const groups = Map.groupBy(asks.keys(), (at) => `${asks[at]!.kind} ${asks[at]!.pageId}`)
    // Each is one script; they leave together, so that it is one round trip all the same.
    await Promise.all([...groups.values()].map((group) => takeGroup(asks, group, taken)))
    return taken
  }

  async function takeGroup(asks: Ask[], group: number[], taken: Taken[]): Promise<void> {
    const { pageId, kind } = asks[group[0]!]!
    // Urgent ones before others, and in both those who came back before those who ask for the first time.
    const sorts: number[][] = [[], [], [], []]
    for (const at of group) sorts[sortOf(asks[at]!)]!.push(at)
    const { limit, windowMs } = settings.limits[kind]
    const key = pageKey(settings.prefix, pageId)
    const [now, percent, isHeld, ...promises] = (await run.take(
      [`${key}:${kind}`, `${key}:${kind}:queue`, key],
      [
        limit,
        Math.round(windowMs * (1000 + 10 * settings.marginPercent)),
        Math.max(aheadMs, windowMs) * 1000,
        settings.slowFromPercent,
        ...sorts.map((sort) => sort.length),
      ],
    )) as [number, number, number, ...number[]]
    // Whoever lowered it may be gone; whoever sees it raises it again when Meta says so.
    if (percent > 0 && !slowed.has(pageId)) slowed.set(pageId, { percent, until: 0 })
    for (const [n, at] of sorts.flat().entries()) {
      const promised = promises[n]!
      if (promised === 0) {
        taken[at] = { granted: true, at: now / 1000 }
        continue
      }
      const waitMs = (promised - now) / 1000
      const { caller } = asks[at]!
      if (caller !== undefined) back.told(`${kind} ${caller}`, waitMs)
      taken[at] = { granted: false, waitMs, why: isHeld === 1 ? 'META_HOLD' : 'RATE' }
    }
  }

  function sortOf({ kind, urgent, caller }: Ask): number {
    const isBack = caller !== undefined && back.asTold(`${kind} ${caller}`)
    return (urgent ? 0 : 2) + (isBack ? 0 : 1)
  }

  async function noteUsage(pageId: string, usage: { percent: number; regainMs: number }): Promise<void> {
    if (usage.regainMs > 0) await hold(pageId, usage.regainMs)
    const percent = Math.floor(usage.percent)
    const known = slowed.get(pageId)
    if (percent <= settings.slowFromPercent) {
      if (!known) return
      slowed.delete(pageId)
      await redis.hdel(pageKey(settings.prefix, pageId), 'percent', 'until')
    } else if (percent !== known?.percent || known.until < clock()) {
      // Long before it would be forgotten, and not with every call.
      slowed.set(pageId, { percent, until: clock() + forgetMs / 5 })
      await run.slow([pageKey(settings.prefix, pageId)], [percent, forgetMs * 1000])
    }
  }

  async function hold(pageId: string, ms: number): Promise<void> {
    const span = ms > 0 ? Math.min(Math.max(Math.ceil(ms), leastHoldMs), longestHoldMs) : 0
    const times = [span, firstHoldMs, longestGuessMs, forgetMs].map((time) => time * 1000)
    await run.hold([pageKey(settings.prefix, pageId)], times)
  }

  return { take: gather(takeAll, { maxItems: maxBatch }), noteUsage, hold }
}

/** All keys of a Page share a hash tag of their own: no script touches two Pages. */
function pageKey(prefix: string, pageId: string): string {
  return `${prefix}:{rate:${pageId}}`
}

type Run = (keys: string[], args: number[]) => Promise<unknown>

function defineScript(redis: Redis, name: string): Run {
  const lua = readFileSync(new URL(`./scripts/${name}.lua`, import.meta.url), 'utf8')
  const command = `deskbridge_budget_${name}`
  redis.defineCommand(command, { lua })
  const defined: unknown = Reflect.get(redis, command)
  if (typeof defined !== 'function') throw new TypeError(`ioredis did not define ${command}`)
  const bound = defined.bind(redis) as (...rest: (string | number)[]) => Promise<unknown>
  return (keys, args) => bound(keys.length, ...keys, ...args)
}
