import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { delivery, echoEvent, messageEvent, messagingEntry, postbackEvent } from './delivery.ts'
import type { WebhookAnswer, WebhookClient } from './webhook-client.ts'
import type { Send } from './check-send.ts'

/** Everybody's Messenger: what each person sees, and what Meta tells the webhook of it. */

export const writtenSchema = z
  .strictObject({
    pageId: z.string().min(1),
    psid: z.string().min(1),
    text: z.string().min(1).optional(),
    attachments: z
      .array(z.looseObject({ type: z.string() }))
      .min(1)
      .optional(),
    quickReplyPayload: z.string().optional(),
    postback: z.strictObject({ title: z.string(), payload: z.string().optional() }).optional(),
    /** Made up when absent. */
    mid: z.string().optional(),
  })
  .refine(
    ({ text, attachments, postback }) =>
      postback ? text === undefined && attachments === undefined : (text ?? attachments) !== undefined,
    'give text, attachments, or a postback of its own',
  )

export type Written = z.input<typeof writtenSchema>

export type ShownMessage = {
  mid: string
  pageId: string
  psid: string
  from: 'person' | 'page'
  text?: string
  attachments?: unknown[]
  at: string
}

/** A message of a Page that Graph took. */
export type SentMessage = { mid: string; pageId: string; psid: string; body: Send; at: number }

export type Messenger = {
  /** The person writes or taps; resolves with what the webhook answered. */
  write(written: Written): Promise<{ mid: string; webhook: WebhookAnswer }>
  /** Meta's duplicate: the same bytes once more. Undefined when nothing has this mid. */
  redeliver(mid: string): Promise<WebhookAnswer> | undefined
  /** The Page writes: the person sees it at once; `echo` posts Meta's copy to the webhook. */
  take(pageId: string, send: Send): { mid: string; echo: () => Promise<WebhookAnswer> }
  shown(whose?: { psid?: string | undefined; pageId?: string | undefined }): ShownMessage[]
  readonly sent: readonly SentMessage[]
}

export function createMessenger(deps: {
  webhook: Pick<WebhookClient, 'post'>
  appId: number
  now: () => number
}): Messenger {
  const { webhook, appId, now } = deps
  const shown: ShownMessage[] = []
  const sent: SentMessage[] = []
  const deliveries = new Map<string, Buffer>()

  function remember(mid: string, pageId: string, event: unknown, at: number): Buffer {
    const bytes = delivery([messagingEntry(pageId, [event], at)])
    deliveries.set(mid, bytes)
    return bytes
  }

  return {
    sent,

    async write(input) {
      const {
        pageId,
        psid,
        mid = newMid(),
        text,
        attachments,
        quickReplyPayload,
        postback,
      } = writtenSchema.parse(input)
      const at = now()
      const parties = { pageId, psid, mid, timestamp: at }
      const shownText = postback?.title ?? text
      shown.push({
        mid,
        pageId,
        psid,
        from: 'person',
        at: new Date(at).toISOString(),
        ...(shownText !== undefined && { text: shownText }),
        ...(attachments && { attachments }),
      })
      const event = postback
        ? postbackEvent({ ...parties, ...postback })
        : messageEvent({ ...parties, text, attachments, quickReplyPayload })
      return { mid, webhook: await webhook.post(remember(mid, pageId, event, at)) }
    },

    redeliver(mid) {
      const bytes = deliveries.get(mid)
      return bytes && webhook.post(bytes)
    },

    take(pageId, send) {
      const at = now()
      const mid = newMid()
      const psid = send.recipient.id
      const { text, attachment, attachments = attachment && [attachment], metadata } = send.message ?? {}
      shown.push({
        mid,
        pageId,
        psid,
        from: 'page',
        at: new Date(at).toISOString(),
        ...(text !== undefined && { text }),
        ...(attachments && { attachments }),
      })
      sent.push({ mid, pageId, psid, body: send, at })
      const event = echoEvent({ pageId, psid, mid, timestamp: at, appId, metadata, text, attachments })
      return { mid, echo: () => webhook.post(remember(mid, pageId, event, at)) }
    },

    shown({ psid, pageId } = {}) {
      return shown.filter(
        (message) => (psid ?? message.psid) === message.psid && (pageId ?? message.pageId) === message.pageId,
      )
    },
  }
}

function newMid(): string {
  return `m_${randomBytes(48).toString('base64url')}`
}
