/** Counted places for work under way. Whoever finds none waits for the next change. */
export interface Slots {
  free(): number
  take(count: number): void
  release(count: number): void
  /** Resolves at the next release. */
  released(): Promise<void>
}

export function slots(count: number): Slots {
  let free = count
  let waiting: (() => void)[] = []
  return {
    free: () => free,
    take: (some) => {
      free -= some
    },
    release: (some) => {
      free += some
      const woken = waiting
      waiting = []
      for (const wake of woken) wake()
    },
    released: () => new Promise((resolve) => waiting.push(resolve)),
  }
}
