import { Webhook } from 'standardwebhooks'
import type { Conversation } from '../../domain/conversation.ts'
import type { DomainEvent, EventKind } from '../../domain/event.ts'
import type { EventHelpdesk, ReplyOutcome, Step } from '../adapter.ts'
import { helpdeskHttp } from '../http-client.ts'
import type { WebhookSettings } from './settings.ts'

/**
 * Posts each event, signed by the Standard Webhooks convention. `webhook-id` is the event's id, the same on every
 * try, so that the receiver can drop what it has. https://www.standardwebhooks.com
 */
export function webhookHelpdesk(settings: WebhookSettings): EventHelpdesk {
  const http = helpdeskHttp(settings)
  const signer = new Webhook(settings.secret)
  const wanted = settings.kinds && new Set<EventKind>(settings.kinds)

  async function post(content: object, at: Date, step: Step): Promise<void> {
    const body = JSON.stringify(content)
    await http.post({
      url: settings.url,
      body,
      signal: step.signal,
      headers: {
        'content-type': 'application/json',
        'webhook-id': step.idempotencyKey,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
        'webhook-signature': signer.sign(step.idempotencyKey, at, body),
      },
    })
  }

  const fates: Pick<EventHelpdesk, 'reportSent' | 'reportReceipt'> = {
    async reportSent(conversation, reply, outcome, step) {
      const at = new Date()
      await post(statusBody({ replyId: reply.id, ...outcome }, conversation, at), at, step)
    },
    async reportReceipt(conversation, { replyId, status }, step) {
      const at = new Date()
      await post(statusBody({ replyId, status }, conversation, at), at, step)
    },
  }
  return {
    style: 'events',
    async forwardEvent(event, conversation, step) {
      if (wanted?.has(event.kind) === false) return
      const at = new Date()
      await post(webhookBody(event, conversation, at), at, step)
    },
    ...(settings.replyStatus ? fates : {}),
    close: http.close,
  }
}

/** What a receiver sees. `type` is always the same; what happened stands in `data.event.kind`. */
export function webhookBody(event: DomainEvent, conversation: Conversation, at: Date) {
  const { pageId: _page, conversationId: _conversation, psid: _psid, timestamp, ...rest } = event
  const seen = event.kind === 'message' ? {} : { mid: null, text: null, attachments: [] }
  return {
    type: 'message.received',
    timestamp: at.toISOString(),
    data: {
      event: { ...seen, ...rest, timestamp: new Date(timestamp).toISOString() },
      conversation,
    },
  }
}

/** What became of a reply, for receivers that asked for it. */
function statusBody(reply: ReplyOutcome & { replyId: string }, conversation: Conversation, at: Date) {
  const { replyId, ...outcome } = reply
  return {
    type: 'reply.status',
    timestamp: at.toISOString(),
    data: { reply: { id: replyId, ...outcome }, conversation },
  }
}
