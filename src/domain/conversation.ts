/**
 * A conversation is one (pageId, psid), or, for what no person started, one Page.
 * Its id is a string that is safe to show to helpdesks: `"<pageId>:<psid>"`.
 */
export type Channel = 'messenger' | 'instagram'

export interface Conversation {
  id: string
  pageId: string
  psid: string | null
  channel: Channel
}

/** `null` stands for events of a Page that belong to no person; they share one conversation per Page. */
export function conversationId(pageId: string, psid: string | null): string {
  return `${pageId}:${psid ?? 'page'}`
}

/** The inverse of {@link conversationId}; undefined when the text is not shaped like one. */
export function parseConversationId(id: string): { pageId: string; psid: string | null } | undefined {
  const colon = id.indexOf(':')
  if (colon < 1 || colon === id.length - 1 || id.length > 400) return undefined
  const rest = id.slice(colon + 1)
  return { pageId: id.slice(0, colon), psid: rest === 'page' ? null : rest }
}

/** For logs: a full PSID identifies a person, so only its last four characters are written. */
export function maskConversation(id: string): string {
  const colon = id.indexOf(':')
  const rest = id.slice(colon + 1)
  return rest === 'page' ? id : `${id.slice(0, colon + 1)}…${rest.length > 8 ? rest.slice(-4) : ''}`
}
