import type { Log } from '../domain/log.ts'
import type { Lanes } from '../lanes/lanes.ts'
import type { Alarms } from './alarms.ts'

const tickMs = 200

/** Turns the lanes that are due into alarms, every 200 ms: the scheduler of retries and the repair of lost alarms. */
export function laneTimer(
  lanes: Pick<Lanes, 'due'>,
  alarms: Pick<Alarms, 'remind'>,
  log: Log,
): { stop(): void } {
  let ticking = false

  async function tick(): Promise<void> {
    if (ticking) return
    ticking = true
    try {
      const due = await lanes.due()
      if (due.length > 0) await alarms.remind(due)
    } catch (error) {
      log.warn(
        { err: error instanceof Error ? error.message : 'unknown' },
        'the timer could not look at the lanes',
      )
    } finally {
      ticking = false
    }
  }

  const timer = setInterval(() => void tick(), tickMs)
  return { stop: () => clearInterval(timer) }
}
