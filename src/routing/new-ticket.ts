import { callName } from '../domain/customer.ts'
import type { NewTicket } from '../helpdesk/adapter.ts'
import type { Opening } from './ticket-context.ts'
import type { Former } from './ticket-life.ts'
import type { TicketWork } from './ticket-steps.ts'

/** The case that an event opens, with what is known of the person by now. */
export function newTicket(
  { conversation, page }: Pick<TicketWork, 'conversation' | 'page'>,
  { customer, context }: Opening,
  former: Former | undefined,
): NewTicket {
  const who = (customer && callName(customer)) ?? 'A customer'
  return {
    conversation,
    page: { name: page.name },
    subject: `${who} at ${page.name}`,
    customer,
    context,
    followUpOf: former === undefined || former.why === 'gone' ? null : former.ticket,
  }
}
