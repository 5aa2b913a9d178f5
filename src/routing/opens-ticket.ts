import type { DomainEvent } from '../domain/event.ts'
import type { Page } from '../domain/page.ts'
import type { ReviewEvent } from '../domain/page-events.ts'

/** Up to so many of 5 stars a review is a negative one. */
const mostOfNegative = 3

/**
 * Whether an event opens a ticket where there is none. What the Page says in public is no case of a customer's, nor is
 * that something of which there is no ticket was hidden or removed.
 */
export function opensTicket(event: DomainEvent, page: Pick<Page, 'reviews'>): boolean {
  switch (event.kind) {
    case 'comment':
      return !event.byPage && isSaid(event)
    case 'review':
      return !event.byPage && isSaid(event) && reviewOpens(event, page.reviews?.ticketFor ?? 'all')
    default:
      return true
  }
}

function isSaid({ verb }: { verb: string }): boolean {
  return verb === 'add' || verb === 'edit'
}

/** Where neither stars nor a recommendation tell, somebody should look. */
function reviewOpens(
  { item, recommendation, rating }: ReviewEvent,
  ticketFor: 'all' | 'negative' | 'none',
): boolean {
  if (ticketFor !== 'negative') return ticketFor === 'all'
  if (item !== 'rating') return false
  if (recommendation !== null) return recommendation !== 'positive'
  return rating === null || rating <= mostOfNegative
}
