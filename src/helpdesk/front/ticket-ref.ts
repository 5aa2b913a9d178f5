import { hash } from 'node:crypto'
import type { NewTicket, TicketRef } from '../adapter.ts'

/** Front takes no longer external ids. */
const longestId = 200

export interface FrontTicket {
  /** What we call the conversation, and Front's callbacks do. */
  externalId: string
  /** Of the message that opened it: the way to Front's own id. */
  openingUid: string
  /** What Front calls the person: the id of our conversation. */
  handle: string
}

export function writeRef({ externalId, openingUid, handle }: FrontTicket): TicketRef {
  return `${externalId} ${openingUid} ${handle}`
}

export function readRef(ref: TicketRef): FrontTicket {
  const [externalId = '', openingUid = '', handle = externalId] = ref.split(' ')
  return { externalId, openingUid, handle }
}

/** The same on every try. A follow-up is a conversation of its own, told from the first by what is behind the tilde. */
export function conversationKey({ conversation, followUpOf }: NewTicket, idempotencyKey: string): string {
  const key =
    followUpOf === null
      ? conversation.id
      : `${conversation.id}~${hash('sha256', idempotencyKey).slice(0, 16)}`
  return shortId(key)
}

/** What Front keeps as a message's external id. */
export function shortId(key: string): string {
  return key.length <= longestId && !/\s/.test(key) ? key : hash('sha256', key)
}
