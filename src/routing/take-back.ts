import type { DomainEvent } from '../domain/event.ts'
import { stepFacts } from '../domain/step-error.ts'
import type { Step, TicketHelpdesk, TicketNote, TicketRef } from '../helpdesk/adapter.ts'
import { editEventId, messageEventId } from '../meta/events/event-frame.ts'
import type { Comments } from '../records/comments.ts'
import type { OwnWrites, WrittenPlace } from '../records/own-writes.ts'
import type { Timeline } from '../records/timeline.ts'

export interface TakeBackDeps {
  comments?: Pick<Comments, 'toldBy'>
  timeline?: Pick<Timeline, 'takeBack'>
  /** Erases what was copied of files that came with these events. Without it none are copied. */
  eraseCopiesOf?: ((conversationId: string, eventIds: readonly string[]) => Promise<unknown>) | undefined
}

/** Messenger allows so many edits of a message. */
const mostEdits = 5

/**
 * What an event takes back is kept by us no longer. Answers the ids of the events that told of it, first that of the
 * message or comment itself, then those of its edits; none for events that take nothing back. Idempotent.
 */
export async function takeBack(event: DomainEvent, deps: TakeBackDeps): Promise<string[]> {
  const ids = await takenBack(event, deps)
  if (ids.length === 0) return ids
  await deps.timeline?.takeBack(event.conversationId, ids)
  await deps.eraseCopiesOf?.(event.conversationId, ids)
  return ids
}

async function takenBack(event: DomainEvent, { comments }: TakeBackDeps): Promise<string[]> {
  const { pageId } = event
  if (event.kind === 'message_deleted') {
    const { mid, byPage } = event
    const edits = Array.from({ length: mostEdits }, (_, n) => editEventId(pageId, mid, n + 1))
    return [messageEventId(byPage ? 'echo' : 'message', pageId, mid), ...edits]
  }
  if (event.kind !== 'comment' || event.verb !== 'remove') return []
  return (await comments?.toldBy({ pageId, commentId: event.commentId })) ?? []
}

/** What of an event is needed to take out what it takes back. */
interface Removal {
  deps: { ownWrites?: Pick<OwnWrites, 'places'> }
  helpdesk: TicketHelpdesk
  page: { helpdesk: string }
  event: DomainEvent
  takenBack: readonly string[]
  step: Step
}

/**
 * Takes out of the helpdesk what was taken back, where it knows how and we know where it stands. Answers whether it is
 * gone; undefined when nothing was taken back. Idempotent: every try of the step says the same.
 */
export async function removeTold(removal: Removal, ticket: TicketRef): Promise<boolean | undefined> {
  const { helpdesk, event, takenBack: ids, step } = removal
  if (!takesBack(event)) return undefined
  if (!helpdesk.removeMessage) return false
  const places = await placesOf(removal, ticket)
  let isGone = ids[0] !== undefined && places.some(({ eventId }) => eventId === ids[0])
  for (const { ticket: where, ...written } of places) {
    const own = { ...step, idempotencyKey: `${step.idempotencyKey}:remove:${written.eventId}` }
    try {
      await helpdesk.removeMessage(where, written, own)
    } catch (error) {
      const { verdict, code } = stepFacts(error)
      if (verdict === 'retry') throw error
      // With its ticket the message is gone, too.
      if (code !== 'TICKET_GONE') isGone = false
    }
  }
  return isGone
}

/** As an event says of itself. */
export function takesBack(event: DomainEvent): boolean {
  return event.kind === 'message_deleted' || (event.kind === 'comment' && event.verb === 'remove')
}

/** The note about it, with what became of it here. */
export function tellRemoval(described: string, isGone: boolean): string {
  const ending = isGone ? '; it was removed here.' : '; this helpdesk keeps what it has.'
  return described.replace(/\.?$/, ending)
}

/** An edit says what was said, and goes with it. */
export function quotesOf({
  kind,
  id: eventId,
  conversationId,
  ...event
}: DomainEvent): Pick<TicketNote, 'quotes'> {
  const isEdit = kind === 'message_edit' || (kind === 'comment' && 'verb' in event && event.verb === 'edit')
  return isEdit ? { quotes: { eventId, conversationId } } : {}
}

async function placesOf(
  { deps, helpdesk, page, event, takenBack: ids }: Removal,
  ticket: TicketRef,
): Promise<WrittenPlace[]> {
  if (helpdesk.findsByEvent) {
    return ids.map((eventId) => ({ eventId, ticket, message: eventId, key: eventId }))
  }
  return (await deps.ownWrites?.places(page.helpdesk, event.conversationId, ids)) ?? []
}
