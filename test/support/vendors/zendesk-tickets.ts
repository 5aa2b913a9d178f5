import type { Json, JsonSchema, VendorAnswer, VendorRequest, VendorRoute } from '../vendor-server.ts'
import type { FakeAccount, FakeTicket } from './zendesk-account.ts'
import { fileRoutes } from './zendesk-files.ts'

export interface ZendeskDeps {
  account: FakeAccount
  isOurs: (authorization: string | undefined) => boolean
  url: () => string
}

const text = { type: 'string', minLength: 1 }
const number = { type: 'integer', minimum: 1 }

function object(
  properties: Record<string, JsonSchema>,
  required: string[] = Object.keys(properties),
): JsonSchema {
  return { type: 'object', additionalProperties: false, required, properties }
}

const comment = object(
  {
    body: { type: 'string', minLength: 1, maxLength: 65_535 },
    public: { type: 'boolean' },
    author_id: number,
    uploads: { type: 'array', minItems: 1, items: text },
  },
  ['body', 'public'],
)
const metadata = { type: 'object', additionalProperties: { type: 'string' } }
const tags = { type: 'array', items: { type: 'string', pattern: '^[^\\s,]+$' } }
const fields = { type: 'array', items: object({ id: number, value: text }) }

const newTicket = object({
  ticket: object(
    {
      subject: text,
      comment,
      requester_id: number,
      external_id: text,
      tags,
      custom_fields: fields,
      group_id: number,
      via_followup_source_id: number,
    },
    ['subject', 'comment', 'requester_id', 'external_id'],
  ),
})
const change = object({ ticket: object({ comment, metadata, status: { enum: ['open', 'solved'] } }, []) })

const notFound: VendorAnswer = { status: 404, json: { error: 'RecordNotFound', description: 'Not found' } }

function invalid(field: string, description: string): VendorAnswer {
  const details = { [field]: [{ description }] }
  return { status: 422, json: { error: 'RecordInvalid', description: 'Record validation errors', details } }
}

/** Users, tickets, comments and files, as Zendesk Support takes them. */
export function ticketRoutes(deps: ZendeskDeps): VendorRoute[] {
  const { account } = deps
  const keys = new Map<string, { sent: string; answer: VendorAnswer }>()

  const route = (wanted: VendorRoute): VendorRoute => ({
    ...wanted,
    answer: (request) =>
      deps.isOurs(request.headers['authorization'])
        ? wanted.answer(request)
        : { status: 401, json: { error: "Couldn't authenticate you" } },
  })

  function create({ json, headers }: VendorRequest): VendorAnswer {
    const key = headers['idempotency-key']
    const sent = JSON.stringify(json)
    const earlier = key === undefined ? undefined : keys.get(key)
    if (earlier && earlier.sent !== sent)
      return { status: 400, json: { error: 'IdempotentRequestError', description: 'other parameters' } }
    if (earlier) return { ...earlier.answer, headers: { 'x-idempotency-lookup': 'hit' } }
    const answer = made(json.ticket)
    if (key !== undefined && answer.status === 201) keys.set(key, { sent, answer })
    return { ...answer, headers: { 'x-idempotency-lookup': 'miss' } }
  }

  function made(wanted: Json): VendorAnswer {
    const requester = account.users.find(({ id }) => id === wanted.requester_id)
    if (!requester) return invalid('requester', 'Requester: is not valid')
    const source: number | undefined = wanted.via_followup_source_id
    if (source !== undefined && !account.live(source))
      return invalid('base', 'Follow-up source: is not valid')
    const ticket: FakeTicket = {
      id: account.next(),
      external_id: wanted.external_id,
      subject: wanted.subject,
      status: 'new',
      requester,
      tags: [],
      fields: wanted.custom_fields ?? [],
      followUpOf: source ?? null,
      comments: [],
      audits: [],
    }
    account.tickets.push(ticket)
    const { body, public: isPublic } = wanted.comment
    const audit = account.update(account.api, ticket, {
      comment: { author: account.api, body, public: isPublic, files: [] },
      tags: wanted.tags ?? [],
    })
    return { status: 201, json: { ticket: shown(ticket), audit } }
  }

  function update({ params, json }: VendorRequest): VendorAnswer {
    const ticket = account.live(params['id']!)
    if (!ticket) return notFound
    if (account.collisions.left-- > 0) return { status: 409, json: { error: 'DatabaseConflict' } }
    if (ticket.status === 'closed') return invalid('status', 'Status: closed prevents ticket update')
    const wanted = json.ticket
    const { comment: said, status, metadata: custom } = wanted
    if (!said)
      return { json: { ticket: shown(ticket), audit: account.update(account.api, ticket, { status }) } }
    if (ticket.comments.length >= 5000) return invalid('base', 'Comments: too many')
    const author = account.users.find(({ id }) => id === (said.author_id ?? account.api.id))
    if (!author) return invalid('comment', 'Author: is not valid')
    const uploads: string[] = said.uploads ?? []
    const files = uploads.flatMap((token) => account.uploads.get(token) ?? [])
    if (files.length < uploads.length) return invalid('uploads', 'Upload token: is not valid')
    for (const token of uploads) account.uploads.delete(token)
    const audit = account.update(account.api, ticket, {
      comment: { author, body: said.body, public: said.public, files },
      ...(status ? { status } : {}),
      metadata: custom,
    })
    return { json: { ticket: shown(ticket), audit } }
  }

  return [
    route({
      method: 'GET',
      path: '/api/v2/users/search',
      query: object({ external_id: text }),
      answer: ({ query }) => ({
        json: { users: account.users.filter((user) => user.external_id === query['external_id']) },
      }),
    }),
    route({
      method: 'POST',
      path: '/api/v2/users/create_or_update',
      body: object({
        user: object({
          name: text,
          external_id: text,
          role: { const: 'end-user' },
          skip_verify_email: { const: true },
        }),
      }),
      answer: ({ json }) => {
        const { name, external_id } = json.user
        const known = account.users.find((user) => user.external_id === external_id)
        if (known) known.name = name
        else account.users.push({ id: account.next(), name, external_id, role: 'end-user' })
        const user = account.users.find((each) => each.external_id === external_id)
        return { status: known ? 200 : 201, json: { user } }
      },
    }),
    route({
      method: 'PUT',
      path: '/api/v2/users/:id',
      body: object({ user: object({ name: text }) }),
      answer: ({ params, json }) => {
        const user = account.users.find(({ id }) => String(id) === params['id'])
        if (!user) return notFound
        user.name = json.user.name
        return { json: { user } }
      },
    }),
    route({ method: 'POST', path: '/api/v2/tickets', body: newTicket, answer: create }),
    route({
      method: 'GET',
      path: '/api/v2/tickets',
      query: object({ external_id: text }),
      answer: ({ query }) => ({
        json: {
          tickets: account.tickets
            .filter((ticket) => ticket.external_id === query['external_id'] && ticket.status !== 'deleted')
            .map(shown),
        },
      }),
    }),
    route({
      method: 'GET',
      path: '/api/v2/tickets/:id',
      answer: ({ params }) => {
        const ticket = account.live(params['id']!)
        return ticket ? { json: { ticket: shown(ticket) } } : notFound
      },
    }),
    route({ method: 'PUT', path: '/api/v2/tickets/:id', body: change, answer: update }),
    route({
      method: 'PUT',
      path: '/api/v2/tickets/:id/tags',
      body: object({ tags }),
      answer: ({ params, json }) => {
        const ticket = account.live(params['id']!)
        if (!ticket) return notFound
        if (ticket.status === 'closed') return invalid('status', 'Status: closed prevents ticket update')
        account.update(account.api, ticket, { tags: json.tags })
        return { json: { tags: ticket.tags } }
      },
    }),
    route({
      method: 'GET',
      path: '/api/v2/tickets/:id/audits',
      query: object({ page: text, per_page: { const: '100' } }),
      beyond: ['page', 'per_page'],
      answer: ({ params, query }) => {
        const ticket = account.live(params['id']!)
        if (!ticket) return notFound
        const from = (Number(query['page']) - 1) * 100
        return {
          json: {
            audits: ticket.audits.slice(from, from + 100),
            count: ticket.audits.length,
            next_page: null,
            previous_page: null,
          },
        }
      },
    }),
    route({
      method: 'GET',
      path: '/api/v2/tickets/:id/comments/count',
      answer: ({ params }) => ({
        json: { count: { value: account.live(params['id']!)?.comments.length ?? 0, refreshed_at: null } },
      }),
    }),
    ...fileRoutes(deps, route),
  ]
}

function shown({ id, status, requester, external_id, tags: given }: FakeTicket) {
  return { id, status, requester_id: requester.id, external_id, tags: given }
}
