import { freshdeskHelpdesk } from '../../../src/helpdesk/freshdesk/adapter.ts'
import { freshdeskSettings } from '../../../src/helpdesk/freshdesk/settings.ts'
import { using } from '../ticket-helpdesk-kit.ts'
import type {
  SeenCallback,
  SeenTicket,
  TicketHelpdeskUnderTest,
  WrittenReply,
} from '../ticket-helpdesk-kit.ts'
import { vendorServer } from '../vendor-server.ts'
import type { Json } from '../vendor-server.ts'
import { freshdeskRoutes } from './freshdesk-routes.ts'
import { addNote, bridgeAgent, newFreshdesk, setStatus, shown } from './freshdesk-state.ts'
import type { FreshdeskState, FreshdeskTicket } from './freshdesk-state.ts'

/** The description knows JSON only, and notes take files as a form. */
const specs = [
  {
    file: 'freshdesk-community/openapi.yml',
    base: '/api/v2',
    patch: (document: Json) => {
      const { content } = document.paths['/tickets/{ticket_id}/notes'].post.requestBody
      const properties = {
        body: { type: 'string' },
        incoming: { type: 'boolean' },
        private: { type: 'boolean' },
        'attachments[]': { type: 'array' },
      }
      content['multipart/form-data'] = { schema: { type: 'object', properties, required: ['body'] } }
    },
  },
]

export const callbackSecret = 'a-callback-secret-of-thirty-two-characters'

export interface FreshdeskUnderTest extends TicketHelpdeskUnderTest {
  state: FreshdeskState
  /** An agent answers, or writes a private note. */
  write(ticket: string, reply: WrittenReply, more?: { private?: boolean; source?: number }): void
}

/** An account whose replies we ask for. */
export function openFreshdesk(more: object = {}): Promise<FreshdeskUnderTest> {
  return open({ replies: 'poll', ...more })
}

/** An account whose automation rules call us, and whose closed tickets stay closed. */
export async function openCallouts(more: object = {}): Promise<FreshdeskUnderTest> {
  const callouts = { replies: 'callout', callbackSecrets: [callbackSecret], closedTickets: 'followUp' }
  const under = await open({ ...callouts, ...more })
  const { state, write } = under
  const posted = (act: () => void): SeenCallback[] => {
    const before = state.posted.length
    act()
    return state.posted.slice(before).map((body: unknown) => ({ body }))
  }
  return {
    ...under,
    callbacks: {
      reply: (ticket, reply) => posted(() => write(ticket, reply)),
      note: (ticket, text) =>
        posted(() => write(ticket, { text, files: [], agent: 'Bea' }, { private: true })),
      status: (ticket, status) =>
        posted(() => setStatus(state, find(state, ticket), status === 'solved' ? 4 : 2)),
      ours: () => state.posted.map((body: unknown) => ({ body })),
    },
    closeForGood: (ticket) => setStatus(state, find(state, ticket), 5),
    volatile: { when: /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/g, hash: /callout-[0-9a-f]{32}/g },
  }
}

async function open(more: object): Promise<FreshdeskUnderTest> {
  const state = newFreshdesk()
  const server = await vendorServer(freshdeskRoutes(state), specs)
  state.url = server.url
  const settings = freshdeskSettings.parse({
    adapter: 'freshdesk',
    url: server.url,
    apiKey: state.apiKey,
    agentId: bridgeAgent,
    fields: { locale: 'cf_locale' },
    allowPrivateNetwork: true,
    ...more,
  })
  return {
    state,
    server,
    adapter: freshdeskHelpdesk(settings),
    secrets: [state.apiKey, callbackSecret],
    tickets: () => state.tickets.filter(({ deleted }) => !deleted).map((ticket) => seen(state, ticket)),
    write(ticket, { text, files, agent }, { private: isPrivate = false, source = 0 } = {}) {
      const body = text === null ? '' : `<div>${text}</div>`
      const told = { body, incoming: false, private: isPrivate, user_id: agentOf(state, agent), source }
      const attached = files.map(({ type, name }) => ({
        name,
        type: type === 'file' ? 'application/pdf' : `${type}/x`,
      }))
      addNote(state, find(state, ticket), told, attached)
    },
    remove: (ticket) => {
      find(state, ticket).deleted = true
    },
    close: () => Promise.resolve(),
  }
}

export function find(state: FreshdeskState, ticket: string): FreshdeskTicket {
  return state.tickets.find(({ id }) => String(id) === ticket)!
}

function agentOf(state: FreshdeskState, name: string): number {
  const known = state.agents.find((agent) => agent.name === name)
  if (known) return known.id
  const id = bridgeAgent + state.agents.length
  state.agents.push({ id, name })
  return id
}

function seen({ contacts, agents }: FreshdeskState, ticket: FreshdeskTicket): SeenTicket {
  const contact = contacts.find(({ id }) => id === ticket.requester_id)
  return {
    id: String(ticket.id),
    customer: contact!.unique_external_id,
    customerName: contact!.name,
    status: ticket.status === 5 ? 'closed' : ticket.status === 4 ? 'solved' : 'open',
    tags: ticket.tags,
    entries: ticket.notes.map((note) => ({
      id: String(note.id),
      from: note.private ? 'note' : note.incoming ? 'customer' : 'agent',
      author: [...contacts, ...agents].find(({ id }) => id === note.user_id)?.name,
      text: shown(note.body).replace(/\[deskbridge:[0-9a-f]{20}\]/, ''),
      files: note.attachments.map(({ name }: Json) => name),
    })),
  }
}

/** Like `using`, for what only the stand-in of Freshdesk knows. */
export function freshdesk(
  use: (under: FreshdeskUnderTest) => Promise<void>,
  more: object = {},
  opening: typeof openFreshdesk = openFreshdesk,
): Promise<void> {
  let under: FreshdeskUnderTest
  return using(
    async () => (under = await opening(more)),
    () => use(under),
  )
}
