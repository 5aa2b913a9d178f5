/**
 * Who was told when to come back, in this process: that is where a waiting lane nearly always comes back to. Whoever
 * is forgotten here, or comes to another process, queues again and loses nothing but its place.
 */
export interface CameBack {
  told(caller: string, waitMs: number): void
  /** True once, for a caller that comes no earlier than it was told to. */
  asTold(caller: string): boolean
}

const maxCallers = 50_000
/** Timers and clocks are exact to a few milliseconds. */
const earlyMs = 5
/** Whoever comes so late did something else meanwhile. */
const lateMs = 60_000

export function cameBack(now: () => number): CameBack {
  const due = new Map<string, number>()
  return {
    told(caller, waitMs) {
      due.delete(caller)
      if (due.size >= maxCallers) {
        const [oldest] = due.keys()
        due.delete(oldest!)
      }
      due.set(caller, now() + waitMs)
    },
    asTold(caller) {
      const at = due.get(caller)
      due.delete(caller)
      return at !== undefined && now() >= at - earlyMs && now() < at + lateMs
    },
  }
}
