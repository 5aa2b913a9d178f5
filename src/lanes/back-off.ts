const firstMs = 1000
const capMs = 60_000

/** Waiting time before the next try, ms: doubles from a second up to a minute, with jitter so that lanes spread out. */
export function backOff(attempts: number, random: () => number): number {
  const whole = Math.min(firstMs * 2 ** Math.min(attempts, 16), capMs)
  return whole / 2 + (whole / 2) * random()
}
