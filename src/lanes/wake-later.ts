/**
 * The timer looks at waiting lanes every 200 ms, which is too coarse where hundreds a second come back one by one. So
 * the process that put a lane off also remembers it and offers it to its own drain when its time has come. A hint
 * only: Redis keeps the truth, so what is forgotten here, or lost in a crash, is found by the timer.
 */
export interface WakeLater {
  /** Offers the lane after this many ms. Forgets at once what is too far off, or one too many. */
  remember(lane: string, delayMs: number): void
  stop(): void
}

export interface WakeLaterSettings {
  /** Gives lanes to the drain; resolves when they are claimed or refused. */
  offer: (lanes: string[]) => Promise<void>
  onError: (error: unknown) => void
  /** Only lanes that wait for less than this are remembered, ms. */
  withinMs: number
  maxLanes: number
}

export function wakeLater(settings: WakeLaterSettings): WakeLater {
  const timers = new Map<string, NodeJS.Timeout>()
  let due = new Set<string>()
  let offering = false
  let stopped = false

  function remember(lane: string, delayMs: number): void {
    if (stopped || delayMs >= settings.withinMs) return
    // Whatever it waited for before, it waits for this now.
    forget(lane)
    if (timers.size + due.size >= settings.maxLanes) return
    timers.set(
      lane,
      setTimeout(() => comesDue(lane), afterRedis(delayMs)),
    )
  }

  function forget(lane: string): void {
    clearTimeout(timers.get(lane))
    timers.delete(lane)
    due.delete(lane)
  }

  function comesDue(lane: string): void {
    timers.delete(lane)
    due.add(lane)
    if (offering) return
    offering = true
    // Timers of the same moment run one after the other; all of them go into one offer.
    setImmediate(() => void offerDue())
  }

  async function offerDue(): Promise<void> {
    while (due.size > 0) {
      const lanes = [...due]
      due = new Set()
      // While this waits for room, more come due, and go together into the next offer.
      await settings.offer(lanes).catch(settings.onError)
    }
    offering = false
  }

  function stop(): void {
    stopped = true
    for (const lane of [...timers.keys(), ...due]) forget(lane)
  }

  return { remember, stop }
}

/**
 * Redis refuses a claim that comes a millisecond early, and then only the timer finds the lane. Node's timers may be
 * early by one, and two clocks that nobody corrects just now differ in speed by less than a ten-thousandth. Not later
 * than that, or the timer is first, and gives the lane to any worker.
 */
function afterRedis(delayMs: number): number {
  return Math.ceil(delayMs * 1.0001) + 2
}
