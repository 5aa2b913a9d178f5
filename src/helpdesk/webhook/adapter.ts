import { Webhook } from 'standardwebhooks'
import type { Conversation } from '../../domain/conversation.ts'
import type { DomainEvent } from '../../domain/event.ts'
import type { EventHelpdesk } from '../adapter.ts'
import { helpdeskHttp } from '../http-client.ts'
import type { WebhookSettings } from './settings.ts'

/**
 * Posts each event, signed by the Standard Webhooks convention. `webhook-id` is the event's id, the same on every
 * try, so that the receiver can drop what it has. https://www.standardwebhooks.com
 */
export function webhookHelpdesk(settings: WebhookSettings): EventHelpdesk {
  const http = helpdeskHttp(settings)
  const signer = new Webhook(settings.secret)
  return {
    style: 'events',
    async forwardEvent(event, conversation, step) {
      const at = new Date()
      const body = JSON.stringify(webhookBody(event, conversation, at))
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
    },
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
