import type { DomainEvent } from '../domain/event.ts'
import type { CommentEvent, FeedReactionEvent, PostEvent } from '../domain/page-events.ts'
import type { CommentRef, Comments } from '../records/comments.ts'
import type { OwnComments } from '../records/own-comments.ts'
import type { Replies } from '../records/replies.ts'

export interface PlaceDeps {
  comments: Pick<Comments, 'find' | 'note' | 'forget' | 'keepPosts'>
  ownComments: Pick<OwnComments, 'recognise' | 'keep' | 'isOurs'>
  replies: Pick<Replies, 'noteSent' | 'get'>
}

type Placed = CommentEvent | (FeedReactionEvent & { commentId: string })

/**
 * Puts what is said below an answer into the thread that the answer belongs to: Meta names the comment that is answered,
 * and not the one that began the thread. Keeps what is seen of comments on the way, and knows our own by it. Asks Redis
 * for nothing when no event is about a comment or a post of the Page. Idempotent.
 *
 * To be called before events are appended, so that an answer of ours is known as such when the helpdesk would be told.
 */
export function placeComments(deps: PlaceDeps): (events: DomainEvent[]) => Promise<DomainEvent[]> {
  return async (events) => {
    await deps.comments.keepPosts(
      events.filter(isOwnPost).map(({ pageId, postId, text }) => ({ pageId, postId, text })),
    )
    const about = events.filter(isPlaced)
    if (about.length === 0) return events
    const homes = await findHomes(deps, about)
    const placed = events.map((event) => (isPlaced(event) ? placeOne(event, homes) : event))
    const said = placed.filter((event) => event.kind === 'comment')
    await deps.comments.note(said.filter(({ verb }) => verb !== 'remove').map(seen))
    await deps.comments.forget(said.filter(({ verb }) => verb === 'remove'))
    for (const event of said) if (mayBeOurs(event)) await recogniseOwn(deps, event)
    return placed
  }
}

/** By Page and comment, the conversation of the comments that events are about or answer. */
async function findHomes(deps: PlaceDeps, about: Placed[]): Promise<Map<string, string>> {
  const wanted = new Map<string, CommentRef>()
  for (const { pageId, ...event } of about) {
    for (const commentId of [event.commentId, parentOf(event)]) {
      if (commentId !== null) wanted.set(refKey(pageId, commentId), { pageId, commentId })
    }
  }
  const known = await deps.comments.find([...wanted.values()])
  return new Map(
    [...wanted.keys()].flatMap((key, at): [string, string][] => {
      const home = known[at]?.conversationId
      return home === undefined ? [] : [[key, home]]
    }),
  )
}

function placeOne(event: Placed, homes: Map<string, string>): Placed {
  const { pageId, commentId } = event
  const parentId = parentOf(event)
  const home =
    (parentId === null ? undefined : homes.get(refKey(pageId, parentId))) ??
    homes.get(refKey(pageId, commentId)) ??
    event.conversationId
  // Its answer may be in the same delivery.
  homes.set(refKey(pageId, commentId), home)
  return home === event.conversationId ? event : { ...event, conversationId: home }
}

function seen({ id, verb, pageId, commentId, conversationId, timestamp, byPage, text }: CommentEvent) {
  const told = verb === 'add' || verb === 'edit' ? { eventId: id } : {}
  return { pageId, commentId, conversationId, at: timestamp, byPage, text, ...told }
}

/** Where its permissions say so, Meta names no author: then it may be anybody, ourselves included. */
export function mayBeOurs({ verb, byPage, author }: CommentEvent): boolean {
  return verb === 'add' && (byPage || author.id === null)
}

/** An answer of ours comes back as a comment of the Page: it proves that it was sent. */
async function recogniseOwn(deps: PlaceDeps, event: CommentEvent): Promise<void> {
  const { pageId, commentId, conversationId, parentId, text, timestamp: at } = event
  // Graph's answer told of it, and another one of ours may say the same.
  if (await deps.ownComments.isOurs(commentId, pageId)) return
  const replyId = await deps.ownComments.recognise({ conversationId, parentId, text, at })
  if (replyId === undefined) return
  await deps.replies.noteSent([{ replyId, part: 0, mid: commentId, conversationId, at }], 'echo')
  const isOnly = (await deps.replies.get(replyId))?.possibleRepeat === false
  await deps.ownComments.keep({ pageId, commentId, replyId }, { conversationId, text: text ?? '', isOnly })
}

function isPlaced(event: DomainEvent): event is Placed {
  return event.kind === 'comment' || (event.kind === 'feed_reaction' && event.commentId !== null)
}

function isOwnPost(event: DomainEvent): event is PostEvent & { text: string } {
  return event.kind === 'post' && event.byPage && event.verb !== 'remove' && event.text !== null
}

function parentOf(event: Pick<Placed, 'kind'> & { parentId?: string | null }): string | null {
  return event.parentId ?? null
}

function refKey(pageId: string, commentId: string): string {
  return `${pageId}|${commentId}`
}
