import type { Conversation } from '../domain/conversation.ts'
import { parseConversationId } from '../domain/conversation.ts'
import type { Log } from '../domain/log.ts'
import type { Page } from '../domain/page.ts'
import type { Reply } from '../domain/reply.ts'
import type { HelpdeskAdapter } from '../helpdesk/adapter.ts'
import type { Task } from '../lanes/lanes.ts'
import type { Conversations } from '../records/conversations.ts'
import type { Replies } from '../records/replies.ts'

/** What is needed to tell the fate of a reply. */
export interface FateDeps {
  pages: ReadonlyMap<string, Page>
  helpdesks: ReadonlyMap<string, HelpdeskAdapter>
  replies: Pick<Replies, 'update' | 'get'>
  conversations: Pick<Conversations, 'ticket' | 'tickets'>
  /** The helpdesks that routes have sent a conversation to. Without it: its Page's own. */
  placesOf?: ((conversationId: string) => Promise<string[] | undefined>) | undefined
  /** Whether a reply that failed is a file that nobody meant to send. Without it every failure is told. */
  isWithheld?: (reply: Reply, signal: AbortSignal) => Promise<boolean>
  log: Log
}

/** What the lane remembers of a reply between two tries. */
export interface Progress {
  /** Parts that Meta certainly has. */
  done: number
  /** How many parts there are; 0 before the first was sent. */
  of: number
  /** `sending`: the next part left us, and nobody knows yet whether it arrived. */
  state: 'idle' | 'sending'
  /** When it left, ms. */
  since: number
  /** Sends of this part whose fate is or was unknown. */
  sends: number
  /** Whether a part before this one may have reached the person twice. */
  repeated: boolean
}

export function readProgress(task: Pick<Task, 'progress'>): Progress {
  const fresh: Progress = { done: 0, of: 0, state: 'idle', since: 0, sends: 0, repeated: false }
  return task.progress === '' ? fresh : { ...fresh, ...(JSON.parse(task.progress) as Partial<Progress>) }
}

export function partDone(progress: Progress): Progress {
  const repeated = progress.repeated || progress.sends > 1
  return { ...progress, done: progress.done + 1, state: 'idle', since: 0, sends: 0, repeated }
}

export interface Address {
  page: Page
  /** Of a person, or a thread of comments. */
  conversation: Conversation
}

/** Where a reply goes; undefined when its Page is not in the config or nobody is there to read it. */
export function addressOf(reply: Reply, pages: ReadonlyMap<string, Page>): Address | undefined {
  const { pageId, psid = null, thread } = parseConversationId(reply.conversationId) ?? {}
  const page = pages.get(pageId ?? '')
  if (!page || (psid === null && thread?.kind !== 'comment')) return undefined
  return { page, conversation: { id: reply.conversationId, pageId: page.id, psid, channel: page.channel } }
}

/**
 * Notes the state of a reply. A record that cannot be written (a full Redis refuses it, though lanes still drain) costs a
 * status and never a message. False when it was not written.
 */
export async function noted(deps: Pick<FateDeps, 'log'>, id: string, write: Promise<void>): Promise<boolean> {
  try {
    await write
    return true
  } catch (error) {
    deps.log.warn(
      { reply: id, err: error instanceof Error ? error.name : 'unknown' },
      'its status was not noted',
    )
    return false
  }
}
