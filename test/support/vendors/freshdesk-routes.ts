import type { JsonSchema, VendorAnswer, VendorRequest, VendorRoute } from '../vendor-server.ts'
import { addNote, setStatus, shown, timeNow } from './freshdesk-state.ts'
import type { FreshdeskState, FreshdeskTicket } from './freshdesk-state.ts'

const text = { type: 'string', minLength: 1 }
const number = { type: 'integer', minimum: 1 }
const digits = { type: 'string', pattern: '^[1-9]\\d*$' }
const tags = { type: 'array', items: { ...text, maxLength: 32 } }

function object(properties: JsonSchema, required: string[] = Object.keys(properties)): JsonSchema {
  return { type: 'object', properties, required, additionalProperties: false }
}

const truth = { enum: [true, false, 'true', 'false'] }
const refused: VendorAnswer = { status: 401, json: { code: 'invalid_credentials', message: 'no' } }
const missing: VendorAnswer = { status: 404 }
const invalid = (errors: object[]): VendorAnswer => ({
  status: 400,
  json: { description: 'Validation failed', errors },
})

/** Freshdesk's API version 2 as far as an agent goes who writes for others. */
export function freshdeskRoutes(state: FreshdeskState): VendorRoute[] {
  const asAgent = (answer: (request: VendorRequest) => VendorAnswer) => (request: VendorRequest) =>
    request.headers['authorization'] === `Basic ${Buffer.from(`${state.apiKey}:X`).toString('base64')}`
      ? answer(request)
      : refused
  const inTicket = (answer: (ticket: FreshdeskTicket, request: VendorRequest) => VendorAnswer) =>
    asAgent((request) => {
      const one = state.tickets.find(({ id }) => String(id) === request.params['ticket'])
      if (!one) return missing
      if (state.archived.has(one.id))
        return { status: 301, headers: { location: `/api/v2/tickets/archived/${one.id}` } }
      if (one.deleted && request.method !== 'GET') return { status: 405, headers: { allow: 'GET' } }
      return answer(one, request)
    })
  const page = <T>(all: T[], { query }: VendorRequest): T[] => {
    const [size, at] = [Number(query['per_page'] ?? 30), Number(query['page'] ?? 1)]
    return all.slice((at - 1) * size, at * size)
  }
  const plain = ({ notes: _notes, ...ticket }: FreshdeskTicket) => ticket

  return [
    {
      method: 'GET',
      path: '/api/v2/contacts',
      query: object({ unique_external_id: text }),
      beyond: ['unique_external_id'],
      answer: asAgent(({ query }) => ({
        json: state.contacts.filter(
          (one) => !one.deleted && one.unique_external_id === query['unique_external_id'],
        ),
      })),
    },
    {
      method: 'POST',
      path: '/api/v2/contacts',
      body: object({ name: { ...text, maxLength: 255 }, unique_external_id: text }),
      beyond: ['unique_external_id'],
      answer: asAgent(({ json }) => {
        const taken = state.contacts.find((one) => one.unique_external_id === json.unique_external_id)
        if (taken) {
          const field = { field: 'unique_external_id', code: 'duplicate_value', message: 'should be unique' }
          const errors = [{ ...field, additional_info: { user_id: taken.id } }]
          return { status: 409, json: { description: 'Validation failed', errors } }
        }
        const contact = { ...json, id: ++state.counter, deleted: false }
        state.contacts.push(contact)
        return { status: 201, json: contact }
      }),
    },
    {
      method: 'PUT',
      path: '/api/v2/contacts/:contact',
      body: object({ name: { ...text, maxLength: 255 } }),
      answer: asAgent(({ params, json }) => {
        const contact = state.contacts.find(({ id }) => String(id) === params['contact'])
        if (!contact) return missing
        Object.assign(contact, json)
        return { json: contact }
      }),
    },
    {
      method: 'PUT',
      path: '/api/v2/contacts/:contact/restore',
      answer: asAgent(({ params }) => {
        const contact = state.contacts.find(({ id }) => String(id) === params['contact'])
        if (!contact?.deleted) return missing
        contact.deleted = false
        return { status: 204 }
      }),
    },
    {
      method: 'GET',
      path: '/api/v2/tickets',
      query: object(
        {
          requester_id: digits,
          include: { const: 'description' },
          updated_since: { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$' },
          order_by: { enum: ['created_at', 'updated_at'] },
          order_type: { enum: ['asc', 'desc'] },
          per_page: digits,
          page: digits,
        },
        ['order_by', 'order_type', 'per_page'],
      ),
      answer: asAgent((request) => {
        const { requester_id: requester, updated_since: since, include } = request.query
        const by = request.query['order_by'] as 'created_at' | 'updated_at'
        const found = state.tickets
          .filter((one) => !one.deleted && !one.spam)
          .filter((one) => requester === undefined || String(one.requester_id) === requester)
          .filter((one) => since === undefined || one.updated_at >= since)
          .toSorted((a, b) => a[by].localeCompare(b[by]))
        const all = request.query['order_type'] === 'desc' ? found.toReversed() : found
        return {
          json: page(all, request).map((one) => {
            const { description, description_text: words, ...rest } = plain(one)
            return include === undefined ? rest : { ...rest, description, description_text: words }
          }),
        }
      }),
    },
    {
      method: 'POST',
      path: '/api/v2/tickets',
      body: object(
        {
          subject: { ...text, maxLength: 255 },
          description: text,
          requester_id: number,
          status: { const: 2 },
          priority: { enum: [1, 2, 3, 4] },
          source: { const: 7 },
          tags,
          group_id: number,
          custom_fields: { type: 'object', additionalProperties: text },
        },
        ['subject', 'description', 'requester_id', 'status', 'priority', 'source', 'tags'],
      ),
      answer: asAgent(({ json }) => {
        if (!state.contacts.some(({ id, deleted }) => id === json.requester_id && !deleted))
          return invalid([{ field: 'requester_id', code: 'invalid_value' }])
        const unknown = Object.keys(json.custom_fields ?? {}).filter(
          (name) => !state.ticketFields.includes(name),
        )
        if (unknown.length > 0) return invalid(unknown.map((field) => ({ field, code: 'invalid_field' })))
        const now = timeNow(state)
        const ticket: FreshdeskTicket = {
          custom_fields: {},
          ...json,
          id: ++state.counter,
          description_text: shown(json.description),
          deleted: false,
          spam: false,
          created_at: now,
          updated_at: now,
          notes: [],
        }
        state.tickets.push(ticket)
        return { status: 201, json: plain(ticket) }
      }),
    },
    {
      method: 'GET',
      path: '/api/v2/tickets/:ticket',
      answer: inTicket((ticket) => ({ json: plain(ticket) })),
    },
    {
      method: 'PUT',
      path: '/api/v2/tickets/:ticket',
      body: object({ status: { enum: [2, 4] }, tags }, []),
      answer: inTicket((ticket, { json }) => {
        if (json.status !== undefined) setStatus(state, ticket, json.status)
        if (json.tags !== undefined) ticket.tags = json.tags
        ticket.updated_at = timeNow(state)
        return { json: plain(ticket) }
      }),
    },
    {
      method: 'GET',
      path: '/api/v2/tickets/:ticket/conversations',
      query: object({ per_page: digits, page: digits }),
      answer: inTicket((ticket, request) => ({ json: page(ticket.notes, request) })),
    },
    {
      method: 'POST',
      path: '/api/v2/tickets/:ticket/notes',
      body: object(
        { body: text, incoming: truth, private: truth, user_id: { ...number, type: ['integer', 'string'] } },
        ['body', 'incoming', 'private'],
      ),
      beyond: ['user_id'],
      answer: inTicket((ticket, { json, files }) => {
        if (files.some(({ field }) => field !== 'attachments[]'))
          return invalid([{ field: 'file', code: 'invalid_field' }])
        if (files.some(({ name }) => name.includes('refused')))
          return invalid([{ field: 'attachments', code: 'invalid_size' }])
        const told = {
          body: json.body,
          incoming: String(json.incoming) === 'true',
          private: String(json.private) === 'true',
          user_id: Number(json.user_id ?? state.me),
          source: 2,
        }
        return { status: 201, json: addNote(state, ticket, told, files) }
      }),
    },
    {
      method: 'GET',
      path: '/api/v2/agents/me',
      undescribed: 'the description takes only numbers there',
      answer: asAgent(() => ({ json: agent(state.me) })),
    },
    {
      method: 'GET',
      path: '/api/v2/agents/:agent',
      answer: asAgent(({ params }) => ({ json: agent(Number(params['agent'])) })),
    },
    {
      method: 'GET',
      path: '/api/v2/ticket_fields',
      answer: asAgent(() => ({
        json: state.ticketFields.map((name, id) => ({ id, name, type: 'default' })),
      })),
    },
  ]

  function agent(id: number) {
    const name = state.agents.find((one) => one.id === id)?.name ?? null
    return { id, available: true, contact: { name, email: 'agent@acme.example' } }
  }
}
