import type { DomainEvent } from '../domain/event.ts'
import type { TicketMessage } from '../helpdesk/adapter.ts'
import { describeContext } from './describe-event.ts'
import { viewOf } from './helpdesk-view.ts'
import { ticketMessage } from './ticket-message.ts'
import type { TicketWork } from './ticket-steps.ts'

/** One update holds no more than this, so that what must be written again after a failure stays small. */
const most = 50

/**
 * The messages that wait behind the head of the lane, to be told in one update with it. `joined`: how many there were at
 * an earlier try, which must be the same again; they are still there, since only the holder of a lane takes from it.
 */
export async function messagesBehind(
  { deps, page, hold }: Pick<TicketWork, 'deps' | 'page' | 'hold'>,
  joined: number | undefined,
): Promise<TicketMessage[]> {
  const events = (await hold.behind(joined ?? most)).map((payload) => JSON.parse(payload) as DomainEvent)
  const end = joined === undefined ? events.findIndex((event) => !isPlain(event, page)) : -1
  const taken = end === -1 ? events : events.slice(0, end)
  return Promise.all(
    taken.map(async (event) => {
      const shown = (await deps.showLinks?.(event)) ?? event
      return ticketMessage(shown, viewOf(event, page) === 'agent message' ? 'agent' : 'customer', page)
    }),
  )
}

/** Something that was said, and nothing beside it: what takes a note, a rule or a ticket of its own is told alone. */
export function isPlain(event: DomainEvent, page: TicketWork['page']): boolean {
  if (event.kind !== 'message' && event.kind !== 'postback' && event.kind !== 'echo') return false
  const view = viewOf(event, page)
  return (view === 'customer message' || view === 'agent message') && describeContext(event) === undefined
}
