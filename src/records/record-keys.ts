import { hash } from 'node:crypto'

/**
 * Records say what is known of a conversation or a reply beside the work that waits in lanes. They are hashes with a
 * time to live; losing one costs a status, never a message.
 */
export interface RecordSettings {
  prefix: string
  /** ms */
  conversationMs: number
  /** ms */
  replyMs: number
}

export function conversationKey(prefix: string, id: string): string {
  return `${prefix}:conversation:${id}`
}

/** Whose conversation a helpdesk's ticket is. */
export function ticketKey(prefix: string, helpdesk: string, ticketId: string): string {
  return `${ticketKeyPrefix(prefix)}${helpdesk}:${ticketId}`
}

export function ticketKeyPrefix(prefix: string): string {
  return `${prefix}:ticket:`
}

/** That we wrote this message into a helpdesk, which may tell us of it. */
export function ownWriteKey(prefix: string, helpdesk: string, message: string): string {
  return `${prefix}:own:${helpdesk}:${message}`
}

/** Where a helpdesk has what was said with an event; it ends in the conversation's id, by which it is erased. */
export function writtenKey(
  prefix: string,
  helpdesk: string,
  eventId: string,
  conversationId: string,
): string {
  return `${prefix}:written:${helpdesk}:${eventId}:${conversationId}`
}

/** What a helpdesk told of a ticket before we knew whose it is. */
export function unclaimedKey(prefix: string, helpdesk: string, ticketId: string): string {
  return `${prefix}:unclaimed:${helpdesk}:${ticketId}`
}

/** How far a helpdesk was polled. */
export function pollKey(prefix: string, helpdesk: string): string {
  return `${prefix}:poll:${helpdesk}`
}

/** What Meta told of the person of a conversation. */
export function personKey(prefix: string, conversationId: string): string {
  return `${prefix}:person:${conversationId}`
}

export function replyKey(prefix: string, id: string): string {
  return `${prefix}:reply:${id}`
}

/** The messages of a conversation that wait to be delivered and read. */
export function sentKey(prefix: string, conversationId: string): string {
  return `${prefix}:sent:${conversationId}`
}

/** What is known of a comment. Its id may be known at two Pages: it is under a post of one, and mentions the other. */
export function commentKey(prefix: string, pageId: string, commentId: string): string {
  return `${prefix}:comment:${pageId}:${commentId}`
}

/** The newest comments of customers in a thread. */
export function threadKey(prefix: string, conversationId: string): string {
  return `${prefix}:thread:${conversationId}`
}

/** What a post of the Page says. */
export function postKey(prefix: string, pageId: string, postId: string): string {
  return `${prefix}:post:${pageId}:${postId}`
}

/** Comments of ours whose ids are not known yet. */
export function ownCommentsKey(prefix: string, conversationId: string): string {
  return `${prefix}:own-comments:${conversationId}`
}

/** Which reply is the one private reply to a comment. */
export function privateReplyKey(prefix: string, pageId: string, commentId: string): string {
  return `${prefix}:private-reply:${pageId}:${commentId}`
}

/** The newest private reply that was written in a thread. */
export function privateInKey(prefix: string, conversationId: string): string {
  return `${prefix}:private-in:${conversationId}`
}

/** The thread of comments that a person's conversation goes on from. */
export function linkKey(prefix: string, conversationId: string): string {
  return `${prefix}:link:${conversationId}`
}

/** The order of what happened in a conversation; the keys of both end in its id, by which they are erased. */
export function timelineKey(prefix: string, conversationId: string): string {
  return `${prefix}:timeline:${conversationId}`
}

/** What happened in a conversation. */
export function timelineTextsKey(prefix: string, conversationId: string): string {
  return `${prefix}:timeline-texts:${conversationId}`
}

/** Which Pages cannot send, and why. */
export function stopsKey(prefix: string): string {
  return `${prefix}:page-stops`
}

/** The lanes that wait until their Page can send again. */
export function parkedKey(prefix: string, pageId: string): string {
  return `${prefix}:parked:${pageId}`
}

export function personasKey(prefix: string, pageId: string): string {
  return `${prefix}:personas:${pageId}`
}

export function uploadKey(prefix: string, uploadId: string): string {
  return `${prefix}:upload:${uploadId}`
}

/** A person's wish to be forgotten, by its confirmation code. */
export function deletionKey(prefix: string, code: string): string {
  return `${prefix}:deletion:${code}`
}

export function deletionsKey(prefix: string): string {
  return `${prefix}:deletions`
}

export function consentKey(prefix: string, conversationId: string): string {
  return `${prefix}:consent:${conversationId}`
}

/** That somebody who was erased had said stop. Its name is a hash, and whoever it is about is not in it. */
export function suppressionKey(prefix: string, conversationId: string): string {
  return `${prefix}:suppressed:${hash('sha256', conversationId, 'base64url')}`
}
