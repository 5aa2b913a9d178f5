import type { DomainEvent } from '../domain/event.ts'
import type { TicketMessage } from '../helpdesk/adapter.ts'
import { readPayload } from '../lanes/read-payload.ts'
import { describeContext } from './describe-event.ts'
import { viewOf } from './helpdesk-view.ts'
import { ticketMessage } from './ticket-message.ts'
import type { TicketWork } from './ticket-steps.ts'

/** One update holds no more than this, so that what must be written again after a failure stays small. */
const most = 50

/**
 * The messages that wait behind the head of the lane, to be told in one update with it. `joined`: how many there were at
 * an earlier try, which must be the same again; they are still there, since only the holder of a lane takes from it.
 * What a customer says may bring a ticket back, or open another: so nothing that is not a customer's takes it along.
 */
export async function messagesBehind(
  { deps, page, hold, view }: Pick<TicketWork, 'deps' | 'page' | 'hold' | 'view'>,
  joined: number | undefined,
): Promise<TicketMessage[]> {
  const mayJoin = (event: DomainEvent) =>
    isPlain(event, page) && (view === 'customer message' || viewOf(event, page) === view)
  const taken: DomainEvent[] = []
  for (const payload of await hold.behind(joined ?? most)) {
    const event = readEvent(payload)
    if (!event || (joined === undefined && !mayJoin(event))) break
    taken.push(event)
  }
  return Promise.all(
    taken.map(async (event) => {
      const shown = (await deps.showLinks?.(event)) ?? event
      return ticketMessage(shown, viewOf(event, page) === 'agent message' ? 'agent' : 'customer', page)
    }),
  )
}

/** What cannot be read is told so in its own turn. */
function readEvent(payload: string): DomainEvent | undefined {
  try {
    return readPayload({ payload }) as DomainEvent
  } catch {
    return undefined
  }
}

/** Something that was said, and nothing beside it: what takes a note, a rule or a ticket of its own is told alone. */
export function isPlain(event: DomainEvent, page: TicketWork['page']): boolean {
  if (event.kind !== 'message' && event.kind !== 'postback' && event.kind !== 'echo') return false
  const view = viewOf(event, page)
  return (view === 'customer message' || view === 'agent message') && describeContext(event) === undefined
}
