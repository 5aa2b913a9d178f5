import type { JsonSchema, VendorAnswer, VendorRequest, VendorRoute } from '../vendor-server.ts'
import { addMessage, bridgeUser, newId } from './rocketchat-state.ts'
import type { RocketchatRoom, RocketchatState } from './rocketchat-state.ts'

const text = { type: 'string', minLength: 1 }
const texts = { type: 'array', items: text }
const elsewhere = (which: string) => `described among the calls of ${which}, which is another file`

function object(properties: JsonSchema, required: string[] = Object.keys(properties)): JsonSchema {
  return { type: 'object', properties, required, additionalProperties: false }
}

const failed = (error: string): VendorAnswer => ({ status: 400, json: { success: false, error } })
const refused: VendorAnswer = {
  status: 401,
  json: { status: 'error', message: 'You must be logged in to do this.' },
}
const done = (more: object = {}): VendorAnswer => ({ json: { ...more, success: true } })

/** Rocket.Chat 7 as far as Omnichannel goes. What it refuses it refuses with 400 and words. */
export function rocketchatRoutes(state: RocketchatState): VendorRoute[] {
  const asUser = (answer: (request: VendorRequest) => VendorAnswer) => (request: VendorRequest) =>
    request.headers['x-auth-token'] === state.authToken && request.headers['x-user-id'] === state.userId
      ? answer(request)
      : refused
  /** What a visitor asks about a room of theirs. */
  const inRoom =
    (answer: (room: RocketchatRoom, request: VendorRequest) => VendorAnswer) => (request: VendorRequest) => {
      const token = request.query['token'] ?? request.json?.token
      const rid = request.params['rid'] ?? request.query['rid'] ?? request.json?.rid
      if (!state.visitors.some((visitor) => visitor.token === token)) return failed('invalid-token')
      const room = state.rooms.find((one) => one._id === rid && one.token === token)
      return room ? answer(room, request) : failed('invalid-room')
    }

  return [
    {
      method: 'POST',
      path: '/api/v1/livechat/visitor',
      body: object({ visitor: object({ token: text, name: text, department: text }, ['token']) }),
      answer: ({ json: { visitor } }) => {
        let known = state.visitors.find(({ token }) => token === visitor.token)
        if (known) Object.assign(known, visitor)
        else {
          const _id = newId(state)
          known = { _id, username: `guest-${state.counter}`, name: 'guest', ...visitor }
          state.visitors.push(known!)
        }
        return done({ visitor: known })
      },
    },
    {
      method: 'GET',
      path: '/api/v1/livechat/room',
      query: object({ token: text }),
      answer: ({ query }) => {
        const { token = '' } = query
        if (!state.visitors.some((visitor) => visitor.token === token)) return failed('invalid-token')
        const known = state.rooms.find((room) => room.token === token && room.open)
        if (known) return done({ room: known, newRoom: false })
        if (!state.online) return failed('Sorry, no online agents [no-agent-online]')
        const room = { _id: newId(state), token, open: true, tags: [], livechatData: {} }
        state.rooms.push(room)
        return done({ room, newRoom: true })
      },
    },
    {
      method: 'POST',
      path: '/api/v1/livechat/message',
      body: object({ token: text, rid: text, msg: { ...text, maxLength: 5000 }, _id: text }),
      answer: inRoom((room, { json }) => {
        if (!room.open) return failed('room-closed')
        const there = state.messages.some(({ _id }) => _id === json._id)
        if (there) return failed('Cannot convert undefined or null to object')
        const { _id, username, name } = state.visitors.find(({ token }) => token === room.token)!
        const u = { _id, username, name }
        return done({
          message: addMessage(state, { _id: json._id, rid: room._id, msg: json.msg, token: room.token, u }),
        })
      }),
    },
    {
      method: 'GET',
      path: '/api/v1/livechat/message/:message',
      query: object({ token: text, rid: text }),
      answer: inRoom((room, { params }) => {
        const message = state.messages.find(({ _id, rid }) => _id === params['message'] && rid === room._id)
        return message ? done({ message }) : failed('invalid-message')
      }),
    },
    {
      method: 'GET',
      path: '/api/v1/livechat/messages.history/:rid',
      query: object({ token: text, limit: { type: 'string', pattern: '^\\d+$' } }),
      answer: inRoom((room, { query }) => {
        const messages = state.messages.filter(({ rid }) => rid === room._id).toReversed()
        return done({ messages: messages.slice(0, Number(query['limit'])) })
      }),
    },
    {
      method: 'POST',
      path: '/api/v1/livechat/upload/:rid',
      answer: ({ params, headers, files }) => {
        const token = headers['x-visitor-token']
        const visitor = state.visitors.find((one) => one.token === token)
        const room = state.rooms.find((one) => one._id === params['rid'] && one.token === token)
        if (!visitor || !room?.open)
          return { status: 401, json: { status: 'error', message: 'unauthorized' } }
        const [file, ...others] = files
        if (file?.field !== 'file' || others.length > 0) return failed('Invalid file')
        if (file.name.includes('refused'))
          return { status: 400, json: { success: false, reason: 'error-type-not-allowed' } }
        const { _id, username, name } = visitor
        const message = addMessage(state, {
          _id: newId(state),
          rid: room._id,
          msg: '',
          token: room.token,
          u: { _id, username, name },
          file: { _id: newId(state), name: file.name, type: file.type },
          attachments: [{ title: file.name, type: 'file', description: '' }],
        })
        return done(message)
      },
    },
    {
      method: 'POST',
      path: '/api/v1/livechat/room.saveInfo',
      body: object({
        guestData: object({ _id: text }),
        roomData: object(
          { _id: text, tags: texts, livechatData: { type: 'object', additionalProperties: text } },
          ['_id'],
        ),
      }),
      answer: asUser(({ json: { guestData, roomData } }) => {
        const room = state.rooms.find(({ _id }) => _id === roomData._id)
        const visitor = state.visitors.find(({ _id }) => _id === guestData._id)
        if (!room || !visitor) return failed('error-invalid-room')
        room.tags = roomData.tags ?? []
        for (const [name, words] of Object.entries(roomData.livechatData ?? {}))
          if (state.customFields.includes(name)) room.livechatData[name] = words as string
        return done()
      }),
    },
    {
      method: 'GET',
      path: '/api/v1/rooms.info',
      query: object({ roomId: text }),
      undescribed: elsewhere('rooms'),
      answer: asUser(({ query }) => {
        const room = state.rooms.find(({ _id }) => _id === query['roomId'])
        if (!room) return failed('The required "roomId" param does not match any room [error-invalid-room]')
        const { _id, open, tags } = room
        return done({ room: { _id, t: 'l', open, ...(tags.length > 0 ? { tags } : {}) } })
      }),
    },
    {
      method: 'POST',
      path: '/api/v1/chat.sendMessage',
      body: object({ message: object({ _id: text, rid: text, msg: { ...text, maxLength: 5000 } }) }),
      undescribed: elsewhere('chat'),
      answer: asUser(({ json: { message } }) => {
        if (!state.rooms.some(({ _id }) => _id === message.rid)) return failed('error-invalid-room')
        if (state.messages.some(({ _id }) => _id === message._id)) return failed('Cannot read properties')
        return done({ message: addMessage(state, { ...message, u: bridgeUser }) })
      }),
    },
    {
      method: 'GET',
      path: '/file-upload/:file/:name',
      undescribed: 'no call of the API: where files are',
      answer: asUser(({ params }) => ({
        bytes: Buffer.from(`bytes of ${params['name']}`),
        headers: { 'content-type': 'application/octet-stream' },
      })),
    },
    {
      method: 'GET',
      path: '/api/v1/livechat/integrations.settings',
      answer: asUser(() =>
        done({ settings: Object.entries(state.settings).map(([_id, value]) => ({ _id, value })) }),
      ),
    },
    {
      method: 'GET',
      path: '/api/v1/livechat/config',
      answer: () => done({ config: { enabled: state.enabled, online: state.online } }),
    },
    {
      method: 'POST',
      path: '/api/v1/omnichannel/integrations',
      body: object({
        LivechatWebhookUrl: text,
        LivechatSecretToken: text,
        LivechatWebhookOnAgentMessage: { const: true },
        LivechatWebhookOnClose: { const: true },
      }),
      answer: asUser(({ json }) => {
        state.settings['Livechat_webhookUrl'] = json.LivechatWebhookUrl
        state.settings['Livechat_secret_token'] = json.LivechatSecretToken
        if (state.integrates) {
          state.settings['Livechat_webhook_on_agent_message'] = true
          state.settings['Livechat_webhook_on_close'] = true
        }
        return done()
      }),
    },
  ]
}
