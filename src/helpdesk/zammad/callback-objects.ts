import type { ZammadSettings } from './settings.ts'

/** What Zammad needs to call us: a webhook, and triggers that use it. Found again by their names. */
export interface WantedTrigger {
  name: string
  condition: Record<string, object>
  perform: { 'notification.webhook': { webhook_id: number } }
  active: true
  disable_notification: true
  activator: 'action'
  execution_condition_mode: 'selective'
}

/** Zammad makes the senders of articles in this order. */
const agentSender = 1

/** After the helpdesk in our settings, which the address ends with: one Zammad may have several. */
export function webhookName(callbackUrl: string): string {
  return `deskbridge ${new URL(callbackUrl).pathname.split('/').at(-1) ?? ''}`
}

export function wantedWebhook(callbackUrl: string, { callbackSecrets }: ZammadSettings) {
  return {
    name: webhookName(callbackUrl),
    endpoint: callbackUrl,
    signature_token: callbackSecrets[0]!,
    ssl_verify: true,
    active: true,
  }
}

/** Two: one fires when an agent writes, the other when the state changes. Both only for tickets of ours. */
export function wantedTriggers(
  callbackUrl: string,
  webhook: number,
  { tag }: ZammadSettings,
): WantedTrigger[] {
  const ours = { 'ticket.tags': { operator: 'contains one', value: tag } }
  const always = {
    perform: { 'notification.webhook': { webhook_id: webhook } },
    active: true,
    disable_notification: true,
    activator: 'action',
    execution_condition_mode: 'selective',
  } as const
  const name = webhookName(callbackUrl)
  return [
    {
      name: `${name}: replies`,
      condition: {
        ...ours,
        'article.sender_id': { operator: 'is', value: agentSender },
        'article.internal': { operator: 'is', value: false },
      },
      ...always,
    },
    {
      name: `${name}: states`,
      condition: { ...ours, 'ticket.state_id': { operator: 'has changed', value: [] } },
      ...always,
    },
  ]
}
