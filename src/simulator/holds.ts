/** Counts what is under way, for whoever waits until nothing is. */
export type Holds = {
  /** Begins one; the function that comes back ends it. */
  hold(): () => void
  /** Resolves when none is held. */
  none(): Promise<void>
}

export function createHolds(): Holds {
  let held = 0
  let waiting: (() => void)[] = []

  function release(): void {
    held -= 1
    if (held > 0) return
    for (const resolve of waiting) resolve()
    waiting = []
  }

  return {
    hold() {
      held += 1
      return release
    },
    none: () => (held === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  }
}
