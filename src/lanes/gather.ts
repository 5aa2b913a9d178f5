/**
 * Group commit: what comes while a flush is under way waits and goes together into the next one. An idle caller is
 * served at once, a busy one shares its round trips.
 */
export interface GatherSettings<T> {
  maxItems: number
  /** A batch ends before the sum of its weights exceeds this; one item may exceed it alone. */
  maxWeight?: number
  weigh?: (item: T) => number
  /** When a flush fails, fail those who wait too: their time is running, and the next flush would fail as late again. */
  failWaiting?: boolean
}

interface Waiting<T, R> {
  item: T
  resolve: (result: R) => void
  reject: (error: unknown) => void
}

/** `flush` answers one result per item, in their order. */
export function gather<T, R>(
  flush: (items: T[]) => Promise<R[]>,
  settings: GatherSettings<T>,
): (item: T) => Promise<R> {
  let waiting: Waiting<T, R>[] = []
  let flushing = false

  function take(): Waiting<T, R>[] {
    const { maxItems, maxWeight = Infinity, weigh = () => 0 } = settings
    let weight = 0
    let count = 0
    while (count < waiting.length && count < maxItems) {
      weight += weigh(waiting[count]!.item)
      if (count > 0 && weight > maxWeight) break
      count++
    }
    return waiting.splice(0, count)
  }

  async function run(): Promise<void> {
    flushing = true
    while (waiting.length > 0) {
      const batch = take()
      try {
        const results = await flush(batch.map((one) => one.item))
        batch.forEach((one, at) => one.resolve(results[at]!))
      } catch (error) {
        const failed = settings.failWaiting ? [...batch, ...waiting.splice(0)] : batch
        for (const one of failed) one.reject(error)
      }
    }
    flushing = false
  }

  return (item) =>
    new Promise<R>((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      if (!flushing) void run()
    })
}
