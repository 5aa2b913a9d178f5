import { isDeepStrictEqual } from 'node:util'
import { setTimeout as pause } from 'node:timers/promises'

/** Prints each thing that was looked at, as TAP does. */
export interface Steps {
  /** What must be so within the time; with what was seen last when it never was. */
  until<T>(
    what: string,
    ask: () => Promise<T>,
    fits: (answer: T) => boolean,
    ms?: number,
  ): Promise<T | undefined>
  same(what: string, seen: unknown, wanted: unknown): void
  count(): { passed: number; failed: number }
}

export function steps(say: (line: string) => void): Steps {
  const began = performance.now()
  const count = { passed: 0, failed: 0 }

  function tell(ok: boolean, what: string, detail?: string): void {
    count[ok ? 'passed' : 'failed']++
    const number = count.passed + count.failed
    const seconds = Math.round((performance.now() - began) / 1000)
    say(`${ok ? 'ok' : 'not ok'} ${number} - ${what} # ${seconds} s`)
    if (detail !== undefined) say(`  # ${detail.slice(0, 1500)}`)
  }

  return {
    async until(what, ask, fits, ms = 45_000) {
      try {
        const answer = await waitFor(ask, fits, ms)
        tell(true, what)
        return answer
      } catch (error) {
        tell(false, what, error instanceof Error ? error.message : String(error))
        return undefined
      }
    },
    same(what, seen, wanted) {
      const ok = isDeepStrictEqual(seen, wanted)
      tell(ok, what, ok ? undefined : `${JSON.stringify(seen)} instead of ${JSON.stringify(wanted)}`)
    },
    count: () => count,
  }
}

/** Asks no faster than a person would look: Request Tracker is to do other things meanwhile. */
async function waitFor<T>(ask: () => Promise<T>, fits: (answer: T) => boolean, ms: number): Promise<T> {
  const end = performance.now() + ms
  for (;;) {
    const answer = await ask()
    if (fits(answer)) return answer
    if (performance.now() > end) throw new Error(`never fitted: ${JSON.stringify(answer)}`)
    await pause(250)
  }
}
