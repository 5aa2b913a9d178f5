import { z } from 'zod'

/**
 * How far we have asked, by time and id, since many records may have the same time. A record gets its time when it is
 * written and is seen when its transaction ends, which may be later: so, once nothing newer is there, the next sweep
 * begins again some time before the newest, and drops by id what is known.
 */
export interface Sweep {
  /** Nothing older counts, ms. */
  floor: number
  /** Where this sweep stands: behind this time and id. */
  at: number
  id: string
  /** The newest that was seen, ms. */
  newest: number
  /** Ids, with their times, that a sweep may meet again. */
  seen: [string, number][]
}

/** How long a transaction may take to show what it wrote, ms. */
export const overlapMs = 120_000

const sweepShape = z.object({
  floor: z.number(),
  at: z.number(),
  id: z.string(),
  newest: z.number(),
  seen: z.array(z.tuple([z.string(), z.number()])),
})

/** Salesforce's times have no parts of a second. */
export function beginSweep(ms: number): Sweep {
  const now = Math.floor(ms / 1000) * 1000
  return { floor: now, at: now, id: '', newest: now, seen: [] }
}

export function readSweep(value: unknown): Sweep | undefined {
  return value === undefined ? undefined : sweepShape.parse(value)
}

/** After a page of records in order of time and id. `more`: the page was full. */
export function nextSweep(sweep: Sweep, rows: { id: string; at: number }[], more: boolean): Sweep {
  const last = rows.at(-1)
  const newest = Math.max(sweep.newest, last?.at ?? 0)
  const again = Math.max(sweep.floor, newest - overlapMs)
  const seen = [...new Map([...sweep.seen, ...rows.map(({ id, at }): [string, number] => [id, at])])].filter(
    ([, at]) => at >= again,
  )
  return more && last
    ? { ...sweep, at: last.at, id: last.id, newest, seen }
    : { ...sweep, at: again, id: '', newest, seen }
}
