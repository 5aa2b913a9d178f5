import type { DomainEvent } from '../domain/event.ts'
import type { Receipt } from '../records/receipts.ts'

/** What an event tells of our messages, if that is what it is about. */
export function receiptOf(event: DomainEvent): Receipt | undefined {
  const { conversationId } = event
  if (event.kind === 'delivery') {
    return { conversationId, status: 'delivered', watermark: event.watermark, mids: event.mids }
  }
  if (event.kind !== 'read') return undefined
  const mids = event.mid === null ? [] : [event.mid]
  return { conversationId, status: 'read', watermark: event.watermark, mids }
}
