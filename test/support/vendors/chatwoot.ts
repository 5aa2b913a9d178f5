import { chatwootHelpdesk } from '../../../src/helpdesk/chatwoot/adapter.ts'
import { chatwootSettings } from '../../../src/helpdesk/chatwoot/settings.ts'
import { using } from '../ticket-helpdesk-kit.ts'
import type { SeenCallback, SeenEntry, SeenTicket, TicketHelpdeskUnderTest } from '../ticket-helpdesk-kit.ts'
import { vendorServer } from '../vendor-server.ts'
import type { Json } from '../vendor-server.ts'
import { chatwootRoutes } from './chatwoot-routes.ts'
import { addMessage, attachmentOf, conversationNow, newChatwoot } from './chatwoot-state.ts'
import type { ChatwootConversation, ChatwootMessage, ChatwootState } from './chatwoot-state.ts'

const specs = [{ file: 'chatwoot/client_swagger.json' }, { file: 'chatwoot/application_swagger.json' }]

export interface ChatwootUnderTest extends TicketHelpdeskUnderTest {
  state: ChatwootState
}

/** A Chatwoot with one account, one API channel, and an adapter that is set up for it. */
export async function openChatwoot(more: object = {}): Promise<ChatwootUnderTest> {
  const state = newChatwoot()
  const server = await vendorServer(chatwootRoutes(state), specs)
  state.url = server.url
  const settings = chatwootSettings.parse({
    adapter: 'chatwoot',
    url: server.url,
    accountId: 1,
    inboxIdentifier: state.inbox.inbox_identifier,
    apiToken: state.token,
    callbackSecrets: [state.inbox.secret],
    fields: { locale: 'customer_locale' },
    allowPrivateNetwork: true,
    ...more,
  })
  const find = (ticket: string) => state.conversations.find(({ id }) => String(id) === ticket)!
  /** What was posted while something was done. */
  const posted = (act: () => void): SeenCallback[] => {
    const before = state.posted.length
    act()
    return state.posted.slice(before).map((body: unknown) => ({ body }))
  }
  const change = (ticket: string, status: string) => {
    find(ticket).status = status
    state.posted.push({ event: 'conversation_status_changed', ...conversationNow(find(ticket)) })
  }
  return {
    state,
    server,
    adapter: chatwootHelpdesk(settings),
    secrets: [state.token, state.inbox.secret],
    tickets: () => state.conversations.map((one) => seen(one)),
    callbacks: {
      reply: (ticket, { text, files, agent }) =>
        posted(() =>
          addMessage(state, find(ticket), {
            content: text,
            message_type: 'outgoing',
            private: false,
            source_id: null,
            sender: { id: 8, name: agent, email: 'bea@acme.example', type: 'user' },
            attachments: files.map(({ type, name }) =>
              attachmentOf(state, name, type === 'file' ? 'application/pdf' : `${type}/x`),
            ),
          }),
        ),
      note: (ticket, text) =>
        posted(() =>
          addMessage(state, find(ticket), {
            content: text,
            message_type: 'outgoing',
            private: true,
            source_id: null,
            sender: { id: 8, name: 'Bea Agent', type: 'user' },
            attachments: [],
          }),
        ),
      status: (ticket, status) => posted(() => change(ticket, status === 'solved' ? 'resolved' : 'open')),
      ours: () => state.posted.map((body: unknown) => ({ body })),
    },
    remove: (ticket) => {
      state.conversations = state.conversations.filter(({ id }) => String(id) !== ticket)
    },
    close: () => Promise.resolve(),
  }
}

function seen(one: ChatwootConversation): SeenTicket {
  return {
    id: String(one.id),
    customer: one.contact.identifier,
    customerName: one.contact.name,
    status: one.status === 'resolved' ? 'solved' : 'open',
    tags: one.labels,
    entries: one.messages.map((message) => seenEntry(message)),
  }
}

function seenEntry({
  id,
  message_type: type,
  private: isNote,
  sender,
  content,
  attachments,
}: ChatwootMessage): SeenEntry {
  return {
    id: String(id),
    from: isNote ? 'note' : type === 0 ? 'customer' : 'agent',
    author: sender?.name,
    text: content ?? '',
    files: attachments.map(({ data_url: url }: Json) => decodeURIComponent(url.split('/').at(-1))),
  }
}

/** Like `using`, for what only the stand-in of Chatwoot knows. */
export function chatwoot(use: (under: ChatwootUnderTest) => Promise<void>, more: object = {}): Promise<void> {
  let under: ChatwootUnderTest
  return using(
    async () => (under = await openChatwoot(more)),
    () => use(under),
  )
}
