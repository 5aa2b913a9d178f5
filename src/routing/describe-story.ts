import { z } from 'zod'
import { parseConversationId } from '../domain/conversation.ts'
import type { DomainEvent } from '../domain/event.ts'
import type { Attachment } from '../domain/event-base.ts'
import type { Outgoing } from '../domain/outgoing.ts'
import { describeOutgoing } from '../domain/outgoing.ts'
import type { Reply } from '../domain/reply.ts'
import type { TimelineEntry } from '../records/timeline.ts'
import { app, describeEvent } from './describe-event.ts'
import { viewOf } from './helpdesk-view.ts'

/** An event as an entry of the customer's timeline; undefined for what is no part of the story, such as receipts. */
export function storyOf(event: DomainEvent): TimelineEntry | undefined {
  const view = viewOf(event, {})
  if (view === 'status' || view === 'nothing') return undefined
  const text = wordsOf(event)
  return {
    id: event.id,
    conversationId: event.conversationId,
    at: event.timestamp,
    kind: event.kind,
    by: speakerOf(event),
    ...(text === '' ? {} : { text }),
    ...nameOf(event),
    ...labelOf(event),
  }
}

/** A reply as an entry, from when it was accepted; undefined for typing and the like. */
export function storyOfReply(reply: Reply): TimelineEntry | undefined {
  const kind = kindOf(reply)
  if (kind === undefined) return undefined
  const { id, conversationId, at, agent, message, comment } = reply
  // What was written to one person has no place in the story of a thread, which is not theirs alone.
  const isSaid = comment === undefined || comment.do === 'public'
  return {
    id,
    conversationId,
    at,
    kind,
    by: agent === null ? 'bot' : 'agent',
    ...(isSaid ? { text: kind === 'receipt' ? describeReceipt(message) : describeOutgoing(message) } : {}),
    ...(agent === null ? {} : { name: agent.name }),
    replyId: id,
  }
}

/** The same private reply in the story of the person who got it. */
export function storyOfPrivate(reply: Reply, conversationId: string): TimelineEntry {
  const { id, at, agent, message } = reply
  const by = agent === null ? ({ by: 'bot' } as const) : ({ by: 'agent', name: agent.name } as const)
  return {
    id,
    conversationId,
    at,
    kind: 'private_reply',
    ...by,
    text: describeOutgoing(message),
    replyId: id,
  }
}

function kindOf({ message, comment, topic }: Reply): string | undefined {
  if (comment?.do === 'private') return 'private_reply'
  if (comment?.do === 'hide') return 'comment_hidden'
  if (comment?.do === 'unhide') return 'comment_shown'
  if (message.typing !== undefined || message.seen || message.reaction) return undefined
  if (message.template?.type === 'receipt') return 'receipt'
  return topic === null ? 'reply' : 'notification'
}

const receipt = z.object({
  orderNumber: z.coerce.string(),
  currency: z.string(),
  summary: z.object({ totalCost: z.coerce.string() }),
})

function describeReceipt(message: Outgoing): string {
  const { data } = receipt.safeParse(message.template)
  return data
    ? `Receipt ${data.orderNumber}: ${data.summary.totalCost} ${data.currency}`
    : describeOutgoing(message)
}

function wordsOf(event: DomainEvent): string {
  switch (event.kind) {
    case 'message':
      if (event.isUnsupported) return describeEvent(event)
      return said(event.text, event.attachments)
    case 'echo':
      return said(event.text, event.attachments)
    case 'comment':
      return event.verb === 'add' ? said(event.text, event.attachments) : describeEvent(event)
    case 'postback':
      return event.title ?? event.payload ?? ''
    default:
      return describeEvent(event)
  }
}

/** Without the links: Meta's expire, and those to our copies are made for an agent who looks now. */
function said(words: string | null, attachments: readonly Attachment[]): string {
  return [words ?? '', ...attachments.map(({ type }) => `[${type}]`)].filter(Boolean).join(' ')
}

function speakerOf(event: DomainEvent): TimelineEntry['by'] {
  switch (event.kind) {
    case 'echo':
      return event.fromInbox ? 'agent' : 'bot'
    case 'label':
    case 'thread_control':
    case 'policy_enforcement':
    case 'page_integrity':
    case 'unknown':
      return 'system'
    default:
      return 'byPage' in event && event.byPage ? 'agent' : 'customer'
  }
}

function nameOf(event: DomainEvent): Pick<TimelineEntry, 'name' | 'author'> {
  if (event.kind === 'echo') return { name: app(event.appId) }
  if (!('author' in event)) return {}
  const { id, name } = event.author
  const isOfMany = parseConversationId(event.conversationId)?.psid == null
  const isTheirs = !('byPage' in event && event.byPage) && id !== null && isOfMany
  return { ...(name === null ? {} : { name }), ...(isTheirs ? { author: id } : {}) }
}

function labelOf(event: DomainEvent): Pick<TimelineEntry, 'label'> {
  if (event.kind !== 'label') return {}
  const name = event.label ?? event.labelId
  return name === null ? {} : { label: { name, isOn: event.action !== 'remove' } }
}
