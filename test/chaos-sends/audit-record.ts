import type { ReplyRecord, ReplyStatus } from '../../src/domain/reply.ts'
import { replySteps } from '../../src/records/replies.ts'
import { replyMetadata } from '../../src/domain/reply-metadata.ts'
import type { Effects, Evidence, Fault } from './audit.ts'
import type { Accepted } from './load.ts'

/** What `GET /v1/replies/{id}` says of a reply, against what Meta knows of it. */
export function auditRecord({ records, sent, read }: Evidence, effects: Effects, reply: Accepted): Fault[] {
  const { id, number, conversation, parts } = reply
  const name = `reply ${number} (${id}) to ${conversation.id}`
  const record = records?.get(id)
  if (!record) return [{ name: 'misstated', detail: `${name} has no record` }]
  if (conversation.blocked) return auditRefused(record, name)
  if (record.status === 'failed') {
    return [{ name: 'failed', detail: `${name} failed of ${record.failure?.code ?? 'nothing'}` }]
  }
  if (record.parts.length !== parts) {
    return [{ name: 'altered', detail: `${name} has ${record.parts.length} parts, not ${parts}` }]
  }
  const isRead = read.has(conversation.id)
  const lastMid = isRead ? lastOf(sent, conversation.id) : undefined
  const faults: Fault[] = []
  const expected = record.parts.map(({ mid, status }, part): ReplyStatus => {
    const all = effects.get(replyMetadata(id, part)) ?? []
    if (!all.some((one) => one.mid === mid)) {
      faults.push({
        name: 'misstated',
        detail: `part ${part} of ${name} has a mid that Meta did not give it`,
      })
    }
    // Instagram tells that one message was seen, and of deliveries nothing; Messenger that all until then were.
    const isMessenger = conversation.page.channel === 'messenger'
    const isSeen = isRead && (isMessenger || mid === lastMid)
    const wanted = isSeen ? 'read' : isMessenger ? 'delivered' : 'sent'
    if (status !== wanted) {
      faults.push({ name: 'misstated', detail: `part ${part} of ${name} is ${status}, not ${wanted}` })
    }
    return wanted
  })
  const least = replySteps.find((step) => expected.includes(step))
  if (record.status !== least) {
    faults.push({ name: 'misstated', detail: `${name} is ${record.status}, not ${least ?? 'nothing'}` })
  }
  return faults
}

/** The person blocked the Page, and whoever wrote must be told so. */
function auditRefused(record: ReplyRecord, name: string): Fault[] {
  const { status, failure } = record
  if (status === 'failed' && failure?.code === 'PERSON_UNAVAILABLE') return []
  return [
    {
      name: 'failed',
      detail: `${name} is ${status} (${failure?.code ?? 'no failure'}), not PERSON_UNAVAILABLE`,
    },
  ]
}

function lastOf(sent: Evidence['sent'], conversation: string): string | undefined {
  return sent.findLast(({ pageId, psid }) => `${pageId}:${psid}` === conversation)?.mid
}
