import { parseConversationId } from '../domain/conversation.ts'
import { readReply } from '../domain/reply.ts'
import type { Death, Work } from '../lanes/drain.ts'
import { parseLane } from '../lanes/keys.ts'
import { readPayload } from '../lanes/read-payload.ts'
import type { Task } from '../lanes/lanes.ts'
import { commentFaults } from '../meta/outgoing/comment-faults.ts'
import { composeComment } from '../meta/outgoing/compose-comment.ts'
import type { Comments } from '../records/comments.ts'
import type { Conversations } from '../records/conversations.ts'
import type { PrivateReplies } from '../records/private-replies.ts'
import type { Uploads } from '../records/uploads.ts'
import { privateWay, publicWay } from './comment-way.ts'
import type { CommentWayDeps } from './comment-way.ts'
import { knownUpload } from './known-upload.ts'
import { buryReply, reportFate } from './reply-fate.ts'
import { addressOf, readProgress } from './reply-progress.ts'
import type { FateDeps } from './reply-progress.ts'
import type { SendPartDeps } from './send-part.ts'
import { sendParts } from './send-parts.ts'
import { tellPrivate } from './tell-private.ts'
import type { TellPrivateDeps } from './tell-private.ts'

export interface SendCommentDeps extends SendPartDeps, CommentWayDeps, TellPrivateDeps {
  replies: SendPartDeps['replies']
  conversations: Pick<Conversations, 'ticket' | 'tickets' | 'forgetAd'>
  comments: Pick<Comments, 'find'>
  privateReplies: PrivateReplies
  uploads: Pick<Uploads, 'get'>
}

/** The work of an outbound lane whose conversation is a thread of comments: one answer to a comment, or hiding one. */
export function sendComment(deps: SendCommentDeps): Work {
  return async (task, hold) => {
    const reply = readReply(readPayload(task))
    const to = addressOf(reply, deps.pages)
    const rootId = parseConversationId(reply.conversationId)?.thread?.id
    const { comment } = reply
    if (!to || rootId === undefined || !comment) {
      return { verdict: 'dead', code: 'PAGE_UNKNOWN', message: 'the Page of this reply is not in the config' }
    }
    const { page } = to
    const ref = { pageId: page.id, commentId: comment.commentId }
    const [sent, [known], upload] = await Promise.all([
      deps.replies.sent(reply.id),
      deps.comments.find([ref]),
      knownUpload(deps, reply, page),
    ])
    if ('verdict' in upload) return upload
    if (comment.do === 'public' || comment.do === 'private') {
      // What was accepted under another config may not fit any more.
      const [fault] = commentFaults(reply.message, comment.do, page.channel)
      if (fault)
        return { verdict: 'dead', code: 'MESSAGE_REFUSED', message: `${fault.path} ${fault.message}` }
    }
    const place = { pageId: page.id, channel: page.channel, rootId }
    const call = composeComment(comment, reply.message, place, upload.attachmentId)
    const deed = {
      call,
      replyId: reply.id,
      pageId: page.id,
      conversationId: reply.conversationId,
      text: reply.message.text,
      createdAt: known === undefined || known.at === 0 ? null : known.at,
    }
    const way = comment.do === 'private' ? privateWay(deps, deed) : publicWay(deps, deed)
    const { mayHaveBeenSent } = sent
    const tried = { thread: false, withoutPersona: false }
    const unknown = { record: undefined, consent: 'unknown' } as const
    const sending = { reply, task, hold, way, mayHaveBeenSent, tried, ...unknown, ...to }
    const unsent = await sendParts(deps, sending, [call.part], sent.parts)
    if (unsent) return unsent
    const told = { reply, to, task, signal: hold.signal }
    if (comment.do === 'private') await tellPrivate(deps, { ...told, comment })
    if (call.part.kind === 'message') await reportFate(deps, told, { status: 'sent' })
    return { verdict: 'done' }
  }
}

/** Lanes of people and lanes of threads are worked on in different ways. */
export function sendByLane(work: { person: Work; thread: Work }): Work {
  return (task, hold) => {
    const { conversationId } = parseLane(task.lane)
    const isThread = parseConversationId(conversationId)?.thread !== undefined
    return isThread ? work.thread(task, hold) : work.person(task, hold)
  }
}

/** {@link buryReply}, after which the comment may get another private reply, if this one was certainly not sent. */
export function buryComment(
  deps: FateDeps & { privateReplies: Pick<PrivateReplies, 'release'> },
): (task: Task, death: Death) => Promise<void> {
  const bury = buryReply(deps)
  return async (task, death) => {
    if (death.code !== 'PAYLOAD_UNREADABLE') await releaseComment(deps, task)
    await bury(task, death)
  }
}

async function releaseComment(
  deps: FateDeps & { privateReplies: Pick<PrivateReplies, 'release'> },
  task: Task,
): Promise<void> {
  const reply = readReply(readPayload(task))
  const to = addressOf(reply, deps.pages)
  const { sends, done } = readProgress(task)
  if (reply.comment?.do !== 'private' || !to || sends > 0 || done > 0) return
  if ((await deps.replies.get(reply.id))?.possibleRepeat === true) return
  await deps.privateReplies.release({ pageId: to.page.id, commentId: reply.comment.commentId }, reply.id)
}
