import { callName } from '../domain/customer.ts'
import type { NewTicket } from '../helpdesk/adapter.ts'
import type { TicketWork } from './ticket-steps.ts'

/** The case that an event opens, with what is known of the person by now. */
export async function newTicket({ deps, conversation, page, event }: TicketWork): Promise<NewTicket> {
  const record = event.psid === null ? undefined : await deps.people?.get(event.conversationId)
  const customer = record?.state === 'known' ? { ...record.customer, expiresAt: record.expiresAt } : null
  const who = (customer && callName(customer)) ?? 'A customer'
  return {
    conversation,
    page: { name: page.name },
    subject: `${who} at ${page.name}`,
    customer,
    context: { page: page.name, channel: page.channel },
    followUpOf: null,
  }
}
