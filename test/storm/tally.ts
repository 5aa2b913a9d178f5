/** What was written, and what each helpdesk says it has: every message bears a number of its own, `#<customer>-<n>`. */

export interface Heard {
  lost: number
  doubled: number
  inverted: number
}

const number = /#(\d+)-(\d+)\b/g

/** `texts`: what a helpdesk holds of each customer, in its order. `written`: how many messages each customer wrote. */
export function audit(written: readonly number[], texts: ReadonlyMap<number, string[]>): Heard {
  const heard: Heard = { lost: 0, doubled: 0, inverted: 0 }
  written.forEach((count, customer) => {
    const seen = (texts.get(customer) ?? []).flatMap((text) =>
      Array.from(text.matchAll(number), ([, , n]) => Number(n)),
    )
    const distinct = new Set(seen)
    heard.lost += count - distinct.size
    heard.doubled += seen.length - distinct.size
    heard.inverted += seen.filter((n, at) => at > 0 && n < seen[at - 1]!).length
  })
  return heard
}

/** The time below which so many of a hundred lie; NaN of nothing. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN
}
