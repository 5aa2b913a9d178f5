import { createHmac } from 'node:crypto'
import type { Json, JsonSchema, VendorAnswer, VendorRequest, VendorRoute } from '../vendor-server.ts'
import { addMessage, attachmentOf, conversationNow } from './chatwoot-state.ts'
import type { ChatwootConversation, ChatwootState } from './chatwoot-state.ts'

const text = { type: 'string', minLength: 1 }
const number = { type: 'string', pattern: '^\\d+$' }
const attributes = { type: 'object', additionalProperties: { type: 'string' } }

function object(properties: JsonSchema, required: string[] = Object.keys(properties)): JsonSchema {
  return { type: 'object', properties, required, additionalProperties: false }
}

const messageBody = object(
  {
    content: { type: 'string', maxLength: 150_000 },
    message_type: { enum: ['incoming', 'outgoing'] },
    private: { enum: [true, false, 'true', 'false'] },
    source_id: text,
  },
  ['content', 'message_type', 'private', 'source_id'],
)

const refused: VendorAnswer = { status: 401, json: { error: 'Invalid Access Token' } }
const gone: VendorAnswer = { status: 404, json: { error: 'Resource could not be found' } }

/** Chatwoot 4.16 as far as an API channel goes: its client API, and what an administrator may do. */
export function chatwootRoutes(state: ChatwootState): VendorRoute[] {
  const contacts = '/public/api/v1/inboxes/:inbox/contacts'
  const account = '/api/v1/accounts/:account'
  const conversation = `${account}/conversations/:conversation`

  const asClient = (answer: (request: VendorRequest) => VendorAnswer) => (request: VendorRequest) =>
    request.params['inbox'] === state.inbox.inbox_identifier ? answer(request) : gone
  const asUser = (answer: (request: VendorRequest) => VendorAnswer) => (request: VendorRequest) => {
    if (request.headers['api_access_token'] !== state.token) return refused
    return request.params['account'] === '1' ? answer(request) : gone
  }
  const inOne = (answer: (one: ChatwootConversation, request: VendorRequest) => VendorAnswer) =>
    asUser((request) => {
      const one = state.conversations.find(({ id }) => String(id) === request.params['conversation'])
      return one ? answer(one, request) : gone
    })

  return [
    {
      method: 'POST',
      path: contacts,
      body: object({ identifier: text, identifier_hash: text, name: text, source_id: text }, [
        'identifier',
        'name',
        'source_id',
      ]),
      beyond: ['source_id'],
      answer: asClient(({ json }) => createContact(state, json)),
    },
    {
      method: 'POST',
      path: `${contacts}/:source/conversations`,
      body: object({ custom_attributes: attributes }),
      answer: asClient(({ params, json }) => openConversation(state, params['source']!, json)),
    },
    {
      method: 'GET',
      path: `${account}/contacts/:contact/conversations`,
      answer: asUser(({ params }) => ({
        json: {
          payload: state.conversations
            .filter(({ contact }) => String(contact.id) === params['contact'])
            .slice(-20)
            .map((one) => ({ id: one.id, status: one.status, custom_attributes: one.custom_attributes })),
        },
      })),
    },
    {
      method: 'PUT',
      path: `${account}/contacts/:contact`,
      body: object({ name: text, avatar_url: text }, []),
      answer: asUser(({ params, json }) => {
        const contact = state.contacts.find(({ id }) => String(id) === params['contact'])
        if (!contact) return gone
        Object.assign(contact, json)
        return { json: { payload: contact } }
      }),
    },
    {
      method: 'GET',
      path: `${conversation}/messages`,
      query: {
        oneOf: [object({ before: number }, []), object({ after: number })],
      },
      answer: inOne(({ messages }, { query }) => {
        if (query['after'] !== undefined) {
          const newer = messages.filter(({ id }) => id > Number(query['after']))
          return { json: { meta: {}, payload: newer.slice(0, 100) } }
        }
        const before = Number(query['before'] ?? Infinity)
        const older = messages.filter(({ id }) => id < before)
        return { json: { meta: {}, payload: older.slice(-20) } }
      }),
    },
    {
      method: 'POST',
      path: `${conversation}/messages`,
      body: messageBody,
      beyond: ['source_id'],
      answer: inOne((one, { json, files }) => {
        if (json.content === '' && files.length === 0)
          return { status: 422, json: { error: "content can't be blank" } }
        if (files.length > 15) return { status: 422, json: { error: 'attachments exceeded maximum allowed' } }
        if (files.some(({ field }) => field !== 'attachments[]')) return { status: 422, json: {} }
        if (files.some(({ name }) => name.includes('refused')))
          return { status: 422, json: { error: 'size' } }
        const message = addMessage(state, one, {
          content: json.content,
          message_type: json.message_type,
          private: String(json.private) === 'true',
          source_id: json.source_id,
          sender: json.message_type === 'incoming' ? null : state.user,
          attachments: files.map((file) => attachmentOf(state, file.name, file.type)),
        })
        return { json: message }
      }),
    },
    {
      method: 'DELETE',
      path: `${conversation}/messages/:message`,
      answer: inOne((one, { params }) => {
        const message = one.messages.find(({ id }) => String(id) === params['message'])
        if (!message) return gone
        // It stays as a line that says so.
        Object.assign(message, { content: 'This message was deleted', content_attributes: { deleted: true } })
        message.attachments = []
        const { id, content, content_attributes, message_type: type, private: isPrivate, source_id } = message
        state.posted.push({
          event: 'message_updated',
          id,
          content,
          content_attributes,
          message_type: type === 0 ? 'incoming' : 'outgoing',
          private: isPrivate,
          source_id,
          conversation: conversationNow(one),
        })
        return { json: {} }
      }),
    },
    {
      method: 'PATCH',
      path: `${conversation}/messages/:message`,
      undescribed: 'it is in the code of 4.16, for API channels only, and not in its description',
      body: object({ status: { enum: ['sent', 'delivered', 'read', 'failed'] }, external_error: text }, [
        'status',
      ]),
      answer: inOne((one, { params, json }) => {
        const message = one.messages.find(({ id }) => String(id) === params['message'])
        if (!message) return gone
        if (message.status === 'read' && json.status === 'delivered') return { json: message }
        message.status = json.status
        message.external_error = json.status === 'failed' ? (json.external_error ?? null) : null
        return { json: message }
      }),
    },
    {
      method: 'POST',
      path: `${conversation}/toggle_status`,
      body: object({ status: { enum: ['open', 'resolved', 'pending', 'snoozed'] } }),
      answer: inOne((one, { json }) => {
        one.status = json.status
        state.posted.push({ event: 'conversation_status_changed', ...conversationNow(one) })
        return {
          json: { meta: {}, payload: { success: true, current_status: one.status, conversation_id: one.id } },
        }
      }),
    },
    {
      method: 'GET',
      path: `${conversation}/labels`,
      answer: inOne((one) => ({ json: { payload: one.labels } })),
    },
    {
      method: 'POST',
      path: `${conversation}/labels`,
      body: object({ labels: { type: 'array', items: { type: 'string', pattern: '^[\\p{L}\\p{N}_-]+$' } } }),
      answer: inOne((one, { json }) => {
        one.labels = json.labels
        return { json: { payload: one.labels } }
      }),
    },
    {
      method: 'GET',
      path: `${account}/inboxes`,
      answer: asUser(() => ({ json: { payload: [state.inbox] } })),
    },
    {
      method: 'PATCH',
      path: `${account}/inboxes/:id`,
      body: object({ channel: object({ webhook_url: text }) }),
      answer: asUser(({ params, json }) => {
        if (params['id'] !== String(state.inbox.id)) return gone
        state.inbox.webhook_url = json.channel.webhook_url
        return { json: state.inbox }
      }),
    },
    {
      method: 'GET',
      path: '/rails/active_storage/blobs/redirect/:signed/:name',
      undescribed: 'where its files lie is told in callbacks, and is no part of its API',
      answer: ({ params }) => ({
        status: 302,
        headers: { location: `/rails/active_storage/disk/${params['signed']}/${params['name']}` },
      }),
    },
    {
      method: 'GET',
      path: '/rails/active_storage/disk/:signed/:name',
      undescribed: 'where its files lie is told in callbacks, and is no part of its API',
      answer: ({ params }) => ({
        bytes: Buffer.from(`bytes of ${params['name']}`),
        headers: { 'content-type': 'image/png' },
      }),
    },
  ]
}

function createContact(state: ChatwootState, json: Json): VendorAnswer {
  const proof = state.hmacToken && createHmac('sha256', state.hmacToken).update(json.identifier).digest('hex')
  if (state.inbox.hmac_mandatory && json.identifier_hash !== proof)
    return { status: 500, json: { error: 'HMAC failed' } }
  const known =
    state.contacts.find(({ source_id: id }) => id === json.source_id) ??
    state.contacts.find(({ identifier }) => identifier === json.identifier)
  const contact = known ?? { id: ++state.counter, ...json }
  if (!known) state.contacts.push(contact)
  return { json: { id: contact.id, source_id: contact.source_id, name: contact.name, email: null } }
}

function openConversation(state: ChatwootState, source: string, json: Json): VendorAnswer {
  const contact = state.contacts.find(({ source_id: id }) => id === source)
  if (!contact) return gone
  const id = ++state.counter
  const one = {
    id,
    contact,
    status: 'open',
    labels: [],
    messages: [],
    custom_attributes: json.custom_attributes,
  }
  state.conversations.push(one)
  return { json: { id, uuid: `uuid-${id}`, inbox_id: state.inbox.id, status: 'open', messages: [] } }
}
