import { createHmac } from 'node:crypto'
import { intercomHelpdesk } from '../../../src/helpdesk/intercom/adapter.ts'
import { intercomSettings } from '../../../src/helpdesk/intercom/settings.ts'
import type { TicketHelpdeskUnderTest, WrittenReply } from '../ticket-helpdesk-kit.ts'
import { vendorServer } from '../vendor-server.ts'
import type { Json } from '../vendor-server.ts'
import { accountRoutes } from './intercom-account.ts'
import { conversationRoutes } from './intercom-routes.ts'
import { intercomSecrets, notification, ourAdmin } from './intercom-state.ts'
import type { IntercomConversation, IntercomState } from './intercom-state.ts'

/** Its file asks for a UUID of 24 characters, of which there is none. */
function patch(document: Json): void {
  delete document.components.schemas.create_conversation_request.properties.from.properties.id.format
}

const specs = [{ file: 'intercom/api.intercom.io-2.16.yaml', patch }]

export async function intercomVendor(more: Json = {}) {
  let counter = 0
  const state: IntercomState = {
    contacts: [],
    conversations: [],
    tags: [{ id: '7', name: 'Returns' }],
    attributes: [{ name: 'Language', archived: false }],
    told: [],
    next: () => ++counter,
  }
  const server = await vendorServer([...accountRoutes(state), ...conversationRoutes(state)], specs)
  const settings = intercomSettings.parse({
    adapter: 'intercom',
    url: server.url,
    token: intercomSecrets.token,
    adminId: ourAdmin,
    fields: { locale: 'Language' },
    callbackSecrets: [intercomSecrets.client],
    allowPrivateNetwork: true,
    ...more,
  })
  return { adapter: intercomHelpdesk(settings), server, state }
}

export async function openIntercom(): Promise<TicketHelpdeskUnderTest> {
  const { adapter, server, state } = await intercomVendor()
  return {
    adapter,
    server,
    secrets: Object.values(intercomSecrets),
    tickets: () => state.conversations.map((one) => seenConversation(state, one)),
    callbacks: {
      reply: (ticket, reply) => [{ body: adminReplied(state, ticket, reply) }],
      note: (ticket, text) => {
        const body = adminReplied(state, ticket, { text, files: [], agent: 'Bea Agent' })
        body.topic = 'conversation.admin.noted'
        body.data.item.conversation_parts.conversation_parts[0].part_type = 'note'
        return [{ body }]
      },
      status: (ticket, status) => {
        const body = adminReplied(state, ticket, { text: null, files: [], agent: 'Bea Agent' })
        body.topic = status === 'solved' ? 'conversation.admin.closed' : 'conversation.admin.opened'
        body.data.item.conversation_parts.conversation_parts[0].part_type =
          status === 'solved' ? 'close' : 'open'
        return [{ body }]
      },
      ours: () => state.told.map((body) => ({ body })),
    },
    remove: (ticket) => {
      state.conversations = state.conversations.filter(({ id }) => id !== ticket)
    },
    close: async () => {},
  }
}

function seenConversation(state: IntercomState, one: IntercomConversation) {
  const contact = state.contacts.find(({ id }) => id === one.contactId)
  return {
    id: one.id,
    customer: contact?.externalId ?? '',
    customerName: contact?.name ?? undefined,
    status: one.state === 'closed' ? ('solved' as const) : ('open' as const),
    tags: one.tags.map((id) => state.tags.find((tag) => tag.id === id)?.name.toLowerCase() ?? id),
    entries: one.parts
      .filter(({ body }) => body !== null)
      .map(({ id, part_type, author, body, attachments }) => ({
        id,
        from:
          part_type === 'note'
            ? ('note' as const)
            : author.type === 'user'
              ? ('customer' as const)
              : ('agent' as const),
        author: author.name ?? undefined,
        text: shown(body ?? ''),
        files: attachments.map(({ url }) => url),
      })),
  }
}

/** What the inbox shows of a part's HTML. */
export function shown(html: string): string {
  return html
    .replace(/<br>|<\/p>/g, '\n')
    .replace(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .trim()
}

export function adminReplied(
  state: IntercomState,
  ticket: string,
  { text, files, agent }: WrittenReply,
): Json {
  const types = { image: 'image/png', audio: 'audio/mpeg', video: 'video/mp4', file: 'application/pdf' }
  return notification(state, 'conversation.admin.replied', ticket, {
    id: String(900 + state.next()),
    part_type: 'comment',
    body: text === null ? null : `<p>${text}</p>`,
    created_at: 1_790_000_123,
    author: { type: 'admin', id: '42', name: agent },
    attachments: files.map(({ type, name }) => ({
      type: 'upload',
      name,
      url: `https://downloads.intercomcdn.example/${name}?expires=1790003600`,
      content_type: types[type],
    })),
  })
}

/** A POST as Intercom signs it, over these very bytes. */
export function signedByIntercom(body: Json, secret = intercomSecrets.client) {
  const bytes = Buffer.from(JSON.stringify(body))
  const signature = createHmac('sha1', secret).update(bytes).digest('hex')
  return { bytes, headers: { 'x-hub-signature': `sha1=${signature}` } }
}
