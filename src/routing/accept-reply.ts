import { hash, randomBytes } from 'node:crypto'
import { maskConversation } from '../domain/conversation.ts'
import type { Reply } from '../domain/reply.ts'
import type { Trace } from '../domain/stage.ts'
import { laneName } from '../lanes/keys.ts'
import type { Lanes } from '../lanes/lanes.ts'
import type { Replies } from '../records/replies.ts'

export interface ReplyRequest {
  conversationId: string
  text: string
  agent: { name: string } | null
  by: string
  idempotencyKey: string | undefined
}

export type Accepted = { ok: true; reply: Reply } | { ok: false; fault: 'KEY_REUSED' }

export interface AcceptDeps {
  replies: Pick<Replies, 'open'>
  lanes: Pick<Lanes, 'append'>
  /** Sounds the alarm for lanes that have something new. Never fails: what is appended needs no alarm to be found. */
  ring: (lanes: string[]) => Promise<void>
  trace: Trace
}

/**
 * Takes a reply and resolves when it is durable. With an idempotency key its id follows from the key, so that the
 * lane's own dedupe makes a repeated request one reply, also when the first one died half-way.
 */
export function acceptReply(deps: AcceptDeps): (request: ReplyRequest) => Promise<Accepted> {
  return async ({ idempotencyKey, ...request }) => {
    const fingerprint = hash('sha256', JSON.stringify([request.conversationId, request.text, request.agent]))
    const seed = idempotencyKey === undefined ? randomBytes(16) : JSON.stringify([request.by, idempotencyKey])
    const id = `rpl_${hash('sha256', seed, 'base64url').slice(0, 22)}`
    const reply: Reply = { id, at: Date.now(), ...request }
    if ((await deps.replies.open(reply, fingerprint)) !== fingerprint)
      return { ok: false, fault: 'KEY_REUSED' }
    const lane = laneName('out', request.conversationId)
    const where = maskConversation(request.conversationId)
    deps.trace('accept', { conversation: where, reply: id })
    const fresh = await deps.lanes.append([{ lane, id, payload: JSON.stringify(reply) }])
    deps.trace('append', { conversation: where, new: fresh, duplicates: 1 - fresh })
    await deps.ring([lane])
    return { ok: true, reply }
  }
}
