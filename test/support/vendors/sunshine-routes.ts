import type { JsonSchema, VendorAnswer, VendorRequest, VendorRoute } from '../vendor-server.ts'
import type { FakeConversation, FakeSunshine } from './sunshine-app.ts'

export interface SunshineDeps {
  app: FakeSunshine
  isOurs: (authorization: string | undefined) => boolean
  url: () => string
}

const text = { type: 'string', minLength: 1 }

export function object(
  properties: Record<string, JsonSchema>,
  required: string[] = Object.keys(properties),
): JsonSchema {
  return { type: 'object', additionalProperties: false, required, properties }
}

const name = { type: 'string', minLength: 1, maxLength: 128 }
const profile = object(
  { givenName: name, surname: name, locale: { type: 'string', pattern: '^[A-Za-z-]+$' } },
  [],
)
const flat = { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean'] } }
const user = object({ type: { const: 'user' }, userExternalId: text })
const business = object({ type: { const: 'business' }, displayName: text })
const file = (type: string) => object({ type: { const: type }, mediaUrl: text, altText: name })
const message = object({
  author: { oneOf: [user, business] },
  content: {
    oneOf: [
      object({ type: { const: 'text' }, text: { type: 'string', minLength: 1, maxLength: 4096 } }),
      file('image'),
      file('file'),
    ],
  },
  metadata: flat,
})

function failed(status: number, code: string): VendorAnswer {
  return { status, json: { errors: [{ code, title: code }] } }
}

/** Users, conversations, messages, control and files, as Sunshine Conversations takes them. */
export function sunshineRoutes({ app, isOurs, url }: SunshineDeps): VendorRoute[] {
  const base = `/sc/v2/apps/${app.id}`

  const route = (wanted: VendorRoute): VendorRoute => ({
    ...wanted,
    path: `${base}${wanted.path}`,
    answer: (request) =>
      isOurs(request.headers['authorization']) ? wanted.answer(request) : failed(401, 'unauthorized'),
  })

  const within = (act: (conversation: FakeConversation, request: VendorRequest) => VendorAnswer) => {
    return (request: VendorRequest): VendorAnswer => {
      const conversation = app.live(request.params['id']!)
      return conversation ? act(conversation, request) : failed(404, 'conversation_not_found')
    }
  }

  return [
    route({
      method: 'POST',
      path: '/users',
      body: object({ externalId: text, profile }),
      answer: ({ json }) => {
        if (app.people.some(({ externalId }) => externalId === json.externalId))
          return failed(409, 'conflict')
        const person = { id: app.next('usr'), externalId: json.externalId, profile: json.profile }
        app.people.push(person)
        return { status: 201, json: { user: person } }
      },
    }),
    route({
      method: 'PATCH',
      path: '/users/:id',
      body: object({ profile }),
      answer: ({ params, json }) => {
        const person = app.people.find(({ externalId }) => externalId === params['id'])
        if (!person) return failed(404, 'user_not_found')
        Object.assign(person.profile, json.profile)
        return { json: { user: person } }
      },
    }),
    route({
      method: 'POST',
      path: '/conversations',
      body: object({
        type: { const: 'personal' },
        participants: { type: 'array', minItems: 1, maxItems: 1, items: object({ userExternalId: text }) },
        displayName: { type: 'string', minLength: 1, maxLength: 100 },
        metadata: flat,
      }),
      answer: ({ json }) => {
        const { userExternalId } = json.participants[0]
        if (!app.people.some(({ externalId }) => externalId === userExternalId))
          return failed(404, 'user_not_found')
        const conversation: FakeConversation = {
          id: app.next('cnv'),
          user: userExternalId,
          displayName: json.displayName,
          metadata: json.metadata,
          control: null,
          messages: [],
          full: false,
          deleted: false,
          reads: 0,
        }
        app.conversations.push(conversation)
        return { status: 201, json: { conversation: app.reference(conversation) } }
      },
    }),
    route({
      method: 'GET',
      path: '/conversations',
      query: object({ 'filter[userExternalId]': text, 'page[size]': text }),
      answer: ({ query }) => {
        const externalId = query['filter[userExternalId]']
        if (!app.people.some((person) => person.externalId === externalId))
          return failed(404, 'user_not_found')
        const found = app.conversations.filter((each) => each.user === externalId && !each.deleted)
        return { json: { conversations: found.map(app.reference), meta: { hasMore: false } } }
      },
    }),
    route({
      method: 'POST',
      path: '/conversations/:id/passControl',
      body: object({ switchboardIntegration: text, metadata: flat }),
      answer: within((conversation, { json }) => {
        if (!app.integrations.has(json.switchboardIntegration)) return failed(404, 'integration_not_found')
        conversation.control = { name: json.switchboardIntegration, metadata: json.metadata }
        return { json: {} }
      }),
    }),
    route({
      method: 'POST',
      path: '/conversations/:id/messages',
      body: message,
      answer: within((conversation, { json }) => {
        if (conversation.full) return failed(423, 'locked')
        const { byUs: _byUs, ...made } = app.post(conversation, json, true)
        return { status: 201, json: { messages: [made] } }
      }),
    }),
    route({
      method: 'GET',
      path: '/conversations/:id/messages',
      query: { oneOf: [object({ 'page[before]': text }, []), object({ 'page[after]': text })] },
      answer: within(({ messages }, { query }) => {
        if (query['page[after]'] !== undefined) {
          const from = messages.findIndex(({ id }) => id === query['page[after]'])
          if (from === -1) return failed(400, 'bad_request')
          const later = messages.slice(from + 1, from + 101)
          return {
            json: { messages: later.map(({ byUs: _byUs, ...rest }) => rest), meta: { hasMore: false } },
          }
        }
        const before = messages.findIndex(({ id }) => id === query['page[before]'])
        const end = before === -1 ? messages.length : before
        const start = Math.max(0, end - 100)
        const shown = messages.slice(start, end)
        const meta = { hasMore: start > 0, ...(start > 0 ? { beforeCursor: shown[0]?.id } : {}) }
        return { json: { messages: shown.map(({ byUs: _byUs, ...rest }) => rest), meta } }
      }),
    }),
    route({
      method: 'DELETE',
      path: '/conversations/:id/messages/:message',
      answer: within((conversation, { params }) => {
        const there = conversation.messages.some(({ id }) => id === params['message'])
        if (!there) return failed(404, 'message_not_found')
        conversation.messages = conversation.messages.filter(({ id }) => id !== params['message'])
        return { json: {} }
      }),
    }),
    route({
      method: 'POST',
      path: '/conversations/:id/activity',
      body: object({ author: user, type: { const: 'conversation:read' } }),
      answer: within((conversation) => {
        conversation.reads++
        return { json: {} }
      }),
    }),
    route({
      method: 'POST',
      path: '/attachments',
      query: object({ access: { const: 'public' }, for: { const: 'message' }, conversationId: text }),
      answer: ({ files }) => {
        const [source, ...others] = files
        if (source?.field !== 'source' || others.length > 0) return failed(400, 'bad_request')
        const mediaUrl = `https://media.example/${app.next('att')}/${source.name}`
        return { status: 201, json: { attachment: { mediaUrl, mediaType: source.type } } }
      },
    }),
    {
      method: 'GET',
      path: '/sc/attachments/:name',
      undescribed: 'the link of a private attachment, not of the API',
      answer: ({ headers, params }) =>
        isOurs(headers['authorization'])
          ? { status: 302, headers: { location: `${url()}/store/${params['name']}` } }
          : failed(401, 'unauthorized'),
    },
    {
      method: 'GET',
      path: '/store/:name',
      undescribed: 'where Zendesk keeps files',
      // Credentials of another host would be stolen there.
      answer: ({ headers, params }) =>
        headers['authorization'] === undefined
          ? { bytes: Buffer.from(`bytes of ${params['name']}`), headers: { 'content-type': 'image/png' } }
          : { status: 400, text: 'two ways to prove oneself' },
    },
  ]
}
