import type { SentEvent } from './deliveries.ts'
import { isEffect } from './desk-record.ts'
import type { DeskRecord } from './desk-record.ts'
import { explainRepeats } from './explain.ts'
import type { Fault } from './inject.ts'

/** What was promised, against what came out. Everything but the first four must be zero. */
export interface Audit {
  acked: number
  forwarded: number
  repeated: number
  faults: number
  /** Acknowledged, but the helpdesk never answered it with 2xx in time. */
  lost: number
  /** First effects that came after a later event of their conversation. */
  inverted: number
  /** Repeats that no fault and no failure of the helpdesk accounts for. */
  unexplained: number
  /** Repeats under another webhook-id than the first, which the helpdesk could not recognise. */
  renamed: number
  /** Arrived with another text or in another conversation than it was sent. */
  altered: number
  /** Arrived but was never sent, or was badly signed. */
  invented: number
}

export interface Evidence {
  sent: ReadonlyMap<string, SentEvent>
  records: readonly DeskRecord[]
  faults: readonly Fault[]
  /** The longest that a worker waits for an answer of the helpdesk, with some slack, ms. */
  windowMs: number
}

/** Counts, and a line for each thing that should not be, so that it can be looked up in the records. */
export function audit({ sent, records, faults, windowMs }: Evidence): { counts: Audit; details: string[] } {
  const details: string[] = []
  const tell = (what: string, of: { mid: string; conversation: string }) =>
    details.push(`${what}: ${of.mid} of ${of.conversation}`)
  const effects = records.filter(isEffect)
  const firstIds = new Map<string, string>()
  const furthest = new Map<string, number>()
  const answered = new Set<string>()
  const counts = { inverted: 0, renamed: 0, altered: 0, invented: 0 }

  for (const effect of effects) {
    const original = sent.get(effect.mid)
    if (!original) {
      counts.invented++
      tell('invented', effect)
      continue
    }
    if (effect.outcome === 'ok') answered.add(effect.mid)
    if (effect.text !== original.text || effect.conversation !== original.conversation) {
      counts.altered++
      tell('altered', effect)
    }
    const firstId = firstIds.get(effect.mid)
    if (firstId === undefined) {
      firstIds.set(effect.mid, effect.webhookId)
      const before = furthest.get(original.conversation) ?? -1
      if (original.rank < before) {
        counts.inverted++
        tell(`inverted (${original.rank} after ${before})`, original)
      }
      furthest.set(original.conversation, Math.max(before, original.rank))
    } else if (firstId !== effect.webhookId) {
      counts.renamed++
      tell(`renamed (${firstId} to ${effect.webhookId})`, effect)
    }
  }
  for (const record of records) {
    if (record.outcome !== 'forged') continue
    counts.invented++
    details.push(`forged: from ${record.sender}`)
  }
  const { repeats, unexplained } = explainRepeats(records, faults, windowMs)
  for (const one of unexplained) tell(`repeated without a reason at ${one.at} by ${one.sender}`, one)

  const acked = [...sent.values()].filter((event) => event.ackedAt !== null)
  const lost = acked.filter((event) => !answered.has(event.mid))
  for (const event of lost) tell(`lost (rank ${event.rank})`, event)
  return {
    counts: {
      acked: acked.length,
      forwarded: answered.size,
      repeated: repeats.length,
      faults: faults.length,
      lost: lost.length,
      ...counts,
      unexplained: unexplained.length,
    },
    details,
  }
}

/** What is red whatever still comes: all but `lost`, which may only be late. */
export function isRed(counts: Audit): boolean {
  const { inverted, unexplained, renamed, altered, invented } = counts
  return inverted + unexplained + renamed + altered + invented > 0
}
