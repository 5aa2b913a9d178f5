import { hash } from 'node:crypto'
import type { Attachment, DomainEvent } from '../domain/event.ts'
import type { Page } from '../domain/page.ts'

/**
 * What holds a file of the person's own behind a link of Meta's. All else stays a link for good: media of stories,
 * which may not be stored, what others have published (reels, posts, shares), and `fallback`, whose link is one that
 * the person chose, so that fetching it would be fetching anything.
 */
const copyableTypes: ReadonlySet<string> = new Set(['image', 'audio', 'video', 'file', 'sticker'])

export interface CopyableAttachment {
  /** Its place in the event's `attachments`. */
  at: number
  id: string
  type: string
  url: string
}

/** Whether files of this Page's customers are copied, where there is a store. Meta reviews Instagram apps for storing nothing. */
export function copiesFiles(page: Pick<Page, 'attachments' | 'channel'>): boolean {
  return (page.attachments ?? (page.channel === 'instagram' ? 'link' : 'copy')) === 'copy'
}

export function copyableAttachments(event: DomainEvent): CopyableAttachment[] {
  if (event.kind !== 'message' || event.attachments.length === 0) return []
  // Whether an answer to a story can hold the story again is documented nowhere.
  if (event.replyTo && 'story' in event.replyTo) return []
  return event.attachments.flatMap((one, at) => (isCopyable(one) ? [copyable(event.id, one, at)] : []))
}

function isCopyable(attachment: Attachment): attachment is Attachment & { url: string } {
  return attachment.url !== null && copyableTypes.has(attachment.type)
}

function copyable(
  eventId: string,
  { type, url }: Attachment & { url: string },
  at: number,
): CopyableAttachment {
  return { at, id: attachmentId(eventId, at), type, url }
}

/** Follows from the event, so that splitting a delivery again names the same copy. */
export function attachmentId(eventId: string, at: number): string {
  return `att_${hash('sha256', `${eventId}|${at}`, 'base64url').slice(0, 22)}`
}

const idShape = /^att_[A-Za-z0-9_-]{22}$/

/** Only such an id ever becomes the name of a file. */
export function isAttachmentId(text: string): boolean {
  return idShape.test(text)
}
