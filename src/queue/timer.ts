import type { Log } from '../domain/log.ts'
import type { Lanes } from '../lanes/lanes.ts'
import type { Alarms } from './alarms.ts'

const tickMs = 200

/** Turns the lanes that are due into alarms, every 200 ms: the scheduler of retries and the repair of lost alarms. */
export function laneTimer(deps: {
  lanes: Pick<Lanes, 'due'>
  alarms: Pick<Alarms, 'remind'>
  /** Gives lanes to this process's own drains. */
  offer: (lanes: string[]) => void
  log: Log
}): { stop(): void } {
  let ticking = false

  async function tick(): Promise<void> {
    if (ticking) return
    ticking = true
    try {
      const due = await deps.lanes.due()
      if (due.length > 0) await remind(due)
    } catch (error) {
      deps.log.warn(
        { err: error instanceof Error ? error.message : 'unknown' },
        'the timer could not look at the lanes',
      )
    } finally {
      ticking = false
    }
  }

  async function remind(due: string[]): Promise<void> {
    try {
      await deps.alarms.remind(due)
    } catch (error) {
      // A full Redis refuses alarms, though it still lets lanes be drained; then they must not need one.
      deps.log.warn({ err: error instanceof Error ? error.message : 'unknown' }, 'no alarms at present')
      deps.offer(due)
    }
  }

  const timer = setInterval(() => void tick(), tickMs)
  return { stop: () => clearInterval(timer) }
}
