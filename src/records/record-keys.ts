/**
 * Records say what is known of a conversation or a reply beside the work that waits in lanes. They are hashes with a
 * time to live; losing one costs a status, never a message.
 */
export interface RecordSettings {
  prefix: string
  /** ms */
  conversationMs: number
  /** ms */
  replyMs: number
}

export function conversationKey(prefix: string, id: string): string {
  return `${prefix}:conversation:${id}`
}

export function replyKey(prefix: string, id: string): string {
  return `${prefix}:reply:${id}`
}
