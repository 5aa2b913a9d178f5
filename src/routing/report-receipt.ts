import type { Conversation } from '../domain/conversation.ts'
import type { DomainEvent } from '../domain/event.ts'
import type { HelpdeskAdapter, Step } from '../helpdesk/adapter.ts'
import type { Receipts } from '../records/receipts.ts'
import { receiptOf } from './receipt-of.ts'

/**
 * Shows in the helpdesk which replies were delivered or read, each once. What fails is tried again with the event, and
 * what was told by then is not told twice.
 */
export async function reportReceipt(
  deps: { receipts: Pick<Receipts, 'untold' | 'noteTold'> },
  told: { helpdesk: HelpdeskAdapter; conversation: Conversation; event: DomainEvent; step: Step },
): Promise<void> {
  const { helpdesk, conversation, event, step } = told
  const receipt = receiptOf(event)
  if (!receipt || !helpdesk.reportReceipt) return
  const { status } = receipt
  for (const replyId of await deps.receipts.untold(receipt)) {
    const own = { ...step, idempotencyKey: `${replyId}:${status}` }
    await helpdesk.reportReceipt(conversation, { replyId, status, at: event.timestamp }, own)
    await deps.receipts.noteTold(replyId, status)
  }
}
