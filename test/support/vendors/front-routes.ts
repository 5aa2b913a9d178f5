import { hmac } from '../callback-proofs.ts'
import type { JsonSchema, VendorAnswer, VendorRequest, VendorRoute } from '../vendor-server.ts'
import { frontSecrets } from './front-state.ts'
import type { FrontConversation, FrontState } from './front-state.ts'

const text = { type: 'string', minLength: 1 }
const shortId = { type: 'string', minLength: 1, maxLength: 200, pattern: '^\\S+$' }
const time = { type: 'integer', minimum: 1_600_000_000, maximum: 2_000_000_000 }

function object(properties: JsonSchema, required: string[] = Object.keys(properties)): JsonSchema {
  return { type: 'object', properties, required, additionalProperties: false }
}

const metadata = object({ external_id: shortId, external_conversation_id: shortId })
const person = object({ handle: text, name: text }, ['handle'])
const inbound = object({ sender: person, body: text, delivered_at: time, metadata })
const outbound = object(
  {
    sender_name: text,
    to: { type: 'array', items: person, minItems: 1, maxItems: 1 },
    body: text,
    delivered_at: time,
    metadata,
  },
  ['to', 'body', 'metadata'],
)
/** The same as fields of a form. */
const inboundForm = object(
  {
    'sender[handle]': text,
    'sender[name]': text,
    body: text,
    delivered_at: { type: 'string', pattern: '^\\d{10}$' },
    'metadata[external_id]': shortId,
    'metadata[external_conversation_id]': shortId,
  },
  ['sender[handle]', 'body', 'metadata[external_id]', 'metadata[external_conversation_id]'],
)

/** Who asks: the channel by a right that its app signed, or the holder of the API token. */
function asked({ headers }: VendorRequest): 'channel' | 'token' | undefined {
  const right = (headers['authorization'] ?? '').replace('Bearer ', '')
  if (right === frontSecrets.token) return 'token'
  const [head = '', claims = '', signature] = right.split('.')
  const made = hmac('sha256', 'base64', [`${head}.${claims}`], frontSecrets.app)
  if (Buffer.from(made, 'base64').toString('base64url') !== signature) return undefined
  const { iss, sub, exp, jti } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<
    string,
    unknown
  >
  const isOurs = iss === 'app_11' && sub === 'cha_77' && typeof jti === 'string'
  return isOurs && Number(exp) * 1000 > Date.now() ? 'channel' : undefined
}

const refused: VendorAnswer = {
  status: 401,
  json: { _error: { status: 401, title: 'Unauthenticated', message: 'no' } },
}
const missing: VendorAnswer = {
  status: 404,
  json: { _error: { status: 404, title: 'Not found', message: 'Unknown' } },
}
const noContent: VendorAnswer = { status: 204 }

function allowed(who: ('channel' | 'token')[], answer: VendorRoute['answer']): VendorRoute['answer'] {
  return (request) => {
    const by = asked(request)
    return by !== undefined && who.includes(by) ? answer(request) : refused
  }
}

export function frontRoutes(state: FrontState): VendorRoute[] {
  const base = 'https://acme.api.frontapp.com'
  const find = (id: string | undefined) => state.conversations.find((one) => one.id === id)

  function take(isInbound: boolean): VendorRoute['answer'] {
    return ({ json, files }) => {
      const field = (name: string): string | undefined => {
        const [outer = '', inner] = name.replace(']', '').split('[')
        return json[name] ?? (inner === undefined ? json[outer] : json[outer]?.[inner])
      }
      const handle = isInbound ? field('sender[handle]')! : (json.to[0].handle as string)
      const name = isInbound ? field('sender[name]') : (json.to[0].name as string | undefined)
      const externalId = field('metadata[external_conversation_id]')!
      const conversation =
        state.conversations.find((one) => one.externalId === externalId) ?? begin(externalId, handle)
      // A contact that is there keeps its name.
      if (!state.contacts.has(handle)) state.contacts.set(handle, { id: state.next('crd'), name })
      const id = state.next('msg')
      conversation.order.push(id)
      if (isInbound) conversation.status = 'unassigned'
      const message = {
        id,
        uid: `uid${id.slice(4)}`,
        externalId: field('metadata[external_id]')!,
        isInbound,
        sender: isInbound ? field('sender[name]') : (json.sender_name as string | undefined),
        body: field('body')!,
        at: Number(field('delivered_at') ?? 0),
        files: files.map((file) => ({ name: file.name, type: file.type, bytes: file.bytes.toString() })),
      }
      conversation.messages.push(message)
      state.told.push({
        type: 'message_imported',
        payload: { id, is_inbound: isInbound, body: message.body, created_at: message.at, attachments: [] },
        metadata: { external_conversation_ids: [externalId] },
      })
      return { status: 202, json: { status: 'accepted', message_uid: message.uid } }
    }
  }

  function begin(externalId: string, handle: string): FrontConversation {
    const made: FrontConversation = {
      id: state.next('cnv'),
      externalId,
      handle,
      status: 'unassigned',
      tags: [],
      messages: [],
      comments: [],
      order: [],
    }
    state.conversations.push(made)
    return made
  }

  /** What the Core API asks of a conversation: moved for one that was merged. */
  function at(answer: (conversation: FrontConversation, request: VendorRequest) => VendorAnswer) {
    return allowed(['channel', 'token'], (request) => {
      const id = request.params['id']!
      const into = state.merged.get(id)
      if (into !== undefined) return { status: 301, headers: { location: `${base}/conversations/${into}` } }
      const conversation = find(id)
      return conversation ? answer(conversation, request) : missing
    })
  }

  return [
    {
      method: 'POST',
      path: '/channels/cha_77/inbound_messages',
      body: { anyOf: [inbound, inboundForm] },
      answer: allowed(['channel'], take(true)),
    },
    {
      method: 'POST',
      path: '/channels/cha_77/outbound_messages',
      body: outbound,
      answer: allowed(['channel'], take(false)),
    },
    {
      method: 'PUT',
      path: '/channels/cha_77/conversations/:conversation/messages/:message/status',
      body: object({ status: { const: 'failed' }, reason: text }, ['status']),
      answer: allowed(['channel'], ({ params, json }) => {
        const conversation = state.conversations.find((one) => one.externalId === params['conversation'])
        const message = conversation?.messages.find((one) => one.externalId === params['message'])
        if (!message || message.isInbound) return missing
        message.failed = json.reason
        return noContent
      }),
    },
    {
      method: 'GET',
      path: '/messages/:id',
      answer: allowed(['channel', 'token'], ({ params }) => {
        const uid = params['id']!.replace('alt:uid:', '')
        const conversation = state.conversations.find((one) => one.messages.some((m) => m.uid === uid))
        if (!conversation || state.late-- > 0) return missing
        state.late = 0
        return {
          json: {
            id: 'msg_x',
            _links: { related: { conversation: `${base}/conversations/${conversation.id}` } },
          },
        }
      }),
    },
    {
      method: 'GET',
      path: '/messages/:message/download/:file',
      answer: allowed(['channel'], ({ params }) => ({
        bytes: Buffer.from(`bytes of ${params['file']}`),
        headers: {
          'content-type': 'image/png',
          'content-length': String(`bytes of ${params['file']}`.length),
        },
      })),
    },
    {
      method: 'GET',
      path: '/conversations/:id',
      answer: at(({ id, handle }) => {
        const contact = state.contacts.get(handle)
        const link = contact ? `${base}/contacts/${contact.id}` : null
        return { json: { id, recipient: { handle, _links: { related: { contact: link } } } } }
      }),
    },
    {
      method: 'PATCH',
      path: '/conversations/:id',
      body: object({ status: { enum: ['open', 'archived'] } }),
      answer: at((conversation, { json }) => {
        conversation.status = json.status === 'open' ? 'unassigned' : 'archived'
        return noContent
      }),
    },
    {
      method: 'GET',
      path: '/conversations/:id/messages',
      query: object({ limit: { const: '100' } }),
      answer: at(({ messages }) => ({
        json: {
          _results: messages
            .map(({ uid, id, externalId }) => ({
              id,
              message_uid: uid,
              metadata: { external_id: externalId },
            }))
            .toReversed(),
        },
      })),
    },
    {
      method: 'GET',
      path: '/conversations/:id/comments',
      answer: at(({ comments }) => ({ json: { _results: comments.toReversed() } })),
    },
    {
      method: 'POST',
      path: '/conversations/:id/comments',
      body: object({ body: text }),
      answer: at((conversation, { json }) => {
        const comment = { id: state.next('com'), body: json.body as string }
        conversation.comments.push(comment)
        conversation.order.push(comment.id)
        return { status: 201, json: comment }
      }),
    },
    {
      method: 'POST',
      path: '/conversations/:id/tags',
      body: object({ tag_ids: { type: 'array', items: { type: 'string', pattern: '^tag_' }, minItems: 1 } }),
      answer: at((conversation, { json }) => {
        const ids = json.tag_ids as string[]
        if (!ids.every((id) => state.tags.some((tag) => tag.id === id))) return missing
        conversation.tags = [...new Set([...conversation.tags, ...ids])]
        return noContent
      }),
    },
    {
      method: 'GET',
      path: '/company/tags',
      query: object({ limit: text, page_token: text }, ['limit']),
      answer: allowed(['token'], ({ query }) => {
        const from = Number(query['page_token'] ?? 0)
        const next = from + 1 < state.tags.length ? `${base}/company/tags?page_token=${from + 1}` : null
        return { json: { _results: state.tags.slice(from, from + 1), _pagination: { next } } }
      }),
    },
    {
      method: 'POST',
      path: '/company/tags',
      body: object({ name: { type: 'string', minLength: 1, maxLength: 64 } }),
      answer: allowed(['token'], ({ json }) => {
        const tag = { id: state.next('tag'), name: json.name as string }
        state.tags.push(tag)
        return { status: 201, json: tag }
      }),
    },
    {
      method: 'PATCH',
      path: '/contacts/:id',
      body: object({ name: text }),
      answer: allowed(['token'], ({ params, json }) => {
        const contact = [...state.contacts.values()].find(({ id }) => id === params['id'])
        if (!contact) return missing
        contact.name = json.name
        return noContent
      }),
    },
    {
      method: 'GET',
      path: '/me',
      answer: allowed(['token'], () => ({ json: { id: 'cmp_1', name: 'Acme' } })),
    },
    {
      method: 'GET',
      path: '/channels/cha_77',
      answer: allowed(['token'], () => ({ json: { id: 'cha_77', type: 'custom' } })),
    },
  ]
}
