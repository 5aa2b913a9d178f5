/** Freshdesk's numbers. Accounts add others above them, which count as open. */
export const status = { open: 2, pending: 3, resolved: 4, closed: 5 } as const

export function statusOf(number: number, closedTickets: 'reopen' | 'followUp'): 'open' | 'solved' | 'closed' {
  if (number === status.closed) return closedTickets === 'followUp' ? 'closed' : 'solved'
  return number === status.resolved ? 'solved' : 'open'
}
