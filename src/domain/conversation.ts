import type { Customer } from './customer.ts'

/**
 * A conversation is one (pageId, psid), one comment thread, one review, one post that mentions the Page, or, for what
 * belongs to none of them, one Page. Its id is a string that is safe to show to helpdesks: `"<pageId>:<psid>"`,
 * `"<pageId>:comment:<root comment id>"`, `"<pageId>:review:<story id>"`, `"<pageId>:mention:<post id>"`, `"<pageId>:page"`.
 */
export type Channel = 'messenger' | 'instagram'

export interface Conversation {
  id: string
  pageId: string
  psid: string | null
  channel: Channel
  /** Who the person is; null while nobody knows, left out where nobody was asked. */
  customer?: Customer | null
}

const threadKinds = ['comment', 'review', 'mention'] as const

/** A conversation in public, with whoever takes part in it. */
export interface Thread {
  kind: (typeof threadKinds)[number]
  /** The comment that began it, the story of the review, or the post that mentions the Page. */
  id: string
}

/** `null` stands for events of a Page that belong to no person; they share one conversation per Page. */
export function conversationId(pageId: string, psid: string | null): string {
  return `${pageId}:${psid ?? 'page'}`
}

export function threadConversationId(pageId: string, thread: Thread): string {
  return `${pageId}:${thread.kind}:${thread.id}`
}

/**
 * The inverse of {@link conversationId} and {@link threadConversationId}; undefined when the text is not shaped like
 * one. Only a thread has `thread`; its `psid` is null, since several people may write there.
 */
export function parseConversationId(
  id: string,
): { pageId: string; psid: string | null; thread?: Thread } | undefined {
  const colon = id.indexOf(':')
  if (colon < 1 || colon === id.length - 1 || id.length > 400) return undefined
  const pageId = id.slice(0, colon)
  const rest = id.slice(colon + 1)
  if (rest === 'page') return { pageId, psid: null }
  const kind = threadKind(rest)
  if (!kind) return { pageId, psid: rest }
  const thread = { kind, id: rest.slice(kind.length + 1) }
  return thread.id === '' ? undefined : { pageId, psid: null, thread }
}

/**
 * For logs: a full PSID identifies a person, so only its last four characters are written. What names a comment, a
 * review, a post or a Page is written as it is.
 */
export function maskConversation(id: string): string {
  const colon = id.indexOf(':')
  const rest = id.slice(colon + 1)
  if (rest === 'page' || threadKind(rest)) return id
  return `${id.slice(0, colon + 1)}…${rest.length > 8 ? rest.slice(-4) : ''}`
}

function threadKind(rest: string): Thread['kind'] | undefined {
  return threadKinds.find((kind) => rest.startsWith(`${kind}:`))
}
