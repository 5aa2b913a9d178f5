import { hash, randomBytes } from 'node:crypto'
import { maskConversation } from '../domain/conversation.ts'
import type { Agent, Outgoing } from '../domain/outgoing.ts'
import type { CommentAnswer, Reply, ReplySource } from '../domain/reply.ts'
import type { Trace } from '../domain/stage.ts'
import { laneName } from '../lanes/keys.ts'
import type { Lanes } from '../lanes/lanes.ts'
import type { Replies } from '../records/replies.ts'
import type { Timeline } from '../records/timeline.ts'
import { storyOfReply } from './describe-story.ts'

export interface ReplyRequest {
  conversationId: string
  message: Outgoing
  /** Null when a bot speaks. */
  agent: Agent | null
  /** What a notification is about; null for a plain reply. */
  topic: string | null
  /** Set for a thread of comments. */
  comment?: CommentAnswer
  /** How many calls of the Send API it takes. */
  parts: number
  by: string
  idempotencyKey: string | undefined
  /** Where an agent wrote it. The same message is the same reply then, whatever is told of it the next time. */
  source?: ReplySource
  /** See {@link Reply.refusal}. */
  refusal?: string
}

export type Accepted =
  { ok: true; reply: Reply; /** Not appended before. */ isNew: boolean } | { ok: false; fault: 'KEY_REUSED' }

export interface AcceptDeps {
  replies: Pick<Replies, 'open'>
  lanes: Pick<Lanes, 'append'>
  /** Without it replies stand in no timeline. */
  timeline?: Pick<Timeline, 'add'>
  /** Sounds the alarm for lanes that have something new. Never fails: what is appended needs no alarm to be found. */
  ring: (lanes: string[]) => Promise<void>
  trace: Trace
}

/** The reply's id, 22 characters of base64url that nobody can guess or that follow from a seed. */
export function replyId(seed: string | Buffer = randomBytes(16)): string {
  return `rpl_${hash('sha256', seed, 'base64url').slice(0, 22)}`
}

/** The id of the reply that was asked for with this key. */
export function keyedReplyId(by: string, idempotencyKey: string): string {
  return replyId(JSON.stringify([by, idempotencyKey]))
}

/**
 * Takes a reply and resolves when it is durable. With an idempotency key its id follows from the key, so that the
 * lane's own dedupe makes a repeated request one reply, also when the first one died half-way.
 */
export function acceptReply(deps: AcceptDeps): (request: ReplyRequest) => Promise<Accepted> {
  return async ({ idempotencyKey, parts, ...request }) => {
    const { conversationId, message, agent, topic, comment, source } = request
    // Which comment it is may have been chosen for the request, and another one the next time.
    const deed = comment ? [comment.do, comment.publicText ?? null] : []
    // A message of a helpdesk is the same reply whatever is told of it: its text, its agent, its ticket may change.
    const same = source ? [source.helpdesk, idempotencyKey] : [conversationId, message, agent, topic, ...deed]
    const fingerprint = hash('sha256', JSON.stringify(same))
    const id = idempotencyKey === undefined ? replyId() : keyedReplyId(request.by, idempotencyKey)
    const reply: Reply = { id, at: Date.now(), ...request }
    const lane = laneName('out', conversationId)
    const where = maskConversation(conversationId)
    const opening = deps.replies.open(reply, { fingerprint, parts })
    const story = storyOfReply(reply)
    const append = async () => {
      const [fresh] = await Promise.all([
        deps.lanes.append([{ lane, id, payload: JSON.stringify(reply) }]),
        // It is told, and no more: a reply that is in its lane has been accepted.
        story && deps.timeline?.add([story]).catch(() => {}),
      ])
      return fresh
    }
    // Nobody else can have used the key of a message, so that one need not be waited for: both are one write of Redis.
    const [opened, early] = await Promise.all([opening, source ? append() : undefined])
    if (opened !== fingerprint) return { ok: false, fault: 'KEY_REUSED' }
    deps.trace('accept', { conversation: where, reply: id })
    const fresh = early ?? (await append())
    deps.trace('append', { conversation: where, new: fresh, duplicates: 1 - fresh })
    await deps.ring([lane])
    return { ok: true, reply, isNew: fresh === 1 }
  }
}
