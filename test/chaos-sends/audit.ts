import type { ReplyRecord } from '../../src/domain/reply.ts'
import { replyMetadata } from '../../src/domain/reply-metadata.ts'
import type { SentMessage } from '../../src/simulator/message-store.ts'
import { auditRecord } from './audit-record.ts'
import { auditWire } from './audit-wire.ts'
import type { Accepted } from './load.ts'
import { readBack } from './messages.ts'
import type { Wire } from './wire.ts'

/** What was promised, against what came out. All of these must be zero. */
export const faultNames = [
  /** A part that the person never got. */
  'lost',
  /** A reply that failed although nothing was wrong with it, or failed for another reason than it should. */
  'failed',
  /** Something of a reply came first after something of a later one. */
  'inverted',
  /** The person got a part twice, though its echo arrived. */
  'doubled',
  /** It was, or may have been, sent twice, and the reply does not say so, or said so too late. */
  'unmarked',
  /** It is said to be a possible repeat, and was not. */
  'overmarked',
  /** A part was sent although Redis had been told that Meta has it. */
  'resent',
  /** It says something else at Meta than was accepted, or has another number of parts. */
  'altered',
  /** A message at Meta that is none of ours, or at somebody else's. */
  'invented',
  /** Its status or its mids are not what Meta knows. */
  'misstated',
] as const
export type FaultName = (typeof faultNames)[number]

export interface Fault {
  name: FaultName
  /** Precise enough to look it up in the records. */
  detail: string
}

export interface Evidence {
  accepted: readonly Accepted[]
  /** What Meta took, in its order. */
  sent: readonly SentMessage[]
  wire: Wire
  /** When the webhook had acknowledged the first echo of a part, by its metadata; ms since the epoch. */
  echoedAt: ReadonlyMap<string, number>
  /** What `GET /v1/replies/{id}` says; absent while all is still under way. */
  records?: ReadonlyMap<string, ReplyRecord>
  /** Conversations whose person has read everything. */
  read: ReadonlySet<string>
}

/** Of each part, by its metadata, what Meta took, in its order. */
export type Effects = ReadonlyMap<string, readonly SentMessage[]>

export function effectsOf(sent: readonly SentMessage[]): Effects {
  return Map.groupBy(sent, ({ body }) => body.message?.metadata ?? '')
}

/** All that should not be. Without records, only what is wrong whatever still comes. */
export function audit(evidence: Evidence): Fault[] {
  const { accepted, sent, records } = evidence
  const effects = effectsOf(sent)
  const faults = [
    ...auditOrder(accepted, sent),
    ...accepted.flatMap((one) => auditWire(evidence, effects, one)),
  ]
  if (!records) return faults
  return [
    ...faults,
    ...accepted.flatMap((one) => [...auditContent(effects, one), ...auditRecord(evidence, effects, one)]),
  ]
}

/** First effects of a conversation come in the order of acceptance, and parts in theirs. */
function auditOrder(accepted: readonly Accepted[], sent: readonly SentMessage[]): Fault[] {
  const faults: Fault[] = []
  const places = new Map<string, { conversation: string; place: number; name: string }>()
  for (const { id, number, parts, conversation } of accepted) {
    for (let part = 0; part < parts; part++) {
      const name = `part ${part} of reply ${number} (${id}) to ${conversation.id}`
      places.set(replyMetadata(id, part), { conversation: conversation.id, place: number * 100 + part, name })
    }
  }
  const furthest = new Map<string, { place: number; name: string }>()
  const seen = new Set<string>()
  for (const { pageId, psid, mid, body } of sent) {
    const metadata = body.message?.metadata ?? ''
    const known = places.get(metadata)
    if (known?.conversation !== `${pageId}:${psid}`) {
      faults.push({ name: 'invented', detail: `${mid} to ${pageId}:${psid} with metadata "${metadata}"` })
      continue
    }
    if (seen.has(metadata)) continue
    seen.add(metadata)
    const before = furthest.get(known.conversation)
    if (before && known.place < before.place) {
      faults.push({ name: 'inverted', detail: `${known.name} came after ${before.name}` })
    } else furthest.set(known.conversation, known)
  }
  return faults
}

function auditContent(effects: Effects, { id, number, parts, content, conversation }: Accepted): Fault[] {
  if (conversation.blocked) return []
  const name = `reply ${number} (${id}) to ${conversation.id}`
  const firsts = Array.from({ length: parts }, (_, part) => effects.get(replyMetadata(id, part))?.[0])
  const faults = firsts.flatMap((one, part): Fault[] =>
    one ? [] : [{ name: 'lost', detail: `part ${part} of ${name} is not at Meta` }],
  )
  if (faults.length > 0) return faults
  // A repeat must say the same, too.
  for (let part = 0; part < parts; part++) {
    const all = (effects.get(replyMetadata(id, part)) ?? []).map(({ body }) => JSON.stringify(body.message))
    if (new Set(all).size > 1)
      faults.push({ name: 'altered', detail: `part ${part} of ${name} said two things` })
  }
  const said = readBack(firsts.map((one) => one?.body.message ?? {}))
  if (said !== content) {
    faults.push({
      name: 'altered',
      detail: `${name} says "${said.slice(0, 60)}", not "${content.slice(0, 60)}"`,
    })
  }
  return faults
}
