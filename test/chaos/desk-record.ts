import { hash } from 'node:crypto'

/**
 * What the fake helpdesk did with one request.
 *   ok          kept it, then answered 200
 *   late        kept it, then answered 200 when the sender had given up
 *   cut-after   kept it, then cut the connection
 *   cut-before  cut the connection and kept nothing
 *   refused     kept nothing and answered 429 or 5xx
 *   unheard     a second line for a request: when the answer was ready, the sender had hung up
 *   forged      the signature was wrong: kept nothing and answered 401
 */
export type Outcome = 'ok' | 'late' | 'cut-after' | 'cut-before' | 'refused' | 'unheard' | 'forged'

/** A line of the helpdesk's file, written before it answers: its order is the order of the effects. */
export interface DeskRecord {
  /** ms since the epoch. */
  at: number
  outcome: Outcome
  mid: string
  webhookId: string
  conversation: string
  /** Which process sent it: `worker-1.3` is the third life of worker-1. */
  sender: string
  text: string
}

/** True when the customer's message is now in the helpdesk, whatever the sender believes. */
export function isEffect(record: DeskRecord): boolean {
  return record.outcome === 'ok' || record.outcome === 'late' || record.outcome === 'cut-after'
}

/** Short enough for the file, and other bytes give another one. */
export function fingerprint(text: string | null): string {
  return text === null ? '' : hash('sha256', text).slice(0, 12)
}
