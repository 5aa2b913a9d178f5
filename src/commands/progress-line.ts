import type { Progress } from '../setup/deps.ts'
import { printable } from '../setup/report.ts'

/** Where there is no terminal, so often a line says how far it is, ms. */
const quietMs = 10_000

export interface ProgressStream {
  isTTY?: boolean
  columns?: number
  write(text: string): unknown
}

/** One line that is written over on a terminal; elsewhere a line now and then. Goes to standard error. */
export function progressLine(stream: ProgressStream, now: () => number): Progress {
  let isShown = false
  let last = now()
  return {
    show(text) {
      const line = printable(text)
      if (stream.isTTY === true) {
        // Longer than the terminal, a line would wrap and could not be taken back.
        stream.write(`\r\u001b[K${line.slice(0, (stream.columns ?? 80) - 1)}`)
        isShown = true
      } else if (now() - last >= quietMs) {
        last = now()
        stream.write(`${line}\n`)
      }
    },
    clear() {
      if (isShown) stream.write('\r\u001b[K')
      isShown = false
    },
  }
}
