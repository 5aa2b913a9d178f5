/**
 * How unevenly long calls took of late, ms. Meta counts calls when they arrive and we when they are granted: so much
 * closer together than granted may they reach it.
 */
export interface CallSpread {
  /** One call, from the moment it was asked for until its answer, ms. */
  note(ms: number): void
  read(): number
}

const bucketMs = 1000

interface Bucket {
  from: number
  least: number
  most: number
}

export function callSpread(now: () => number): CallSpread {
  const nothing: Bucket = { from: -Infinity, least: Infinity, most: 0 }
  let [newest, before] = [nothing, nothing]

  function turn(): void {
    const at = now()
    if (at - newest.from < bucketMs) return
    before = at - newest.from < 2 * bucketMs ? newest : nothing
    newest = { from: at, least: Infinity, most: 0 }
  }

  return {
    note(ms) {
      turn()
      newest.least = Math.min(newest.least, ms)
      newest.most = Math.max(newest.most, ms)
    },
    read() {
      turn()
      return Math.max(0, Math.max(newest.most, before.most) - Math.min(newest.least, before.least))
    },
  }
}
