import { conversationId } from '../domain/conversation.ts'
import type { DomainEvent } from '../domain/event.ts'
import { topicFrom } from '../domain/topic.ts'
import { isStart, isStop } from '../meta/stop-words.ts'
import type { ConsentNote } from '../records/consents.ts'

/** Something that an event says about consent. */
export interface ReadConsent {
  event: DomainEvent
  note: ConsentNote
  /** Of the word that was said; null when it does not tell. */
  language: string | null
}

type Optin = Extract<DomainEvent, { kind: 'optin' }>

/** What an event says about consent; nearly always nothing. */
export function readConsents(event: DomainEvent, stopWords: readonly string[] | undefined): ReadConsent[] {
  if (event.kind === 'optin') return readOptin(event)
  const said = wordsOf(event)
  if (said.length === 0 || event.psid === null) return []
  const read: ReadConsent[] = []
  const base = { conversationId: event.conversationId, at: event.timestamp, by: event.id }
  if (event.kind === 'message' && event.priorMessage) {
    const earlier = conversationId(event.pageId, `user_ref:${event.priorMessage.identifier}`)
    const note = { ...base, status: 'aliased', topic: earlier, source: 'checkbox' } as const
    read.push({ event, note, language: null })
  }
  // Another app answers in a thread that we only listen to, and an edit opens no window to answer in.
  const all = { ...base, topic: null, asksToConfirm: !event.standby && event.kind !== 'message_edit' }
  const stop = said.map((text) => isStop(text, stopWords)).find((found) => found !== null)
  if (stop) {
    read.push({ event, note: { ...all, status: 'stopped', source: 'stop-word' }, language: stop.language })
  } else if (said.some(isStart)) {
    read.push({ event, note: { ...all, status: 'resumed', source: 'start-word' }, language: null })
  }
  return read
}

/** What the person wrote, or the name and the meaning of what they tapped. */
function wordsOf(event: DomainEvent): string[] {
  const said =
    event.kind === 'message'
      ? [event.text, event.quickReply?.payload]
      : event.kind === 'message_edit' && !event.byPage
        ? [event.text]
        : event.kind === 'postback'
          ? [event.title, event.payload]
          : []
  return said.filter((text) => text != null)
}

/** A ticked checkbox, a tapped request, and what Meta's own settings let people change of it. */
function readOptin(event: Optin): ReadConsent[] {
  const person = event.psid ?? (event.userRef === null ? null : `user_ref:${event.userRef}`)
  const topic = topicFrom(topicNames(event).find((name) => name != null && name !== '') ?? '')
  const decision = decisions.get(event.status ?? '')
  // Without a name nobody could tell later what it was that was agreed to.
  if (person === null || topic === null || decision === undefined) return []
  const note: ConsentNote = {
    conversationId: conversationId(event.pageId, person),
    status: decision,
    topic,
    at: event.timestamp,
    source: event.status ?? `opt-in ${event.type ?? 'plugin'}`,
    by: event.id,
  }
  return [{ event, note, language: null }]
}

/** By Meta's `notification_messages_status`, which only says something when the person changed their mind. */
const decisions = new Map<string, 'given' | 'withdrawn'>([
  ['', 'given'],
  ['RESUME NOTIFICATIONS', 'given'],
  ['STOP NOTIFICATIONS', 'withdrawn'],
])

/** What may name the topic, best first: what the shop itself chose for the purpose. */
function topicNames({ type, topic, title, payload, ref }: Optin): (string | null)[] {
  if (type === null) return [ref]
  return type === 'one_time_notif_req' ? [payload, title] : [topic, title, payload, ref]
}
