import type { DomainEvent } from '../domain/event.ts'
import { laneName } from '../lanes/keys.ts'
import type { Receipts } from '../records/receipts.ts'
import { receiptOf } from './receipt-of.ts'
import { noticeConsents } from './notice-consents.ts'
import type { NoticeDeps as ConsentDeps } from './notice-consents.ts'

export interface NoticeDeps extends ConsentDeps {
  receipts: Pick<Receipts, 'note'>
  /** Makes lanes due now, whatever they wait for. */
  wake: (lanes: string[]) => Promise<void>
}

/**
 * What follows from events at once, whatever state the helpdesk is in: receipts move replies on, opt-ins and STOP are
 * kept, and a thread that changed hands is tried again. Idempotent.
 */
export function noticeEvents(deps: NoticeDeps): (events: DomainEvent[]) => Promise<void> {
  const consents = noticeConsents(deps)
  return async (events) => {
    const receipts = events.flatMap((event) => receiptOf(event) ?? [])
    const handedOver = events.filter((event) => event.kind === 'thread_control')
    await Promise.all([
      receipts.length > 0 ? deps.receipts.note(receipts) : undefined,
      handedOver.length > 0
        ? deps.wake([...new Set(handedOver.map((event) => laneName('out', event.conversationId)))])
        : undefined,
      consents(events),
    ])
  }
}
