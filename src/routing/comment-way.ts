import { z } from 'zod'
import { conversationId } from '../domain/conversation.ts'
import type { Verdict } from '../lanes/lanes.ts'
import { pathOf } from '../meta/graph-client.ts'
import type { CommentCall } from '../meta/outgoing/compose-comment.ts'
import type { OwnComments } from '../records/own-comments.ts'
import type { PrivateReplies } from '../records/private-replies.ts'
import { messageBody, readMid } from './message-way.ts'
import { permitSend, refuse, takeBudget, tooOld } from './permit-send.ts'
import type { PermitDeps } from './permit-send.ts'
import { noted } from './reply-progress.ts'
import type { Permit, Sending, Taken, Way } from './sending.ts'

export interface CommentWayDeps extends PermitDeps {
  ownComments: Pick<OwnComments, 'expect' | 'keep'>
  privateReplies: Pick<PrivateReplies, 'of' | 'claim'>
}

/** What a reply does to a comment. */
export interface CommentDeed {
  call: CommentCall
  replyId: string
  pageId: string
  /** The conversation of the thread. */
  conversationId: string
  /** What is said, if it is text. */
  text: string | undefined
  /** When the comment was written, ms by Meta's clock; null when nobody knows. */
  createdAt: number | null
}

const made = z.object({ id: z.string().min(1) })
const sentTo = z.object({ recipient_id: z.string().min(1) })

/** In public: an answer below the comment, or hiding it. */
export function publicWay(deps: CommentWayDeps, deed: CommentDeed): Way {
  const { call, replyId, pageId, conversationId, text = '' } = deed

  async function permit(sending: Sending): Promise<Permit | Verdict> {
    const { page, task, reply } = sending
    const parked = await deps.stops.park(page, task.lane, 'permission')
    if (parked) return tooOld(deps, sending, 'PAGE_STOPPED') ?? parked
    const room = await takeBudget(deps, sending, 'text')
    if ('verdict' in room) return room
    if (call.part.kind === 'message') {
      // Comments carry no name of ours: it comes back as a comment of the Page that answers and says the same.
      const expected = { replyId, conversationId, answered: call.commentId, text, at: deps.now() }
      await noted(deps, reply.id, deps.ownComments.expect(expected))
    }
    return { as: null, rule: 'public-comment', ...room }
  }

  return {
    permit,
    showsAgent: false,
    request: ({ body }) => ({ path: pathOf(...call.path), body }),
    read: (answer) => ({
      id: call.part.kind === 'message' ? (made.safeParse(answer).data?.id ?? null) : null,
      conversationId,
    }),
    provesPage: false,
    async taken(commentId, isOnly) {
      if (commentId === null) return
      const own = deps.ownComments.keep({ pageId, commentId, replyId }, { conversationId, text, isOnly })
      await noted(deps, replyId, own)
    },
  }
}

/** To whoever wrote the comment, by the Send API: one message for each comment, and for seven days. */
export function privateWay(deps: CommentWayDeps, deed: CommentDeed): Way {
  const { call, replyId, pageId, createdAt } = deed
  const ref = { pageId, commentId: call.commentId }

  return {
    async permit(sending, part) {
      const owner = await deps.privateReplies.of(ref)
      const alreadySent = owner !== null && owner !== replyId
      const permit = await permitSend(deps, sending, part, {
        // Of one whose age nobody knows, Meta knows it.
        createdAt: createdAt ?? deps.now(),
        alreadySent,
      })
      if ('verdict' in permit) return permit
      if ((await deps.privateReplies.claim(ref, replyId)) === replyId) return permit
      return refuse(deps, sending, 'MESSAGE_REFUSED')
    },
    // Nothing says that a private reply may have a persona.
    showsAgent: false,
    request: (part, as, metadata) => ({
      path: pathOf(...call.path),
      body: messageBody(call.recipient ?? {}, part, as, metadata),
    }),
    read: (answer): Taken => {
      const psid = sentTo.safeParse(answer).data?.recipient_id
      return {
        id: readMid(answer),
        conversationId: psid === undefined ? deed.conversationId : conversationId(pageId, psid),
      }
    },
    provesPage: true,
  }
}
