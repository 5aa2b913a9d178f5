import type { HelpdeskEvent } from '../helpdesk/callback.ts'
import type { Conversations } from '../records/conversations.ts'
import type { OwnWrites } from '../records/own-writes.ts'
import type { UnclaimedEvents } from '../records/unclaimed-events.ts'
import { takeEvent } from './take-event.ts'
import type { HelpdeskEventResult, Taken, TakeEventDeps } from './take-event.ts'

export interface AcceptCallbackDeps extends TakeEventDeps {
  conversations: TakeEventDeps['conversations'] & Pick<Conversations, 'conversationOf'>
  ownWrites: Pick<OwnWrites, 'isOurs'>
  unclaimed: UnclaimedEvents
  onEvent: (helpdesk: string, result: HelpdeskEventResult) => void
}

/**
 * Takes what happened in a helpdesk, in order, and resolves when it is durable, with our ids of the replies. Calls no
 * vendor. Safe to repeat: that is how it is retried. Of one ticket one thing after the other is taken.
 */
export type AcceptCallback = (helpdesk: string, events: readonly HelpdeskEvent[]) => Promise<string[]>

/** Takes what a helpdesk told of a ticket before it was known to be this conversation's. Idempotent. */
export type ClaimEvents = (helpdesk: string, ticketId: string, conversationId: string) => Promise<void>

export function acceptCallback(deps: AcceptCallbackDeps): AcceptCallback {
  const inTurn = turns()
  return async (helpdesk, events) => {
    const replies: string[] = []
    for (const event of events) {
      await inTurn(`${helpdesk} ${event.ticket}`, async () => {
        const { result, ids = [] } = await acceptEvent(deps, helpdesk, event)
        deps.onEvent(helpdesk, result)
        replies.push(...ids)
      })
    }
    return replies
  }
}

/** For whoever opens a ticket: its automations may have answered before it was known whose it is. */
export function claimEvents(deps: AcceptCallbackDeps): ClaimEvents {
  return async (helpdesk, ticket, id) =>
    takeUnclaimed(deps, helpdesk, { ticket, id, told: await deps.unclaimed.of(helpdesk, ticket) })
}

async function acceptEvent(deps: AcceptCallbackDeps, helpdesk: string, event: HelpdeskEvent): Promise<Taken> {
  const { ticket } = event
  // In this order: what was told before the ticket was known is seen by whoever knows it.
  const [id, told, isOurs] = await Promise.all([
    deps.conversations.conversationOf(helpdesk, ticket),
    deps.unclaimed.of(helpdesk, ticket),
    event.kind === 'reply' && deps.ownWrites.isOurs(helpdesk, event.message),
  ])
  if (id === undefined) {
    if (isOurs || (event.kind !== 'reply' && event.kind !== 'status')) return { result: 'unknown' }
    const isKept = await deps.unclaimed.keep(helpdesk, ticket, JSON.stringify(event))
    return isKept ? { result: 'unknown' } : acceptEvent(deps, helpdesk, event)
  }
  // It must not overtake them. Whoever opened the ticket may be taking them, too, in the same order: each is taken once.
  await takeUnclaimed(deps, helpdesk, { ticket, id, told })
  return isOurs ? { result: 'own' } : takeEvent(deps, helpdesk, id, event)
}

async function takeUnclaimed(
  deps: AcceptCallbackDeps,
  helpdesk: string,
  { ticket, id, told }: { ticket: string; id: string; told: readonly string[] },
): Promise<void> {
  if (told.length === 0) return
  for (const text of told) {
    const event = JSON.parse(text) as HelpdeskEvent
    const isOurs = event.kind === 'reply' && (await deps.ownWrites.isOurs(helpdesk, event.message))
    const { result } = isOurs ? ({ result: 'own' } as const) : await takeEvent(deps, helpdesk, id, event)
    deps.onEvent(helpdesk, result)
  }
  await deps.unclaimed.drop(helpdesk, ticket, told)
}

/** One after the other for each name, in the order in which they came. */
function turns() {
  const last = new Map<string, Promise<void>>()
  return (name: string, work: () => Promise<void>): Promise<void> => {
    const before = last.get(name) ?? Promise.resolve()
    const own = before.then(work, work)
    last.set(name, own)
    const forget = () => {
      if (last.get(name) === own) last.delete(name)
    }
    own.then(forget, forget)
    return own
  }
}
