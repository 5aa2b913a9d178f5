import { splitDelivery } from '../meta/split.ts'
import { webhookObject } from '../meta/subscribed-fields.ts'
import type { Account } from './account.ts'
import type { StoredMessage } from './conversations.ts'
import type { ConfiguredPage } from './deps.ts'

/** One message in the form in which Meta's webhook tells it. */
export interface SyntheticEvent {
  sender: { id: string }
  recipient: { id: string }
  /** ms since the epoch */
  timestamp: number
  message: { mid: string; is_echo?: true; is_unsupported?: true } & Record<string, unknown>
}

/** What tells whether a message was received before. */
export interface Candidate {
  mid: string
  conversationId: string
  /** The ids that its event may have been appended under. */
  eventIds: string[]
}

/**
 * The messages of one conversation, oldest first: what the person wrote as a message, what the Page wrote as an echo.
 * The mids are those that the webhook tells. Left out is what has no sender or no time.
 */
export function syntheticEvents(
  page: ConfiguredPage,
  account: Account,
  messages: StoredMessage[],
): SyntheticEvent[] {
  const events = messages.flatMap((message) => messagingEvent(page, account, message) ?? [])
  // Graph lists the newest first; turned round, a stable sort keeps what was said in order.
  const ordered = events.toReversed().toSorted((a, b) => a.timestamp - b.timestamp)
  // It counts whole seconds. Helpdesks order by time, so what was said within one gets a millisecond of its own.
  return ordered.map((event, at) => {
    const earlier = ordered.slice(0, at).filter(({ timestamp }) => timestamp === event.timestamp).length
    return { ...event, timestamp: event.timestamp + earlier }
  })
}

/** The bytes of a delivery of these events, and when it should have been received: with the newest of them. */
export function syntheticDelivery(
  page: ConfiguredPage,
  events: SyntheticEvent[],
): { body: Buffer; receivedAt: number } {
  const receivedAt = events.at(-1)?.timestamp ?? 0
  const entry = [{ id: page.id, time: receivedAt, messaging: events }]
  return { body: Buffer.from(JSON.stringify({ object: webhookObject(page.channel), entry })), receivedAt }
}

/**
 * The Conversations API shows a tap on a button as a message with the button's title, under the mid of the postback
 * that was delivered. Both ids are asked of the splitter itself, so that they stay those that it gives.
 */
export function candidateOf(page: ConfiguredPage, event: SyntheticEvent): Candidate {
  const { message, ...parties } = event
  const tap = { ...parties, postback: { mid: message.mid } }
  const forms = message.is_echo === true ? [event] : [event, tap]
  const entry = [{ id: page.id, time: event.timestamp, messaging: forms }]
  const { events } = splitDelivery(JSON.stringify({ entry }), event.timestamp)
  return {
    mid: message.mid,
    conversationId: events[0]?.conversationId ?? '',
    eventIds: events.map(({ id }) => id),
  }
}

function messagingEvent(
  page: ConfiguredPage,
  account: Account,
  message: StoredMessage,
): SyntheticEvent | null {
  const ours = new Set([page.id, account.nodeId])
  const from = message.from?.id
  const others = (message.to?.data ?? []).flatMap(({ id }) => (id != null && !ours.has(id) ? [id] : []))
  if (from == null || message.created_time == null) return null
  const isEcho = ours.has(from)
  const person = isEcho ? others[0] : from
  if (person === undefined) return null
  const content = contentOf(message)
  return {
    sender: { id: isEcho ? page.id : person },
    recipient: { id: isEcho ? person : page.id },
    timestamp: message.created_time,
    message: {
      mid: message.id,
      ...(isEcho ? { is_echo: true } : {}),
      ...content,
      // So that a helpdesk can say that there was something.
      ...(Object.keys(content).length === 0 ? { is_unsupported: true } : {}),
    },
  }
}

function contentOf({ message, reply_to, attachments, shares }: StoredMessage) {
  const all = [...(attachments?.data ?? []).map(attachment), ...(shares?.data ?? []).map(share)]
  const answered = reply_to?.mid ?? reply_to?.id
  return {
    ...(message == null || message === '' ? {} : { text: message }),
    ...(all.length === 0 ? {} : { attachments: all }),
    ...(answered == null ? {} : { reply_to: { mid: answered } }),
  }
}

/** The Conversations API names the kind by a key or by the MIME type, the webhook by a word of its own. */
function attachment(raw: Record<string, unknown>) {
  const type = kindOf(raw)
  const url = urlIn(raw['image_data']) ?? urlIn(raw['video_data']) ?? text(raw['file_url']) ?? urlIn(raw)
  const title = text(raw['name'])
  return { type, payload: { ...(url === null ? {} : { url }), ...(title === null ? {} : { title }) } }
}

function kindOf(raw: Record<string, unknown>): string {
  if (raw['image_data'] != null) return 'image'
  if (raw['video_data'] != null) return 'video'
  const [kind] = (text(raw['mime_type']) ?? '').split('/')
  return kind !== undefined && ['image', 'video', 'audio'].includes(kind) ? kind : 'file'
}

function share(raw: Record<string, unknown>) {
  const url = text(raw['link'])
  const title = text(raw['name'])
  return {
    type: 'fallback',
    payload: { ...(url === null ? {} : { url }), ...(title === null ? {} : { title }) },
  }
}

function urlIn(value: unknown): string | null {
  return typeof value === 'object' && value !== null ? text((value as Record<string, unknown>)['url']) : null
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
