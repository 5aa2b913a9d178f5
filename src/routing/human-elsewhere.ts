import type { DomainEvent } from '../domain/event.ts'
import type { Page } from '../domain/page.ts'
import type { Reply } from '../domain/reply.ts'
import { isMetaInbox } from '../meta/events/meta-inboxes.ts'

const hourMs = 3_600_000

/**
 * Whether an event says that somebody answers elsewhere: a human did in Meta's inbox, or another app has the conversation
 * now. While nobody knows our own app id, only Meta's inbox is surely not us.
 */
export function answeredElsewhere(event: DomainEvent, ourAppId: string | undefined): boolean {
  if (event.kind === 'echo') return event.fromInbox
  if (event.kind !== 'thread_control') return false
  const { action, newOwner } = event
  if ((action !== 'pass' && action !== 'take') || newOwner === null) return false
  return isMetaInbox(newOwner) || (ourAppId !== undefined && newOwner !== ourAppId)
}

/**
 * Whether a reply must not leave because a human answered elsewhere a short while ago. Only bots are held back, and not
 * their notifications: those answer nobody, and the person agreed to them. Times are ms since the epoch.
 */
export function isHeldForHuman(
  { elsewhere = 'note', elsewhereHours = 1 }: Pick<Page, 'elsewhere' | 'elsewhereHours'>,
  humanElsewhereAt: number | null,
  { agent, topic }: Pick<Reply, 'agent' | 'topic'>,
  now: number,
): boolean {
  if (elsewhere !== 'hold' || humanElsewhereAt === null || agent !== null || topic !== null) return false
  return now - humanElsewhereAt < elsewhereHours * hourMs
}
