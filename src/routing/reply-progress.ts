import type { Conversation } from '../domain/conversation.ts'
import { parseConversationId } from '../domain/conversation.ts'
import type { Log } from '../domain/log.ts'
import type { Page } from '../domain/page.ts'
import type { Reply } from '../domain/reply.ts'
import type { HelpdeskAdapter } from '../helpdesk/adapter.ts'
import type { Task } from '../lanes/lanes.ts'
import type { Replies } from '../records/replies.ts'

/** What is needed to tell the fate of a reply. */
export interface FateDeps {
  pages: ReadonlyMap<string, Page>
  helpdesks: ReadonlyMap<string, HelpdeskAdapter>
  replies: Pick<Replies, 'update'>
  log: Log
}

/** What the lane remembers of a send between two tries. `sends` counts those whose fate was or is unknown. */
export type Progress =
  | { state: 'sending'; since: number; sends: number }
  /** Certainly not sent this time, but perhaps an earlier time. */
  | { state: 'idle'; sends: number }
  | { state: 'sent'; mid: string; sends: number }

export function readProgress(task: Pick<Task, 'progress'>): Progress {
  return task.progress === '' ? { state: 'idle', sends: 0 } : (JSON.parse(task.progress) as Progress)
}

export interface Address {
  page: Page
  conversation: Conversation & { psid: string }
}

/** Where a reply goes; undefined when its Page is not in the config or nobody is there to read it. */
export function addressOf(reply: Reply, pages: ReadonlyMap<string, Page>): Address | undefined {
  const { pageId, psid } = parseConversationId(reply.conversationId) ?? {}
  const page = pages.get(pageId ?? '')
  if (!page || psid == null) return undefined
  return { page, conversation: { id: reply.conversationId, pageId: page.id, psid, channel: page.channel } }
}

/**
 * Notes the state of a reply. A record that cannot be written (a full Redis refuses it, though lanes still drain) costs a
 * status and never a message.
 */
export async function record(
  deps: Pick<FateDeps, 'replies' | 'log'>,
  id: string,
  change: Parameters<Replies['update']>[1],
): Promise<void> {
  try {
    await deps.replies.update(id, change)
  } catch (error) {
    deps.log.warn(
      { reply: id, err: error instanceof Error ? error.name : 'unknown' },
      'its status was not noted',
    )
  }
}
