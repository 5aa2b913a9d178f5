import { setTimeout as pause } from 'node:timers/promises'

/** Asks again until the answer fits, for what can only be seen by asking. Fails with the last answer after the time. */
export async function poll<T>(ask: () => Promise<T>, fits: (answer: T) => boolean, ms = 10_000): Promise<T> {
  const end = performance.now() + ms
  for (;;) {
    const answer = await ask()
    if (fits(answer)) return answer
    if (performance.now() > end) throw new Error(`never fitted: ${JSON.stringify(answer)}`)
    await pause(20)
  }
}
