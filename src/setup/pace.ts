import type { GraphClient } from '../meta/graph-client.ts'

/** Waits so long, ms, or until the signal ends it; never rejects. */
export type Pause = (ms: number, signal: AbortSignal) => Promise<void>

export interface Paced {
  everyMs: number
  now: () => number
  pause: Pause
}

/** A client whose calls begin at least so far apart, in the order in which they were asked for. */
export function pacedGraph(
  graph: Pick<GraphClient, 'call'>,
  { everyMs, now, pause }: Paced,
): Pick<GraphClient, 'call'> {
  let next = 0
  return {
    async call(call, signal) {
      const at = Math.max(now(), next)
      next = at + everyMs
      if (at > now()) await pause(at - now(), signal)
      return graph.call(call, signal)
    },
  }
}
