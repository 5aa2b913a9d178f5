import type { Conversation } from '../domain/conversation.ts'
import type { DomainEvent } from '../domain/event.ts'
import type { HelpdeskAdapter, Step } from '../helpdesk/adapter.ts'
import type { Receipts } from '../records/receipts.ts'
import { receiptOf } from './receipt-of.ts'
import { showsReply } from './reply-fate.ts'

/**
 * Shows in a helpdesk which of the replies that it shows were delivered or read, each once. What fails is tried again with the event, and
 * what was told by then is not told twice.
 */
export async function reportReceipt(
  deps: { receipts: Pick<Receipts, 'untold' | 'noteTold'> },
  told: {
    name: string
    helpdesk: HelpdeskAdapter
    conversation: Conversation
    event: DomainEvent
    step: Step
  },
): Promise<void> {
  const { name, helpdesk, conversation, event, step } = told
  const receipt = receiptOf(event)
  if (!receipt || !helpdesk.reportReceipt) return
  const { status } = receipt
  for (const { replyId, source } of await deps.receipts.untold(receipt, name)) {
    if (showsReply(helpdesk, name, source)) {
      const own = { ...step, idempotencyKey: `${replyId}:${status}` }
      const from = source?.helpdesk === name ? { source } : {}
      await helpdesk.reportReceipt(conversation, { replyId, ...from, status, at: event.timestamp }, own)
    }
    await deps.receipts.noteTold(replyId, name, status)
  }
}
