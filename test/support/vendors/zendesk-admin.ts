import type { JsonSchema, VendorRoute } from '../vendor-server.ts'
import type { ZendeskDeps } from './zendesk-tickets.ts'

const text = { type: 'string', minLength: 1 }

function object(properties: Record<string, JsonSchema>): JsonSchema {
  return { type: 'object', additionalProperties: false, required: Object.keys(properties), properties }
}

const subscriptions = {
  type: 'array',
  minItems: 1,
  items: { type: 'string', pattern: '^zen:event-type:ticket\\.[a-z_]+$' },
}

interface FakeWebhook {
  id: string
  name: string
  endpoint: string
  status: string
  subscriptions: string[]
}

/** What an admin sets up: who one is, webhooks, fields, groups. */
export function adminRoutes({ account, isOurs }: ZendeskDeps, secret: string): VendorRoute[] {
  const webhooks: FakeWebhook[] = []
  const mayAdmin = (header: string | undefined) => isOurs(header) && account.api.role === 'admin'
  const forbidden = { status: 403, json: { error: { title: 'Forbidden' } } }
  return [
    {
      method: 'GET',
      path: '/api/v2/users/me',
      answer: ({ headers }) => ({
        json: { user: isOurs(headers['authorization']) ? account.api : { id: null, name: 'Anonymous user' } },
      }),
    },
    {
      method: 'GET',
      path: '/api/v2/ticket_fields/:id',
      answer: ({ params }) =>
        params['id'] === '9001'
          ? { json: { ticket_field: { id: 9001, type: 'text' } } }
          : { status: 404, json: {} },
    },
    {
      method: 'GET',
      path: '/api/v2/groups/:id',
      answer: ({ params }) =>
        params['id'] === '8001' ? { json: { group: { id: 8001 } } } : { status: 404, json: {} },
    },
    {
      method: 'GET',
      path: '/api/v2/webhooks',
      query: object({ 'filter[name_contains]': text, 'page[size]': text }),
      answer: ({ headers, query }) =>
        mayAdmin(headers['authorization'])
          ? {
              json: {
                webhooks: webhooks.filter(({ name }) => name.includes(query['filter[name_contains]']!)),
              },
            }
          : forbidden,
    },
    {
      method: 'POST',
      path: '/api/v2/webhooks',
      body: object({
        webhook: object({
          name: text,
          endpoint: { type: 'string', pattern: '^https://' },
          http_method: { const: 'POST' },
          request_format: { const: 'json' },
          status: { const: 'active' },
          subscriptions,
        }),
      }),
      answer: ({ headers, json }) => {
        if (!mayAdmin(headers['authorization'])) return forbidden
        const webhook = { ...json.webhook, id: `01GB${account.next()}` }
        webhooks.push(webhook)
        return { status: 201, json: { webhook } }
      },
    },
    {
      method: 'PATCH',
      path: '/api/v2/webhooks/:id',
      body: object({ webhook: object({ status: { const: 'active' }, subscriptions }) }),
      answer: ({ params, json }) => {
        Object.assign(
          webhooks.find(({ id }) => id === params['id'])!,
          json.webhook,
        )
        return { status: 204 }
      },
    },
    {
      method: 'GET',
      path: '/api/v2/webhooks/:id/signing_secret',
      answer: () => ({ json: { signing_secret: { algorithm: 'SHA256', secret } } }),
    },
  ]
}
