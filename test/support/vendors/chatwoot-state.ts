import type { Json } from '../vendor-server.ts'

export interface ChatwootConversation {
  id: number
  contact: Json
  status: string
  labels: string[]
  custom_attributes: Record<string, string>
  messages: ChatwootMessage[]
}

export interface ChatwootMessage {
  id: number
  content: string | null
  message_type: 0 | 1 | 3
  private: boolean
  source_id: string | null
  /** Seconds. */
  created_at: number
  status: string
  external_error: string | null
  sender: Json
  attachments: Json[]
  content_attributes?: { deleted?: true }
}

export interface ChatwootState {
  counter: number
  url: string
  token: string
  hmacToken: string | undefined
  user: Json
  inbox: Json
  contacts: Json[]
  conversations: ChatwootConversation[]
  /** What was posted to the inbox's webhook, oldest first. */
  posted: Json[]
}

const types = { incoming: 0, outgoing: 1, template: 3 } as const

export function newChatwoot(): ChatwootState {
  return {
    counter: 100,
    url: '',
    token: 'chatwoot-access-token-of-the-bridge',
    hmacToken: undefined,
    user: { id: 7, name: 'Bridge User', email: 'bridge@acme.example', type: 'user' },
    inbox: {
      id: 3,
      name: 'Messenger',
      channel_type: 'Channel::Api',
      inbox_identifier: 'InboxIdentifier1234567890',
      webhook_url: null,
      secret: 'webhook-secret-that-chatwoot-made',
      hmac_mandatory: false,
      lock_to_single_conversation: false,
      additional_attributes: {},
    },
    contacts: [],
    conversations: [],
    posted: [],
  }
}

interface NewMessage {
  content: string | null
  message_type: keyof typeof types
  private: boolean
  source_id: string | null
  sender: Json
  attachments: Json[]
}

/** Keeps a message, and posts it as the inbox's webhook gets it. */
export function addMessage(
  state: ChatwootState,
  one: ChatwootConversation,
  told: NewMessage,
): ChatwootMessage {
  const id = ++state.counter
  const created = Math.floor(Date.now() / 1000)
  const message: ChatwootMessage = {
    ...told,
    id,
    message_type: types[told.message_type],
    created_at: created,
    status: 'sent',
    external_error: null,
  }
  one.messages.push(message)
  if (told.message_type === 'incoming') one.status = 'open'
  const { contact } = one
  state.posted.push({
    event: 'message_created',
    account: { id: 1, name: 'Acme' },
    additional_attributes: {},
    content_attributes: {},
    content_type: 'text',
    content: told.content,
    conversation: conversationNow(one),
    created_at: new Date(created * 1000).toISOString(),
    id,
    inbox: { id: state.inbox.id, name: state.inbox.name },
    message_type: told.message_type,
    private: told.private,
    sender: told.sender ?? { id: contact.id, name: contact.name, identifier: contact.identifier },
    source_id: told.source_id,
    ...(told.attachments.length > 0 ? { attachments: told.attachments } : {}),
  })
  return message
}

export function conversationNow({
  id,
  status,
  labels,
  contact,
  custom_attributes: attributes,
}: ChatwootConversation) {
  return {
    id,
    inbox_id: 3,
    channel: 'Channel::Api',
    can_reply: true,
    status,
    labels,
    custom_attributes: attributes,
    meta: { sender: { id: contact.id, name: contact.name } },
    timestamp: Math.floor(Date.now() / 1000),
    updated_at: Date.now() / 1000,
  }
}

export function attachmentOf(state: ChatwootState, name: string, contentType: string): Json {
  const id = ++state.counter
  const kind = contentType.split('/')[0]!
  const path = `/rails/active_storage/blobs/redirect/signed-${id}/${encodeURIComponent(name)}`
  return {
    id,
    file_type: ['image', 'audio', 'video'].includes(kind) ? kind : 'file',
    account_id: 1,
    extension: null,
    data_url: `${state.url}${path}`,
    thumb_url: '',
    file_size: 12,
  }
}
