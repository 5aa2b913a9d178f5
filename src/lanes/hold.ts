import type { Commit, Committed, Lanes, Task } from './lanes.ts'

/** What the holder of a head may use while working on it. */
export interface Hold {
  /** Aborts before the lease is half over. The work must end promptly then. */
  signal: AbortSignal
  /**
   * Keeps what was reached, so that the next try goes on there, and renews the lease. False: the lease is lost, stop.
   * `along`: how many behind the head are tried with it from now on, so that they are repeats when the head dies.
   */
  save(progress: string, along?: number): Promise<boolean>
  /** Payloads of what stands behind the head, in order; they stay there until they are committed with it. */
  behind(most: number): Promise<string[]>
}

/** Less than half of a lease, so that a holder has given up before anybody else may begin. */
const shareOfLease = 0.45

export function openHold(
  task: Task,
  deps: {
    lanes: Pick<Lanes, 'behind'>
    commit: (commit: Commit) => Promise<Committed>
    leaseMs: number
  },
): Hold & { lost(): boolean; end(): void } {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(), deps.leaseMs * shareOfLease)
  let lost = false
  return {
    signal: controller.signal,
    async save(progress, along) {
      const tried = along === undefined ? {} : { along }
      const saved = await deps.commit({ task, verdict: 'save', progress, ...tried })
      lost = saved !== 'saved'
      if (lost) return false
      // Whoever buries this head in the same turn must know how far it came.
      task.progress = progress
      timer.refresh()
      return true
    },
    behind: (most) => deps.lanes.behind(task, most),
    lost: () => lost,
    end: () => clearTimeout(timer),
  }
}
