import { refusal } from './graph-error.ts'
import type { MessageStore, StoredMessage } from './message-store.ts'
import { fieldSet, paged, pickFields, splitFields } from './paging.ts'
import type { Page } from './pages.ts'
import { profileOf, type Person } from './people.ts'
import type { Threads } from './threads.ts'

/** What the Conversations API tells of a conversation and of its messages. */

const CONVERSATION_FIELDS = fieldSet('id updated_time messages participants is_owner link message_count')
const MESSAGE_FIELDS = fieldSet('id created_time from to message reply_to attachments shares sticker tags')
/** Of older ones Graph says that they were deleted. */
const DETAILED = 20

/** Speaks for the person at this Page, without anything to remember. */
export function conversationId({ pageId, psid }: Pick<Person, 'pageId' | 'psid'>): string {
  return `t_${Buffer.from(`${pageId}:${psid}`).toString('base64url')}`
}

/** Undefined when the id is none of ours. */
export function readConversationId(id: string): { pageId: string; psid: string } | undefined {
  const [, pageId, psid] = /^(\d+):(.+)$/s.exec(Buffer.from(id.slice(2), 'base64url').toString()) ?? []
  return id.startsWith('t_') && pageId !== undefined && psid !== undefined ? { pageId, psid } : undefined
}

type Deps = { store: Pick<MessageStore, 'get'>; threads: Threads }

/** The fields asked for; `messages` and `messages{id,created_time}` list the newest first. */
export function describeConversation(
  { store, threads }: Deps,
  page: Page,
  person: Person,
  { fields, ...paging }: { fields: string; limit?: number | undefined; after?: string | undefined },
) {
  const wanted = splitFields(fields).find((field) => field.startsWith('messages'))
  const mids = person.mids.toReversed().filter((mid) => store.get(mid))
  const all = {
    id: conversationId(person),
    updated_time: graphTime(person.updatedAt),
    participants: { data: [nameOf(person, page), { id: page.id, name: page.name }] },
    is_owner: threads.isRouted() ? threads.isOurs(person) : undefined,
    link: `/${page.id}/inbox/${person.psid}`,
    message_count: mids.length,
    messages: wanted && listMessages({ store }, page, person, mids, fieldsOf(wanted), paging),
  }
  return pickFields(all, fields, CONVERSATION_FIELDS)
}

export function describeMessage(page: Page, person: Person, message: StoredMessage, fields: string) {
  if (!person.mids.slice(-DETAILED).includes(message.mid)) throw deleted()
  return pickFields(detailsOf(page, person, message), fields, MESSAGE_FIELDS)
}

/** Inside a list, what is too old has nothing but its id. */
function listMessages(
  { store }: Pick<Deps, 'store'>,
  page: Page,
  person: Person,
  mids: readonly string[],
  fields: string,
  paging: { limit?: number | undefined; after?: string | undefined },
) {
  const { data, ...rest } = paged(mids, paging, (mid) => mid)
  const newest = new Set(mids.slice(0, DETAILED))
  const described = data.map((mid) => {
    const message = store.get(mid)
    return newest.has(mid) && message
      ? pickFields(detailsOf(page, person, message), fields, MESSAGE_FIELDS)
      : { id: mid, ...(message && { created_time: graphTime(message.at) }) }
  })
  return { data: described, ...rest }
}

function detailsOf(page: Page, person: Person, message: StoredMessage): Record<string, unknown> {
  const { mid, at, from, text = '', replyTo, attachments } = message
  const [they, we] = [nameOf(person, page), { id: page.id, name: page.name }]
  return {
    id: mid,
    created_time: graphTime(at),
    from: from === 'person' ? they : we,
    to: { data: [from === 'person' ? we : they] },
    message: text,
    reply_to: replyTo === undefined ? undefined : { mid: replyTo },
    attachments: attachments && {
      data: attachments.map((one, index) => attachmentOf(one, `${mid}_${index}`)),
    },
  }
}

function attachmentOf(attachment: unknown, id: string) {
  const { type, payload } = attachment as { type?: string; payload?: { url?: string } }
  const url = payload?.url
  if (type === 'image') return { id, mime_type: 'image/jpeg', image_data: { url } }
  if (type === 'video') return { id, mime_type: 'video/mp4', video_data: { url } }
  return { id, mime_type: type === 'audio' ? 'audio/mpeg' : 'application/octet-stream', file_url: url }
}

function nameOf(person: Person, page: Page): { id: string; name: unknown } {
  return { id: person.psid, name: profileOf(person, page.channel)?.['name'] ?? 'Facebook user' }
}

/** `messages{id,from}` asks for id and from; alone it asks for id and time. */
function fieldsOf(wanted: string): string {
  return /\{(.*)\}/s.exec(wanted)?.[1] ?? 'id,created_time'
}

// Which of code and subcode it stands in is not known; both are the number that decides.
function deleted() {
  return refusal(100, 9_000_001, 'The message was deleted')
}

function graphTime(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, '+0000')
}
