import type { Redis } from 'ioredis'
import { laneScripts } from '../../src/lanes/lane-scripts.ts'
import { lanes } from '../../src/lanes/lanes.ts'
import type { BudgetSettings } from '../../src/records/budgets.ts'

export const benchPrefix = 'bench-rates'
export const destination = 'graph'

/** What Meta allows a Page, and our default. */
export const textLimit = { limit: 300, windowMs: 1000 }

export function benchRates(marginPercent: number): BudgetSettings {
  const text = textLimit
  const limits = { text, media: text, privateReply: text, profile: text, conversations: text, lookups: text }
  return { prefix: benchPrefix, limits, marginPercent, slowFromPercent: 80 }
}

export function benchLanes(redis: Redis) {
  const day = 86_400_000
  const times = { leaseMs: 10_000, graceMs: 1000, seenMs: day, deadLetterMs: day }
  return lanes(laneScripts(redis), { prefix: benchPrefix, shards: 1, ...times })
}

export interface RateReport {
  grants: {
    pageId: string
    lane: string
    item: number
    /** By Redis' clock, ms. */
    grantedAt: number
    /** When the call would have left, by this machine's clock, ms. */
    leftAt: number
  }[]
  asks: {
    lane: string
    /** When it asked, by this machine's clock, ms. */
    at: number
    /** When it was told to come back; null when it need not. */
    until: number | null
  }[]
}

/** The most that happened in any window of this length. */
export function mostInWindow(times: number[], windowMs: number): number {
  const sorted = times.toSorted((a, b) => a - b)
  let most = 0
  let from = 0
  for (const [to, time] of sorted.entries()) {
    while (sorted[from]! <= time - windowMs) from++
    most = Math.max(most, to - from + 1)
  }
  return most
}
