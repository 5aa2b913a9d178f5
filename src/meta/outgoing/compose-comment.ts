import type { Channel } from '../../domain/conversation.ts'
import type { JsonValue } from '../../domain/event.ts'
import type { Outgoing } from '../../domain/outgoing.ts'
import type { CommentAnswer } from '../../domain/reply.ts'
import { composeParts } from './compose.ts'
import type { OutgoingPart } from './compose.ts'

/** What is done to a comment takes one call of Graph, whatever it is. */
export interface CommentCall {
  /** Below the version, in its parts. */
  path: string[]
  /** Named in the path or as recipient. */
  commentId: string
  part: OutgoingPart
  /** Of a private reply, beside the part's body. */
  recipient?: { comment_id: string }
}

/** A comment, the one that began its thread, and whose it is. */
export interface CommentPlace {
  pageId: string
  channel: Channel
  /** The comment that began the thread. */
  rootId: string
}

/** Instagram takes answers to what began a thread only, and shows them all below it. */
export function publicTarget({ channel, rootId }: CommentPlace, commentId: string): string {
  return channel === 'instagram' ? rootId : commentId
}

/**
 * The call that does it. A private reply must be one message, which `commentFaults` has seen to; throws if it is more,
 * or shows an upload of which attachmentId is not given.
 */
export function composeComment(
  answer: CommentAnswer,
  message: Outgoing,
  place: CommentPlace,
  attachmentId?: string,
): CommentCall {
  const { channel } = place
  const isInstagram = channel === 'instagram'
  switch (answer.do) {
    case 'public': {
      const commentId = publicTarget(place, answer.commentId)
      const path = [commentId, isInstagram ? 'replies' : 'comments']
      return { path, commentId, part: call('message', { message: message.text ?? '' }) }
    }
    case 'private': {
      const parts = composeParts(message, {
        channel,
        ...(attachmentId === undefined ? {} : { attachmentId }),
      })
      const [part] = parts
      if (!part || parts.length > 1) throw new Error('a private reply is one message')
      const { commentId } = answer
      return { path: [place.pageId, 'messages'], commentId, part, recipient: { comment_id: commentId } }
    }
    case 'hide':
    case 'unhide': {
      const { commentId } = answer
      const isHidden = answer.do === 'hide'
      const body = isInstagram ? { hide: isHidden } : { is_hidden: isHidden }
      return { path: [commentId], commentId, part: call('action', body) }
    }
  }
}

function call(kind: OutgoingPart['kind'], body: Record<string, JsonValue>): OutgoingPart {
  return { kind, rate: 'text', body }
}
