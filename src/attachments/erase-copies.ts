import type { Copies } from '../records/copies.ts'
import { attachmentId } from './copyable.ts'
import type { FileStore } from './file-store.ts'

export interface EraseDeps {
  copies: Pick<Copies, 'ofConversation' | 'keepErased' | 'forget'>
  store: Pick<FileStore, 'remove'>
  /** Takes the jobs of these away, as far as nobody works on them. */
  dropJobs: (ids: readonly string[]) => Promise<void>
}

/**
 * Erases every copy of a conversation, also those that are still being fetched, and answers how many there were.
 * Idempotent; after a failure it is simply called again.
 */
export function eraseCopies(deps: EraseDeps): (conversationId: string) => Promise<number> {
  return async (conversationId) => {
    const ids = await deps.copies.ofConversation(conversationId)
    return eraseAll(deps, conversationId, ids)
  }
}

/** The same for what came with these events, since they were taken back. */
export function eraseCopiesOf(
  deps: EraseDeps,
): (conversationId: string, eventIds: readonly string[]) => Promise<number> {
  return async (conversationId, eventIds) => {
    if (eventIds.length === 0) return 0
    const known = await deps.copies.ofConversation(conversationId)
    if (known.length === 0) return 0
    const theirs = new Set(
      eventIds.flatMap((id) => Array.from({ length: mostFiles }, (_, at) => attachmentId(id, at))),
    )
    return eraseAll(
      deps,
      conversationId,
      known.filter((id) => theirs.has(id)),
    )
  }
}

/** More than any message has. */
const mostFiles = 100

async function eraseAll(deps: EraseDeps, conversationId: string, ids: readonly string[]): Promise<number> {
  if (ids.length === 0) return 0
  // Records first: whoever still fetches one of these sees it there, and keeps nothing. The list last: by it a second
  // call finds what this one has left undone.
  await deps.copies.keepErased(ids)
  await deps.dropJobs(ids)
  await Promise.all(ids.map((id) => deps.store.remove(id)))
  await deps.copies.forget(conversationId, ids)
  return ids.length
}
