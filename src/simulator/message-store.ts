import type { Send } from './check-send.ts'
import { createRing } from './ring.ts'

/** The messages that are remembered: the newest `keep`. */

export type ShownMessage = {
  mid: string
  pageId: string
  psid: string
  from: 'person' | 'page'
  text?: string
  attachments?: unknown[]
  /** What the Page reacted with. */
  reaction?: string
  at: string
}

/** A message of a Page that Graph took. */
export type SentMessage = { mid: string; pageId: string; psid: string; body: Send; at: number }

export type StoredMessage = {
  readonly mid: string
  readonly pageId: string
  readonly psid: string
  readonly from: 'person' | 'page'
  readonly at: number
  readonly text: string | undefined
  readonly attachments: readonly unknown[] | undefined
  readonly replyTo: string | undefined
  reaction: string | undefined
  /** The delivery that told the webhook, for a redelivery. */
  bytes: Buffer | undefined
}

export type Whose = { psid?: string | undefined; pageId?: string | undefined }

export type MessageStore = {
  add(message: StoredMessage): void
  addSent(sent: SentMessage): void
  get(mid: string): StoredMessage | undefined
  /** Everything shown, oldest first, or what one person sees, or one Page. */
  shown(whose?: Whose): ShownMessage[]
  readonly sent: readonly SentMessage[]
}

export function createMessageStore(keep: number): MessageStore {
  const newest = createRing<StoredMessage>(keep)
  const byMid = new Map<string, StoredMessage>()
  const sent: SentMessage[] = []

  return {
    sent,
    add(message) {
      const gone = newest.push(message)
      if (gone && byMid.get(gone.mid) === gone) byMid.delete(gone.mid)
      byMid.set(message.mid, message)
    },
    addSent(one) {
      sent.push(one)
      // A quarter of it at a time: one by one, each would cost as much as all of them.
      if (sent.length >= keep * 1.25) sent.splice(0, sent.length - keep)
    },
    get: (mid) => byMid.get(mid),
    shown: ({ psid, pageId } = {}) =>
      newest
        .values()
        .filter((one) => (psid ?? one.psid) === one.psid && (pageId ?? one.pageId) === one.pageId)
        .map(show),
  }
}

function show({ mid, pageId, psid, from, text, attachments, reaction, at }: StoredMessage): ShownMessage {
  return {
    mid,
    pageId,
    psid,
    from,
    at: new Date(at).toISOString(),
    ...(text !== undefined && { text }),
    ...(attachments && { attachments: [...attachments] }),
    ...(reaction !== undefined && { reaction }),
  }
}
