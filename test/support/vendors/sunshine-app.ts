import type { SeenTicket } from '../ticket-helpdesk-kit.ts'
import type { Json } from '../vendor-server.ts'

export interface FakeMessage {
  id: string
  received: string
  author: Json
  content: Json
  source: { type: string }
  metadata?: Record<string, unknown>
  byUs: boolean
}

export interface FakeConversation {
  id: string
  user: string
  displayName: string
  metadata: Record<string, unknown>
  control: { name: string; metadata: object } | null
  messages: FakeMessage[]
  full: boolean
  deleted: boolean
  reads: number
}

export interface FakePerson {
  id: string
  externalId: string
  profile: Record<string, string>
}

export type FakeSunshine = ReturnType<typeof fakeSunshine>

/** What an app of Sunshine Conversations holds, and what it posts of each message. */
export function fakeSunshine() {
  const id = '5d8cff3cd55b040010928b5b'
  let last = 0
  const next = (kind: string) => `${kind}${String(++last).padStart(8, '0')}`
  const people: FakePerson[] = []
  const conversations: FakeConversation[] = []
  /** Who can be given control. */
  const integrations = new Set(['zd-agentWorkspace', 'zd:agentWorkspace', 'next'])

  function live(conversation: string): FakeConversation | undefined {
    return conversations.find((each) => each.id === conversation && !each.deleted)
  }

  function post(
    conversation: FakeConversation,
    message: { author: Json; content: Json; source?: { type: string }; metadata?: Record<string, unknown> },
    byUs = false,
  ): FakeMessage {
    const made = {
      source: { type: 'api:conversations' },
      ...message,
      id: next('msg'),
      received: new Date().toISOString(),
      byUs,
    }
    conversation.messages.push(made)
    return made
  }

  /** As the webhook's body has it: authors of the business have no id, those of a user no external id. */
  function told(conversation: FakeConversation, message: FakeMessage): Json {
    const { byUs: _byUs, author, ...shown } = message
    const { userExternalId, ...rest } = author
    const person = people.find(({ externalId }) => externalId === userExternalId)
    const payload = {
      conversation: reference(conversation),
      message: { ...shown, author: person ? { ...rest, userId: person.id } : rest },
    }
    return event('conversation:message', payload)
  }

  function reference({ id: conversation, metadata }: FakeConversation) {
    return { id: conversation, type: 'personal', metadata }
  }

  function event(type: string, payload: Json): Json {
    return {
      app: { id },
      webhook: { id: '582dedf230e788746891281a', version: 'v2' },
      events: [{ id: next('evt'), createdAt: new Date().toISOString(), type, payload }],
    }
  }

  return { id, people, conversations, integrations, live, post, told, event, reference, next }
}

export function seenConversation(
  app: FakeSunshine,
  { id, user, control, messages }: FakeConversation,
): SeenTicket {
  const person = app.people.find(({ externalId }) => externalId === user)
  const { givenName, surname } = person?.profile ?? {}
  const tags = (control?.metadata as Record<string, string> | undefined)?.['dataCapture.systemField.tags']
  return {
    id,
    customer: user,
    customerName: [givenName, surname].filter(Boolean).join(' '),
    status: 'open',
    tags: tags?.split(',') ?? [],
    entries: messages.map((message) => ({
      id: message.id,
      from: message.author.type === 'user' ? 'customer' : isNote(message) ? 'note' : 'agent',
      author: message.author.displayName,
      text: message.content.text ?? '',
      files: message.content.mediaUrl ? [message.content.altText ?? message.content.mediaUrl] : [],
    })),
  }
}

/** Nobody but agents sees the conversation: the user has no channel there. */
function isNote({ author }: FakeMessage): boolean {
  return author.displayName === 'deskbridge (note)'
}
