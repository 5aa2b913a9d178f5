const mark = 'deskbridge:'

/** The message id of an article that we write: a second try finds the first by it, and callbacks know it for our own. */
export function markOf(idempotencyKey: string): string {
  return `${mark}${idempotencyKey}`
}

export function isOurs(messageId: string | null | undefined): boolean {
  return messageId?.startsWith(mark) === true
}

/** Zammad writes logins small, and makes another one of a login that is taken when it is told to create it. */
export function loginOf(conversationId: string): string {
  return `${mark}${conversationId}`.toLowerCase()
}
