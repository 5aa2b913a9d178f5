import { maskConversation } from '../domain/conversation.ts'
import type { CopyJob } from '../domain/copy-job.ts'
import type { DomainEvent } from '../domain/event.ts'
import type { Page } from '../domain/page.ts'
import type { Copies } from '../records/copies.ts'
import { copiesFiles, copyableAttachments } from './copyable.ts'
import { fileName } from './file-name.ts'

/**
 * Opens a record for each file that is to be copied, and answers what is to be fetched. Before the events are in their
 * lanes: whoever forwards them finds the records there, and so gives the helpdesk our links. Idempotent.
 */
export function noteCopies(deps: {
  pages: ReadonlyMap<string, Page>
  copies: Pick<Copies, 'open'>
  ttlMs: number
  now: () => number
}): (events: readonly DomainEvent[]) => Promise<CopyJob[]> {
  return async (events) => {
    const found = events.flatMap((event) => {
      const page = deps.pages.get(event.pageId)
      if (!page || !copiesFiles(page)) return []
      const { conversationId } = event
      return copyableAttachments(event).map((one) => ({ ...one, conversationId, name: fileName(one.url) }))
    })
    if (found.length > 0) await deps.copies.open(found, deps.now() + deps.ttlMs)
    return found.map(({ id, type, url, conversationId }) => {
      return { v: 1, id, type, url, conversation: maskConversation(conversationId) }
    })
  }
}
