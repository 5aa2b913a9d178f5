import type { Json, JsonSchema, VendorAnswer, VendorRequest, VendorRoute } from '../vendor-server.ts'
import { addArticle, bridgeUser, setState, userOf } from './zammad-state.ts'
import type { ZammadState, ZammadTicket } from './zammad-state.ts'

const text = { type: 'string', minLength: 1 }
const number = { type: 'integer', minimum: 1 }
const expand = object({ expand: { const: 'true' } })

export function object(
  properties: JsonSchema,
  required: string[] = Object.keys(properties),
  more: unknown = false,
): JsonSchema {
  return { type: 'object', properties, required, additionalProperties: more }
}

const file = object({
  filename: text,
  data: { type: 'string', pattern: '^[A-Za-z0-9+/]*={0,2}$' },
  'mime-type': text,
})
const article = {
  type: { enum: ['web', 'note', 'phone', 'chat', 'email'] },
  sender: { enum: ['Agent', 'Customer', 'System'] },
  internal: { type: 'boolean' },
  body: { type: 'string', minLength: 1, maxLength: 1_500_000 },
  content_type: { enum: ['text/plain', 'text/html'] },
  message_id: { type: 'string', minLength: 1, maxLength: 3000 },
}
const ticketBody = object(
  {
    title: { ...text, maxLength: 250 },
    group: text,
    customer: object({ login: text, firstname: text, lastname: { type: 'string' } }),
    tags: text,
    article: object(article),
    links: object({ Ticket: object({ normal: { type: 'array', items: number } }) }),
  },
  ['title', 'group', 'customer', 'tags', 'article'],
  { type: 'string' },
)

const gone: VendorAnswer = { status: 404, json: { error: "Couldn't find Ticket with 'id'" } }
const refused = (error: string): VendorAnswer => ({ status: 422, json: { error, error_human: error } })

export type AsUser = (
  right: string | null,
  answer: (request: VendorRequest) => VendorAnswer,
) => VendorRoute['answer']

/** Tokens have some of their user's rights; each call asks for one. */
export function asUser(state: ZammadState): AsUser {
  return (right, answer) => (request) => {
    if (request.headers['authorization'] !== `Token token=${state.token}`)
      return { status: 401, json: { error: 'Invalid token' } }
    if (right !== null && !state.rights.has(right))
      return { status: 403, json: { error: 'Not authorized (token)!' } }
    return answer(request)
  }
}

/** Zammad as its documentation and its source tell: what an agent may do with tickets. */
export function zammadRoutes(state: ZammadState): VendorRoute[] {
  const may = asUser(state)
  const find = (id: unknown) => state.tickets.find((one) => String(one.id) === String(id))
  const inOne = (answer: (one: ZammadTicket, request: VendorRequest) => VendorAnswer) =>
    may('ticket.agent', (request) => {
      const one = find(request.params['ticket'])
      return one ? answer(one, request) : gone
    })

  return [
    {
      method: 'GET',
      path: '/api/v1/users/me',
      answer: may(null, () => ({ json: userOf(state, bridgeUser) })),
    },
    {
      method: 'PUT',
      path: '/api/v1/users/:user',
      body: object({ firstname: text, lastname: { type: 'string' } }),
      answer: may('ticket.agent', ({ params, json }) => {
        const user = state.users.find(({ id }) => String(id) === params['user'])
        return user ? { json: Object.assign(user, json) } : gone
      }),
    },
    {
      method: 'POST',
      path: '/api/v1/tickets',
      body: ticketBody,
      answer: may('ticket.agent', ({ json }) => createTicket(state, json)),
    },
    {
      method: 'GET',
      path: '/api/v1/tickets/search',
      query: object({
        'condition[customer.login][operator]': { const: 'is' },
        'condition[customer.login][value]': text,
        sort_by: { const: 'created_at' },
        order_by: { const: 'desc' },
        limit: { type: 'string', pattern: '^\\d+$' },
        expand: { const: 'true' },
      }),
      answer: may('ticket.agent', ({ query }) => {
        const login = query['condition[customer.login][value]']
        const found = state.tickets.filter((one) => userOf(state, one.customer_id).login === login)
        return {
          json: found
            .toReversed()
            .slice(0, Number(query['limit']))
            .map((one) => shown(one)),
        }
      }),
    },
    {
      method: 'GET',
      path: '/api/v1/tickets/:ticket',
      query: expand,
      answer: inOne((one) => ({ json: shown(one) })),
    },
    {
      method: 'PUT',
      path: '/api/v1/tickets/:ticket',
      body: object({ state: text }),
      answer: inOne((one, { json }) => {
        if (!state.states.some(({ name }) => name === json.state))
          return refused(`No lookup value found for 'state': "${json.state}"`)
        setState(state, one, json.state)
        return { json: shown(one) }
      }),
    },
    {
      method: 'GET',
      path: '/api/v1/ticket_articles/by_ticket/:ticket',
      answer: inOne(({ articles }) => ({ json: articles })),
    },
    {
      method: 'POST',
      path: '/api/v1/ticket_articles',
      body: object(
        { ...article, ticket_id: number, origin_by_id: number, attachments: { type: 'array', items: file } },
        ['ticket_id', ...Object.keys(article)],
      ),
      answer: may('ticket.agent', ({ json }) => {
        const one = find(json.ticket_id)
        if (!one) return gone
        const { attachments = [] } = json
        if (attachments.some(({ filename }: Json) => filename.includes('refused')))
          return refused('Attachment is not allowed')
        return { status: 201, json: addArticle(state, one, json, bridgeUser) }
      }),
    },
    {
      method: 'POST',
      path: '/api/v1/tags/add',
      body: object({ object: { const: 'Ticket' }, o_id: number, item: text }),
      answer: may('ticket.agent', ({ json }) => {
        const one = find(json.o_id)
        if (one && !one.tags.includes(json.item)) one.tags.push(json.item)
        return one ? { status: 201, json: true } : gone
      }),
    },
    {
      method: 'GET',
      path: '/api/v1/ticket_attachment/:ticket/:article/:file',
      answer: inOne(({ articles }, { params }) => {
        const files = articles.find(({ id }) => String(id) === params['article'])?.attachments ?? []
        const found = files.find(({ id }) => String(id) === params['file'])
        if (!found)
          return { status: 403, json: { error: 'The file does not belong to the specified article.' } }
        const type = found.preferences['Mime-Type']
        return { bytes: Buffer.from(`bytes of ${found.filename}`), headers: { 'content-type': type } }
      }),
    },
    {
      method: 'GET',
      path: '/api/v1/groups/:group',
      answer: may('ticket.agent', ({ params }) => {
        const group = state.groups.find(({ id }) => String(id) === params['group'])
        return state.showsGroups ? { json: group } : { status: 403, json: { error: 'Not authorized' } }
      }),
    },
  ]
}

function shown(one: ZammadTicket): Json {
  const { articles, links: _links, tags: _tags, attributes, ...plain } = one
  return { ...plain, ...attributes, article_ids: articles.map(({ id }) => id) }
}

/** A customer is looked for by login, and made when there is none; a link must lead somewhere. */
function createTicket(state: ZammadState, json: Json): VendorAnswer {
  const group = state.groups.find(({ name }) => name === json.group)
  if (!group) return refused(`No lookup value found for 'group': "${json.group}"`)
  const { title, customer, tags, article: told, links, group: _group, ...attributes } = json
  const normal: number[] = links?.Ticket.normal ?? []
  const isLost = normal.some((id) => !state.tickets.some((one) => one.id === id))
  if (isLost && !state.linksLate) return refused('Invalid link')
  if (Object.values<string>(attributes).some((words) => words.length > 120))
    return refused('value too long for type character varying(120)')
  const login = customer.login.toLowerCase()
  let user = state.users.find((one) => one.login === login)
  if (!user) state.users.push((user = { id: ++state.counter, ...customer, login }))
  const known = state.attributes.map(({ name }) => name)
  const ticket: ZammadTicket = {
    id: ++state.counter,
    title,
    group_id: group.id,
    customer_id: user.id,
    state: 'new',
    close_at: null,
    tags: tags.split(','),
    links: normal,
    // What is no attribute is dropped without a word.
    attributes: Object.fromEntries(
      Object.entries<string>(attributes).filter(([name]) => known.includes(name)),
    ),
    articles: [],
    updated_at: new Date().toISOString(),
  }
  state.tickets.push(ticket)
  addArticle(state, ticket, told, bridgeUser)
  return isLost ? refused('Invalid link') : { status: 201, json: shown(ticket) }
}
