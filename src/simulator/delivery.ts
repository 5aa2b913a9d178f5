import { createHmac } from 'node:crypto'

/** What Meta posts, as data and bytes. Pure: ids and times come from the caller. */

type Parties = { pageId: string; psid: string; mid: string; timestamp: number }

/** What a person wrote, as an element of `messaging` (or `standby`). */
export function messageEvent(
  message: Parties & {
    text?: string | undefined
    attachments?: readonly unknown[] | undefined
    quickReplyPayload?: string | undefined
    /** The mid that this answers. */
    replyTo?: string | undefined
  },
) {
  const { pageId, psid, mid, timestamp, text, attachments, quickReplyPayload, replyTo } = message
  return {
    sender: { id: psid },
    recipient: { id: pageId },
    timestamp,
    message: {
      mid,
      ...(text !== undefined && { text }),
      ...(quickReplyPayload !== undefined && { quick_reply: { payload: quickReplyPayload } }),
      ...(replyTo !== undefined && { reply_to: { mid: replyTo } }),
      ...(attachments !== undefined && { attachments }),
    },
  }
}

/** The tap on a button. */
export function postbackEvent(postback: Parties & { title: string; payload?: string | undefined }) {
  const { pageId, psid, mid, timestamp, title, payload } = postback
  return {
    sender: { id: psid },
    recipient: { id: pageId },
    timestamp,
    postback: { mid, title, ...(payload !== undefined && { payload }) },
  }
}

/** Meta's copy of what the Page sent: here the Page is the sender and the person the recipient. */
export function echoEvent(
  echo: Parties & {
    /** A number on the wire, though Meta's table calls it a string. */
    appId: number
    metadata?: string | undefined
    text?: string | undefined
    attachments?: readonly unknown[] | undefined
    replyTo?: string | undefined
  },
) {
  const { pageId, psid, mid, timestamp, appId, metadata, text, attachments, replyTo } = echo
  return {
    sender: { id: pageId },
    recipient: { id: psid },
    timestamp,
    message: {
      mid,
      is_echo: true,
      app_id: appId,
      ...(metadata !== undefined && { metadata }),
      ...(text !== undefined && { text }),
      ...(attachments !== undefined && { attachments }),
      ...(replyTo !== undefined && { reply_to: { mid: replyTo } }),
    },
  }
}

/** One element of `entry`: what happened at one Page. */
export function messagingEntry(pageId: string, events: readonly unknown[], time: number) {
  return { id: pageId, time, messaging: events }
}

/** The bytes of one delivery, as Meta writes them: non-ASCII as lower-case \uXXXX, and "/" as "\/". */
export function delivery(entries: readonly unknown[], object = 'page'): Buffer {
  return Buffer.from(escapeAsMeta(JSON.stringify({ object, entry: entries })), 'ascii')
}

/** The value of X-Hub-Signature-256 for exactly these bytes. */
export function sign(bytes: Uint8Array, appSecret: string): string {
  return `sha256=${createHmac('sha256', appSecret).update(bytes).digest('hex')}`
}

function escapeAsMeta(json: string): string {
  // By UTF-16 unit, without the u flag: an emoji becomes two escapes, as on the wire.
  return json
    .replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replaceAll('/', '\\/')
}
