import type { DomainEvent } from '../../src/domain/event.ts'
import type { Page } from '../../src/domain/page.ts'
import type { CommentEvent } from '../../src/domain/page-events.ts'
import type { CommentAnswer, Reply } from '../../src/domain/reply.ts'
import type { TicketHelpdesk } from '../../src/helpdesk/adapter.ts'
import type { DrainDeps } from '../../src/lanes/drain.ts'
import type { GraphAnswer } from '../../src/meta/graph-client.ts'
import { windowOpening } from '../../src/meta/policy/window.ts'
import { comments } from '../../src/records/comments.ts'
import { conversations } from '../../src/records/conversations.ts'
import { ownComments } from '../../src/records/own-comments.ts'
import { privateReplies } from '../../src/records/private-replies.ts'
import { acceptReply } from '../../src/routing/accept-reply.ts'
import { placeComments } from '../../src/routing/place-comments.ts'
import { buryComment, sendByLane, sendComment } from '../../src/routing/send-comment.ts'
import type { SendCommentDeps } from '../../src/routing/send-comment.ts'
import { drainKit } from './lane-drain.ts'
import { noTrace } from './lane-kit.ts'
import type { LaneKit } from './lane-kit.ts'
import { outbound, replyNumber } from './lane-replies.ts'

/** The conversation of the comment `c_1` and what answers it. */
export const thread = '1:comment:c_1'
export const threadLane = `out:${thread}`
/** The person who wrote the comments. */
export const person = '1:2400000000000001'

export function answerNumber(
  n: number,
  comment: Partial<CommentAnswer> = {},
  more: Partial<Reply> = {},
): Reply {
  const deed: CommentAnswer = { do: 'public', commentId: 'c_1', ...comment }
  const message = deed.do === 'public' || deed.do === 'private' ? { text: `answer ${n}` } : {}
  return { ...replyNumber(n, thread), message, comment: deed, ...more }
}

/** A comment as it comes from Meta: of a customer, under the post. */
export function commentEvent(id: string, more: Partial<CommentEvent> = {}): CommentEvent {
  const parentId = more.parentId ?? null
  return {
    id: `evt_${id}`,
    pageId: '1',
    conversationId: `1:comment:${parentId ?? id}`,
    psid: null,
    timestamp: 1_000_000,
    standby: false,
    raw: null,
    kind: 'comment',
    commentId: id,
    postId: '1_p',
    parentId,
    verb: 'add',
    author: more.byPage ? { id: '1', name: 'Acme' } : { id: '7', name: 'Ada' },
    text: `comment ${id}`,
    attachments: [],
    byPage: false,
    ...more,
  }
}

export const madeComment = (id: string): GraphAnswer => ({ outcome: 'ok', body: { id }, usage: null })
export const sentPrivately = (mid: string, psid = '2400000000000001'): GraphAnswer => ({
  outcome: 'ok',
  body: { message_id: mid, recipient_id: psid },
  usage: null,
})

/** The outbound lane of a thread of comments with real records, and what Meta tells of it. */
export function commentLane(kit: LaneKit, settings: { page?: Partial<Page> } = {}) {
  const out = outbound(kit, settings)
  const keep = { prefix: kit.prefix, conversationMs: 600_000, replyMs: 600_000 }
  const records = {
    comments: comments(kit.redis, keep),
    ownComments: ownComments(kit.redis, keep),
    privateReplies: privateReplies(kit.redis, keep),
  }
  const notes: string[] = []
  const noteErrors: Error[] = []
  const asked: string[] = []
  const told = out.deps.helpdesks.get('main') as TicketHelpdesk
  const helpdesk: TicketHelpdesk = {
    ...told,
    addNote(ticket, { text }, step) {
      const error = noteErrors.shift()
      if (error) return Promise.reject(error)
      notes.push(`${ticket} ${step.idempotencyKey.replace(/^rpl_0*/, '')} ${text}`)
      return Promise.resolve(undefined)
    },
  }
  const accept = acceptReply({
    replies: out.records,
    lanes: kit.lanes,
    ring: () => Promise.resolve(),
    trace: noTrace,
  })
  const deps: SendCommentDeps = {
    ...out.deps,
    ...records,
    helpdesks: new Map([['main', helpdesk]]),
    budgets: {
      ...out.deps.budgets,
      take(ask) {
        asked.push(ask.kind)
        return out.deps.budgets.take(ask)
      },
    },
    accept,
  }
  const place = placeComments({ ...records, replies: out.records })

  async function turn(more: Partial<SendCommentDeps> & Partial<DrainDeps> = {}) {
    const all = { ...deps, ...more }
    const work = sendByLane({ person: () => Promise.reject(new Error('a thread')), thread: sendComment(all) })
    const own = drainKit(kit, { work, onDead: buryComment(all), ...more })
    await kit.waitEnds(threadLane)
    await own.drain.offer([threadLane])
    await own.until(() => own.settled.some((one) => one.result !== 'next' && one.result !== 'saved'))
    await own.drain.stop()
    return own.counted
  }

  return {
    ...out,
    ...records,
    conversations: conversations(kit.redis, { ...keep, windowOpening }),
    deps,
    notes,
    noteErrors,
    /** The budgets that were asked for room. */
    asked,
    turn,
    /** Meta tells of these. */
    tell: (...events: DomainEvent[]) => place(events),
    /** Meta's copy of what the Page answered to `c_1`. */
    copy: (id: string, text: string, more: Partial<CommentEvent> = {}) =>
      place([commentEvent(id, { byPage: true, parentId: 'c_1', text, timestamp: out.clock.now, ...more })]),
  }
}
