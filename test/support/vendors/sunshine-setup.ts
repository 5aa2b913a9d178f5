import type { VendorRoute } from '../vendor-server.ts'
import { object } from './sunshine-routes.ts'
import type { SunshineDeps } from './sunshine-routes.ts'

const text = { type: 'string', minLength: 1 }
const target = { type: 'string', pattern: '^https://' }
const triggers = {
  type: 'array',
  minItems: 1,
  items: { type: 'string', pattern: '^(conversation|switchboard):[A-Za-z:]+$' },
}

interface FakeWebhook {
  id: string
  target: string
  triggers: string[]
  secret: string
}

/** What an admin sets up: the app, its switchboard, integrations with webhooks. */
export function setupRoutes({ app, isOurs }: SunshineDeps, secret: string): VendorRoute[] {
  const base = `/sc/v2/apps/${app.id}`
  const integrations: { id: string; type: string; displayName: string; webhooks: FakeWebhook[] }[] = []
  const routes: VendorRoute[] = [
    { method: 'GET', path: '', answer: () => ({ json: { app: { id: app.id, displayName: 'Acme' } } }) },
    {
      method: 'GET',
      path: '/switchboards',
      answer: () => ({ json: { switchboards: [{ id: 'sb1', enabled: true }] } }),
    },
    {
      method: 'GET',
      path: '/switchboards/:id/switchboardIntegrations',
      answer: () => ({
        json: {
          switchboardIntegrations: [
            {
              id: 'si1',
              name: 'zd-agentWorkspace',
              integrationType: 'zd:agentWorkspace',
              integrationId: 'i1',
            },
          ],
        },
      }),
    },
    {
      method: 'GET',
      path: '/integrations',
      query: object({ 'filter[types]': { const: 'custom' }, 'page[size]': text }),
      answer: () => ({
        json: { integrations: integrations.map(({ webhooks: _webhooks, ...rest }) => rest) },
      }),
    },
    {
      method: 'POST',
      path: '/integrations',
      body: object({
        type: { const: 'custom' },
        displayName: text,
        webhooks: { type: 'array', minItems: 1, maxItems: 1, items: object({ target, triggers }) },
      }),
      beyond: ['webhooks'],
      answer: ({ json }) => {
        const webhooks = json.webhooks.map((webhook: object) => ({ ...webhook, id: app.next('whk'), secret }))
        const integration = { ...json, id: app.next('int'), webhooks }
        integrations.push(integration)
        return { status: 201, json: { integration } }
      },
    },
    {
      method: 'GET',
      path: '/integrations/:id/webhooks',
      answer: ({ params }) => ({
        json: { webhooks: integrations.find(({ id }) => id === params['id'])?.webhooks ?? [] },
      }),
    },
    {
      method: 'PATCH',
      path: '/integrations/:id/webhooks/:webhook',
      body: object({ target, triggers }),
      answer: ({ params, json }) => {
        const webhook = integrations
          .find(({ id }) => id === params['id'])
          ?.webhooks.find(({ id }) => id === params['webhook'])
        if (!webhook) return { status: 404, json: {} }
        Object.assign(webhook, json)
        return { json: { webhook } }
      },
    },
  ]
  return routes.map((route) => ({
    ...route,
    path: `${base}${route.path}`,
    answer: (request) =>
      isOurs(request.headers['authorization'])
        ? route.answer(request)
        : { status: 401, json: { errors: [{ code: 'unauthorized', title: 'Authorization is required' }] } },
  }))
}
