import type { GraphError } from './graph-error.ts'
import { createMeter } from './rates.ts'

/** What happened at one Page. */
export type PageCounts = {
  /** Messages that Graph took. */
  sends: number
  senderActions: number
  /** Answers of Graph's rules that said no, by code or code/subcode. */
  refusals: Record<string, number>
  /** Calls that a planned fault struck. */
  faults: number
  /** Calls of each surface, refused ones too. */
  calls: Record<string, number>
  /** Sends that reached the rate limit, taken or not, in the fullest second. */
  maxPerSecond: number
  maxMediaPerSecond: number
}

export type Counts = {
  called(surface: string): void
  sent(): void
  acted(): void
  refused(error: GraphError): void
  struck(): void
  /** A send that only the rate limit can still refuse. */
  offered(kind: 'text' | 'media', now: number): void
  read(): PageCounts
  reset(): void
}

export function createCounts(): Counts {
  let [sends, senderActions, faults] = [0, 0, 0]
  let refusals = new Map<string, number>()
  let calls = new Map<string, number>()
  let meters = { text: createMeter(), media: createMeter() }
  return {
    called: (surface) => add(calls, surface),
    sent: () => void sends++,
    acted: () => void senderActions++,
    struck: () => void faults++,
    refused: ({ code, error_subcode }) =>
      add(refusals, error_subcode === undefined ? String(code) : `${code}/${error_subcode}`),
    offered: (kind, now) => meters[kind].note(now),
    read: () => ({
      sends,
      senderActions,
      refusals: Object.fromEntries(refusals),
      faults,
      calls: Object.fromEntries(calls),
      maxPerSecond: meters.text.max,
      maxMediaPerSecond: meters.media.max,
    }),
    reset() {
      ;[sends, senderActions, faults] = [0, 0, 0]
      refusals = new Map()
      calls = new Map()
      meters = { text: createMeter(), media: createMeter() }
    },
  }
}

function add(to: Map<string, number>, key: string): void {
  to.set(key, (to.get(key) ?? 0) + 1)
}
