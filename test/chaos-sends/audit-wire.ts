import { replyMetadata } from '../../src/domain/reply-metadata.ts'
import type { Effects, Evidence, Fault } from './audit.ts'
import type { Accepted } from './load.ts'
import type { WireEvent } from './wire.ts'

/** An echo that was noted while a send was being prepared could not stop it, ms. */
const raceMs = 1000

/** What the wires tell of one reply: who was sent twice, whether that may be, and whether it was said in time. */
export function auditWire({ wire, echoedAt, records }: Evidence, effects: Effects, reply: Accepted): Fault[] {
  const { id, conversation, number } = reply
  const faults: Fault[] = []
  const events = wire.of(id)
  const record = records?.get(id)
  const wasTold = (before: WireEvent) =>
    events.some((one) => one.kind === 'repeat told' && one.order < before.order)
  let mayRepeat = false

  for (let part = 0; part < reply.parts; part++) {
    const name = `part ${part} of reply ${number} (${id}) to ${conversation.id}`
    const own = events.filter(
      (one) => one.part === part && one.kind !== 'repeat told' && one.kind !== 'popped',
    )
    const metadata = replyMetadata(id, part)
    const story = () => describe(own, echoedAt.get(metadata))
    const repeats = (effects.get(metadata) ?? []).length - 1
    const unknown = requestsOfUnknownFate(own)
    mayRepeat ||= marksOfUnknownFate(own).length > 0

    if (repeats > 0 && !conversation.page.deaf) {
      faults.push({ name: 'doubled', detail: `${name}, ${repeats + 1} times: ${story()}` })
    }
    for (const again of own.filter((one) => one.kind === 'requested').slice(1)) {
      if (unknown.some((one) => one.order < again.order) && !wasTold(again)) {
        faults.push({ name: 'unmarked', detail: `${name} left again before that was noted: ${story()}` })
      }
    }
    if (repeats > 0 && record && !record.possibleRepeat) {
      faults.push({
        name: 'unmarked',
        detail: `${name} came ${repeats + 1} times and says nothing: ${story()}`,
      })
    }
    if (isResent(own)) faults.push({ name: 'resent', detail: `${name}: ${story()}` })
  }
  if (record?.possibleRepeat === true && !mayRepeat) {
    faults.push({
      name: 'overmarked',
      detail: `reply ${number} (${id}) to ${conversation.id}: ${describe(events, echoedAt.get(id))}`,
    })
  }
  return faults
}

/** Requests after which Redis was told neither that Meta has it nor that it has not. */
function requestsOfUnknownFate(own: readonly WireEvent[]): WireEvent[] {
  return own.filter((one, at) => one.kind === 'requested' && !isCleared(own, at))
}

/** Marks whose fate was unknown, and that were followed by another: only these make a repeat possible. */
function marksOfUnknownFate(own: readonly WireEvent[]): WireEvent[] {
  return own.filter(
    (one, at) =>
      one.kind === 'marked' &&
      !isCleared(own, at) &&
      own.slice(at + 1).some((later) => later.kind === 'marked'),
  )
}

/** Was Redis told what became of it, before the next one? */
function isCleared(own: readonly WireEvent[], at: number): boolean {
  for (const one of own.slice(at + 1)) {
    if (one.kind === 'marked') return false
    if (one.kind === 'noted' || one.kind === 'released') return true
  }
  return false
}

/** A mark was set for a part of which an answer had been noted, or an echo a good while ago. */
function isResent(own: readonly WireEvent[]): boolean {
  const marks = own.filter((one) => one.kind === 'marked')
  return own.some(
    (proof) =>
      (proof.kind === 'noted' && marks.some((mark) => mark.order > proof.order)) ||
      (proof.kind === 'echoed' && marks.some((mark) => mark.at > proof.at + raceMs)),
  )
}

/** `life 3: marked +0, requested +12 ms` …, so that a red run explains itself. */
export function describe(events: readonly WireEvent[], echoedAt?: number): string {
  const [first] = events
  if (!first) return 'nothing went over the wires'
  const lives = Map.groupBy(events, (one) => one.life)
  const told = [...lives].map(([life, all]) => {
    const steps = all.map(({ kind, at }) => `${kind} +${at - first.at}`)
    return `worker ${life}: ${steps.join(', ')}`
  })
  const echo =
    echoedAt === undefined ? 'no echo' : `the webhook acknowledged an echo at +${echoedAt - first.at}`
  return `${told.join('; ')}; ${echo} (ms)`
}
