import type { DomainEvent, EventKind, EventView, ShownViews } from '../domain/event.ts'

/**
 * What a helpdesk with tickets sees of each kind. A helpdesk that takes events gets all of them as they are.
 * {@link viewOf} says where an event is told otherwise than its kind.
 */
export const defaultViews: Readonly<Record<EventKind, EventView>> = {
  message: 'customer message',
  message_edit: 'note',
  message_deleted: 'note',
  echo: 'agent message',
  postback: 'customer message',
  reaction: 'note',
  read: 'status',
  delivery: 'status',
  referral: 'note',
  optin: 'note',
  account_linking: 'note',
  policy_enforcement: 'note',
  thread_control: 'note',
  feedback: 'note',
  order: 'customer message',
  payment: 'note',
  customer_information: 'customer message',
  lead: 'note',
  coupon: 'note',
  game_play: 'nothing',
  comment: 'customer message',
  post: 'note',
  feed_reaction: 'nothing',
  review: 'customer message',
  mention: 'note',
  label: 'note',
  page_integrity: 'note',
  story_insight: 'nothing',
  unknown: 'note',
}

/**
 * What the helpdesk sees of this event. What the Page itself said in public is an agent's and never a customer's; what
 * was said is a message only once, so that an edit, or a comment that was hidden, is a note about it.
 */
export function viewOf(event: DomainEvent, page: { show?: ShownViews | undefined }): EventView {
  const chosen = page.show?.[event.kind]
  const view = chosen ?? defaultViews[event.kind]
  switch (event.kind) {
    case 'post':
      return event.byPage && chosen === undefined ? 'nothing' : said(event, view)
    case 'comment':
      return said(event, view)
    case 'review':
      // A reaction to a review says nothing that an agent could answer.
      return event.item === 'rating' || event.item === 'comment' || chosen !== undefined
        ? said(event, view)
        : 'nothing'
    default:
      return view
  }
}

function said(event: { verb: string; byPage: boolean }, view: EventView): EventView {
  if (view !== 'customer message' && view !== 'agent message') return view
  if (event.verb !== 'add') return 'note'
  return event.byPage ? 'agent message' : view
}
