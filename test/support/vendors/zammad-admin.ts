import type { Json, VendorAnswer, VendorRoute } from '../vendor-server.ts'
import { asUser, object } from './zammad-routes.ts'
import type { ZammadState } from './zammad-state.ts'

const text = { type: 'string', minLength: 1 }

const webhook = {
  name: text,
  endpoint: { type: 'string', pattern: '^https?://' },
  signature_token: text,
  ssl_verify: { type: 'boolean' },
  active: { type: 'boolean' },
}
const trigger = object({
  name: { ...text, maxLength: 250 },
  condition: {
    type: 'object',
    propertyNames: { enum: ['ticket.tags', 'ticket.state_id', 'article.sender_id', 'article.internal'] },
    additionalProperties: object({
      operator: { enum: ['is', 'contains one', 'has changed'] },
      value: true,
    }),
  },
  perform: object({ 'notification.webhook': object({ webhook_id: { type: 'integer' } }) }),
  active: { type: 'boolean' },
  disable_notification: { type: 'boolean' },
  activator: { enum: ['action', 'time'] },
  execution_condition_mode: { enum: ['selective', 'always'] },
})

/** What the set-up asks: rights, groups, states, object attributes, webhooks and triggers. */
export function zammadAdmin(state: ZammadState): VendorRoute[] {
  const may = asUser(state)
  /** Tokens and passwords are never shown. */
  const masked = (one: Json) => ({ ...one, signature_token: '**********', bearer_token: '**********' })
  const put = (all: Json[], id: string | undefined, json: Json): Json => {
    const known = all.find((one) => String(one.id) === id)
    return known && Object.assign(known, json)
  }
  const made = (all: Json[], json: Json): Json => {
    all.push({ id: ++state.counter, customized_payload: false, pre_defined_webhook_type: null, ...json })
    return all.at(-1)
  }
  const orGone = (one: Json): VendorAnswer => (one ? { json: one } : { status: 404, json: {} })

  return [
    {
      method: 'GET',
      path: '/api/v1/ticket_customer',
      query: object({ customer_id: { type: 'string', pattern: '^\\d+$' } }),
      answer: may('ticket.agent', () => ({
        json: { ticket_ids_open: [], ticket_ids_closed: [], assets: {} },
      })),
    },
    {
      method: 'GET',
      path: '/api/v1/groups',
      answer: may(null, () =>
        state.showsGroups ? { json: state.groups } : { status: 403, json: { error: 'Not authorized' } },
      ),
    },
    {
      method: 'GET',
      path: '/api/v1/ticket_states',
      answer: may('ticket.agent', () => ({ json: state.states })),
    },
    {
      method: 'GET',
      path: '/api/v1/object_manager_attributes',
      answer: may('admin.object', () => ({ json: state.attributes })),
    },
    {
      method: 'GET',
      path: '/api/v1/webhooks',
      answer: may('admin.webhook', () => ({ json: state.webhooks.map((one) => masked(one)) })),
    },
    {
      method: 'POST',
      path: '/api/v1/webhooks',
      body: object(webhook),
      answer: may('admin.webhook', ({ json }) => ({ status: 201, json: masked(made(state.webhooks, json)) })),
    },
    {
      method: 'PUT',
      path: '/api/v1/webhooks/:id',
      body: object({
        ...webhook,
        customized_payload: { type: 'boolean' },
        pre_defined_webhook_type: { type: ['string', 'null'] },
      }),
      answer: may('admin.webhook', ({ params, json }) => orGone(put(state.webhooks, params['id'], json))),
    },
    {
      method: 'GET',
      path: '/api/v1/triggers',
      answer: may('admin.trigger', () => ({ json: state.triggers })),
    },
    {
      method: 'POST',
      path: '/api/v1/triggers',
      body: trigger,
      answer: may('admin.trigger', ({ json }) => {
        const taken = state.triggers.some(({ name }) => name.toLowerCase() === json.name.toLowerCase())
        if (taken) return { status: 422, json: { error: 'Name has already been taken' } }
        return { status: 201, json: made(state.triggers, json) }
      }),
    },
    {
      method: 'PUT',
      path: '/api/v1/triggers/:id',
      body: trigger,
      answer: may('admin.trigger', ({ params, json }) => orGone(put(state.triggers, params['id'], json))),
    },
  ]
}
