import type { Json } from '../vendor-server.ts'

export interface RocketchatRoom {
  _id: string
  token: string
  open: boolean
  tags: string[]
  livechatData: Record<string, string>
}

export interface RocketchatMessage {
  _id: string
  rid: string
  msg: string
  ts: string
  /** Only on messages of a visitor. */
  token?: string
  u: { _id: string; username: string; name: string }
  file?: { _id: string; name: string; type: string }
  attachments?: Json[]
}

export interface RocketchatState {
  counter: number
  url: string
  userId: string
  authToken: string
  visitors: { _id: string; token: string; username: string; name: string; department?: string }[]
  rooms: RocketchatRoom[]
  messages: RocketchatMessage[]
  /** Custom fields of rooms that are defined; others are dropped. */
  customFields: string[]
  settings: Record<string, unknown>
  /** What its API for the webhook writes. Some versions write what nobody reads. */
  integrates: boolean
  online: boolean
  enabled: boolean
  /** What was posted to the webhook, oldest first. */
  posted: Json[]
}

export const bridgeUser = { _id: 'BridgeUser0000001', username: 'bridge', name: 'Bridge' }
export const agentBea = { _id: 'AgentBea000000001', username: 'bea', name: 'Bea Agent' }

export function newRocketchat(): RocketchatState {
  return {
    counter: 100,
    url: '',
    userId: bridgeUser._id,
    authToken: 'personal-access-token-of-the-bridge',
    visitors: [],
    rooms: [],
    messages: [],
    customFields: ['locale'],
    settings: {
      Livechat_webhookUrl: '',
      Livechat_secret_token: '',
      Livechat_webhook_on_agent_message: false,
      Livechat_webhook_on_close: false,
    },
    integrates: true,
    online: true,
    enabled: true,
    posted: [],
  }
}

/** Its own ids are of seventeen letters and digits. */
export function newId(state: RocketchatState): string {
  return `rc${String(++state.counter).padStart(15, '0')}`
}

/** Keeps a message, and posts it as the omnichannel webhook does with all its switches on. */
export function addMessage(
  state: RocketchatState,
  told: Omit<RocketchatMessage, 'ts'>,
  more: object = {},
): RocketchatMessage {
  const message = { ...told, ts: new Date().toISOString() }
  state.messages.push(message)
  const room = state.rooms.find(({ _id }) => _id === told.rid)!
  const { _id, msg, ts, rid, u, file, attachments } = message
  const isVisitor = message.token !== undefined
  post(state, room, 'Message', {
    messages: [
      {
        u,
        _id,
        username: u.username,
        msg,
        ts,
        rid,
        ...(isVisitor ? {} : { agentId: u._id }),
        ...(file
          ? {
              file,
              attachments,
              fileUpload: {
                publicFilePath: `${state.url}/file-upload/${file._id}/${file.name}?token=a.jwt.that-opens-it`,
                type: file.type,
                size: 12,
              },
            }
          : {}),
        _updatedAt: ts,
        ...more,
      },
    ],
  })
  return message
}

export function post(state: RocketchatState, room: RocketchatRoom, type: string, more: object): void {
  const visitor = state.visitors.find(({ token }) => token === room.token)!
  state.posted.push({
    _id: room._id,
    label: visitor.name,
    createdAt: new Date().toISOString(),
    lastMessageAt: new Date().toISOString(),
    tags: room.tags,
    customFields: room.livechatData,
    visitor: { _id: visitor._id, token: visitor.token, name: visitor.name, username: visitor.username },
    agent: agentBea,
    type,
    messages: [],
    ...more,
  })
}
