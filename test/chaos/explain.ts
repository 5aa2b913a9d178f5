import { isEffect } from './desk-record.ts'
import type { DeskRecord } from './desk-record.ts'
import type { Fault } from './inject.ts'

/**
 * Explains repeats, and so bounds them.
 *
 * The promise is one repeat per crash and lane in flight. A lane is in flight at a fault when a request of it had
 * reached the helpdesk and its commit had not reached Redis. The helpdesk sees the first half, and the second needs no
 * guess: a worker gets the next head only by the commit of the one before, so of each lane only the request nearest to
 * the fault can be uncommitted. So a fault hands out at most one ticket per lane, and only to a repeat one of whose
 * requests lay within the fault's window, widened by `windowMs`: the longest that a worker waits for an answer.
 */
export function explainRepeats(
  records: readonly DeskRecord[],
  faults: readonly Fault[],
  windowMs: number,
): { repeats: DeskRecord[]; unexplained: DeskRecord[] } {
  const silences = countSilences(records)
  const earlier = new Map<string, DeskRecord[]>()
  const used = new Set<string>()
  const repeats: DeskRecord[] = []
  const unexplained: DeskRecord[] = []

  for (const effect of records.filter(isEffect)) {
    const before = earlier.get(effect.mid) ?? []
    earlier.set(effect.mid, [...before, effect])
    if (before.length === 0) continue
    repeats.push(effect)
    const silent = silences.get(effect.mid) ?? 0
    if (silent > 0) {
      silences.set(effect.mid, silent - 1)
      continue
    }
    const at = faults.findIndex(
      (fault, index) =>
        !used.has(ticket(index, effect)) &&
        (before.some((one) => lostCommit(fault, one, windowMs)) || isZombie(fault, effect, windowMs)),
    )
    if (at === -1) unexplained.push(effect)
    else used.add(ticket(at, effect))
  }
  return { repeats, unexplained }
}

/** By mid, how often the helpdesk kept it and the sender got no answer in time. Asking again is what we want then. */
function countSilences(records: readonly DeskRecord[]): Map<string, number> {
  const silences = new Map<string, number>()
  for (const { mid, outcome } of records) {
    if (outcome !== 'late' && outcome !== 'cut-after' && outcome !== 'unheard') continue
    silences.set(mid, (silences.get(mid) ?? 0) + 1)
  }
  return silences
}

function ticket(fault: number, effect: DeskRecord): string {
  return `${fault}|${effect.conversation}`
}

/** Could this fault have come between the helpdesk's effect and the worker's commit? */
function lostCommit(fault: Fault, effect: DeskRecord, windowMs: number): boolean {
  // The request of a process killed now may still stand in the helpdesk's socket.
  const killed = fault.startedAt + windowMs
  const isNear = (end: number) => effect.at >= fault.startedAt - windowMs && effect.at <= end
  switch (fault.kind) {
    case 'wipe':
      return false
    case 'term':
      return !fault.graceful && sentBy(effect, fault) && isNear(fault.endedAt + windowMs)
    case 'kill':
      if (fault.target === 'helpdesk') return isNear(killed)
      // Down, it takes no commit; workers come back to it a moment after it is up.
      if (fault.target === 'redis') return isNear(fault.endedAt + windowMs)
      return sentBy(effect, fault) && isNear(killed)
    case 'freeze':
      if (fault.target === 'helpdesk' || fault.target === 'redis') return isNear(fault.endedAt + windowMs)
      return sentBy(effect, fault) && isNear(fault.endedAt + windowMs)
  }
}

/** A worker that was frozen after it had looked at its lease, and sent what others had sent meanwhile. */
function isZombie(fault: Fault, effect: DeskRecord, windowMs: number): boolean {
  if (fault.kind !== 'freeze' || !sentBy(effect, fault)) return false
  return effect.at >= fault.startedAt && effect.at <= fault.endedAt + windowMs
}

function sentBy(effect: DeskRecord, fault: Fault): boolean {
  return fault.target.startsWith('worker-') && effect.sender.startsWith(`${fault.target}.`)
}
