import { maskConversation, parseConversationId } from '../domain/conversation.ts'
import type { Outgoing } from '../domain/outgoing.ts'
import type { Page } from '../domain/page.ts'
import type { Trace } from '../domain/stage.ts'
import type { HelpdeskEvent } from '../helpdesk/callback.ts'
import type { Conversations } from '../records/conversations.ts'
import type { Accepted, ReplyRequest } from './accept-reply.ts'
import { readAgent, readReply, refusalOf } from './agent-reply.ts'
import type { AgentReply, Said, SayDeps } from './agent-reply.ts'
import { checkReply } from './check-reply.ts'
import type { CheckReplyDeps } from './check-reply.ts'

/** What became of an event of a helpdesk; `unknown`: its ticket is none of ours, as far as we know. */
export const helpdeskEventResults = [
  'reply',
  'repeated',
  'refused',
  'own',
  'status',
  'typing',
  'seen',
  'nobody',
  'unknown',
] as const

export type HelpdeskEventResult = (typeof helpdeskEventResults)[number]

export interface TakeEventDeps extends CheckReplyDeps, SayDeps {
  pages: ReadonlyMap<string, Page>
  conversations: Pick<Conversations, 'noteTicketStatus'>
  accept: (request: ReplyRequest) => Promise<Accepted>
  trace: Trace
}

export interface Taken {
  result: HelpdeskEventResult
  /** Of the replies. */
  ids?: string[]
}

/** Takes what happened in the ticket of this conversation, and resolves when it is durable. Idempotent. */
export async function takeEvent(
  deps: TakeEventDeps,
  helpdesk: string,
  id: string,
  event: HelpdeskEvent,
): Promise<Taken> {
  deps.trace('accept', { conversation: maskConversation(id), helpdesk, event: event.kind })
  switch (event.kind) {
    case 'reply':
      return reply(deps, helpdesk, id, event)
    case 'status':
      await deps.conversations.noteTicketStatus(
        id,
        helpdesk,
        event.ticket,
        event.status,
        Math.trunc(event.at),
      )
      return { result: 'status' }
    case 'typing':
      return act(deps, helpdesk, id, { typing: event.typing }, 'typing')
    case 'seen':
      return act(deps, helpdesk, id, { seen: true }, 'seen')
  }
}

/** Each message of it is a reply of its own, in order, under a key that follows from the vendor's id. */
async function reply(
  deps: TakeEventDeps,
  helpdesk: string,
  conversationId: string,
  event: AgentReply,
): Promise<Taken> {
  const { ticket, message } = event
  const agent = readAgent(event.agent)
  const ids: string[] = []
  let isNew = false
  let isRefused = false
  for (const [at, said] of readReply(deps, helpdesk, event).entries()) {
    const idempotencyKey = at === 0 ? message : JSON.stringify([message, at])
    const checked = await check(deps, conversationId, said)
    const accepted = await deps.accept({
      conversationId,
      message: said.message,
      agent,
      topic: null,
      by: `helpdesk:${helpdesk}`,
      source: { helpdesk, ticket, message },
      idempotencyKey,
      ...checked,
    })
    // A source is the same reply whatever is told of it, so its key is never another one's.
    if (!accepted.ok) throw new Error(accepted.fault)
    ids.push(accepted.reply.id)
    isNew ||= accepted.isNew
    isRefused ||= checked.refusal !== undefined
  }
  return { result: isNew ? (isRefused ? 'refused' : 'reply') : 'repeated', ids }
}

/** What is impossible is accepted too: it waits in its lane until its agent was told so. */
async function check(
  deps: TakeEventDeps,
  conversationId: string,
  said: Said,
): Promise<Pick<ReplyRequest, 'parts' | 'comment' | 'refusal'>> {
  const { pageId, psid = null, thread } = parseConversationId(conversationId) ?? {}
  const page = deps.pages.get(pageId ?? '')
  const refused = (refusal: string) => ({ parts: 1, refusal })
  if (said.refusal !== undefined) return refused(said.refusal)
  // It becomes a dead letter, which can be replayed once the Page is back in the config.
  if (!page) return { parts: 1 }
  if (thread && said.message.attachment)
    return refused('Below a comment there is text only; no file can be sent there.')
  if (psid === null && !thread)
    return refused('This ticket is about the Page itself; there is nobody to answer.')
  const checked = await checkReply(deps, { page, conversationId, thread }, said.message)
  if (!checked.ok) return refused(refusalOf(checked.errors))
  const { ok: _ok, ...rest } = checked
  return rest
}

/** What shows for a moment that somebody is there; only people can see it. */
async function act(
  deps: TakeEventDeps,
  helpdesk: string,
  conversationId: string,
  message: Outgoing,
  result: 'typing' | 'seen',
): Promise<Taken> {
  const { pageId, psid = null } = parseConversationId(conversationId) ?? {}
  if (psid === null || !deps.pages.has(pageId ?? '')) return { result: 'nobody' }
  await deps.accept({
    conversationId,
    message,
    // A person sits there, which counts where bots must be silent.
    agent: { name: 'Agent' },
    topic: null,
    parts: 1,
    by: `helpdesk:${helpdesk}`,
    idempotencyKey: undefined,
  })
  return { result }
}
