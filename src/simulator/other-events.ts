/** What Meta tells of besides messages, as elements of `messaging`, `standby` and `changes`. Pure. */

type Parties = { pageId: string; psid: string; timestamp: number }

/** The person's device has them, and everything before the watermark (ms). */
export function deliveryEvent({ pageId, psid, timestamp, mids }: Parties & { mids: readonly string[] }) {
  // Meta's samples of this one event have no timestamp.
  return { sender: { id: psid }, recipient: { id: pageId }, delivery: { mids, watermark: timestamp } }
}

/** The person has read: Messenger tells up to when, Instagram which message. */
export function readEvent({ pageId, psid, timestamp, mid }: Parties & { mid?: string | undefined }) {
  const read = mid === undefined ? { watermark: timestamp } : { mid }
  return { sender: { id: psid }, recipient: { id: pageId }, timestamp, read }
}

/** No emoji: the reaction was taken back. */
export function reactionEvent(reaction: Parties & { mid: string; emoji?: string | undefined }) {
  const { pageId, psid, timestamp, mid, emoji } = reaction
  const said = emoji === undefined ? { action: 'unreact' } : { action: 'react', reaction: 'other', emoji }
  return { sender: { id: psid }, recipient: { id: pageId }, timestamp, reaction: { mid, ...said } }
}

/** An existing thread was opened through a link. */
export function referralEvent({ pageId, psid, timestamp, ref }: Parties & { ref: string }) {
  const referral = { ref, source: 'SHORTLINK', type: 'OPEN_THREAD' }
  return { sender: { id: psid }, recipient: { id: pageId }, timestamp, referral }
}

/** Somebody ticked the checkbox: known by a reference only. */
export function optinEvent(optin: { pageId: string; userRef: string; timestamp: number; ref: string }) {
  const { pageId, userRef, timestamp, ref } = optin
  return {
    sender: { user_ref: userRef },
    recipient: { id: pageId },
    timestamp,
    optin: { ref, user_ref: userRef },
  }
}

export type ThreadChange =
  | { kind: 'pass_thread_control' | 'take_thread_control'; from: string | null; to: string }
  | { kind: 'request_thread_control'; by: string }

/** The thread was passed or taken, or is asked of us. */
export function threadEvent({
  pageId,
  psid,
  timestamp,
  change,
  metadata,
}: Parties & { change: ThreadChange; metadata?: string | undefined }) {
  const said =
    change.kind === 'request_thread_control'
      ? { requested_owner_app_id: change.by }
      : { previous_owner_app_id: change.from, new_owner_app_id: change.to }
  return {
    sender: { id: psid },
    recipient: { id: pageId },
    timestamp,
    [change.kind]: { ...said, ...(metadata !== undefined && { metadata }) },
  }
}

export type CommentFacts = {
  id: string
  postId: string
  parentId: string | undefined
  from: { id: string; name: string }
  message: string
  /** ms */
  createdAt: number
}

/** A comment under a post, or a post of a visitor, as a change of a Page's `feed`. Times are seconds here. */
export function feedChange({ id, postId, parentId, from, message, createdAt }: CommentFacts, verb: string) {
  const common = { from, message, created_time: Math.floor(createdAt / 1000), verb, post_id: postId }
  const value =
    id === postId
      ? { item: 'post', ...common }
      : { item: 'comment', comment_id: id, parent_id: parentId ?? postId, ...common }
  return { field: 'feed', value }
}

/** A comment under a post of an Instagram account. */
export function instagramComment({ id, postId, parentId, from, message }: CommentFacts) {
  const value = {
    from: { id: from.id, username: from.name },
    comment_id: id,
    ...(parentId !== undefined && { parent_id: parentId }),
    text: message,
    media: { id: postId, media_product_type: 'FEED' },
  }
  return { field: 'comments', value }
}
