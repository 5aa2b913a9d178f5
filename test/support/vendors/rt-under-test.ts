import { rtHelpdesk } from '../../../src/helpdesk/rt/adapter.ts'
import { rtSettings } from '../../../src/helpdesk/rt/settings.ts'
import type { SeenCallback, SeenEntry, SeenTicket, TicketHelpdeskUnderTest } from '../ticket-helpdesk-kit.ts'
import { startRt } from './rt.ts'
import type { RtStandIn } from './rt.ts'
import type { RtTicketRow, RtTransactionRow } from './rt-state.ts'

export const token = '1-14-0123456789abcdef0123456789abcdef'
export const callbackSecret = 'secret-of-the-scrip-0123456789abcdef'
const user = 'deskbridge'
const heading = /^(.*) (wrote|answered outside of Request Tracker):(?:\n\n|$)/

export interface RtUnderTest extends TicketHelpdeskUnderTest {
  rt: RtStandIn
}

/** The adapter and its stand-in; settings and rights as a test wants them. */
export async function openRt(
  more: { settings?: Record<string, unknown>; adminUsers?: boolean } = {},
): Promise<RtUnderTest> {
  const fields = ['Customer language', 'Messenger tags']
  const rt = await startRt({ user, token, queue: 'Messenger', fields, adminUsers: more.adminUsers ?? true })
  const settings = rtSettings.parse({
    adapter: 'rt',
    url: rt.server.url,
    user,
    token,
    queue: 'Messenger',
    fields: { locale: 'Customer language' },
    tagsField: 'Messenger tags',
    callbackSecrets: [callbackSecret],
    allowPrivateNetwork: true,
    ...more.settings,
  })
  return {
    rt,
    adapter: rtHelpdesk(settings),
    server: rt.server,
    tickets: () => rt.tickets.filter(({ gone }) => !gone).map((ticket) => seen(rt, ticket)),
    secrets: [token, callbackSecret],
    callbacks: {
      reply: (ticket, { text, files, agent }) => {
        rt.users.set('bea', agent)
        const parts = [
          ...(text === null ? [] : [rt.attachment('text/plain', Buffer.from(text))]),
          ...files.map(({ type, name }) =>
            rt.attachment(type === 'file' ? 'application/pdf' : `${type}/x`, Buffer.from(name), name),
          ),
        ]
        return [posted(rt, rt.correspond(rt.ticket(ticket), 'bea', 'No Subject', parts))]
      },
      // The scrip's condition lets no comment through.
      note: (ticket, text) => {
        const attachments = [rt.attachment('text/plain', Buffer.from(text))]
        rt.record(rt.ticket(ticket), { type: 'Comment', creator: 'bea', attachments })
        return []
      },
      status: (ticket, status) => {
        rt.setStatus(rt.ticket(ticket), 'stalled', 'bea')
        return [posted(rt, rt.setStatus(rt.ticket(ticket), status === 'open' ? 'open' : 'resolved', 'bea')!)]
      },
      // Though its condition lets nothing of ours through.
      ours: () =>
        rt.transactions
          .filter(({ creator, type }) => creator === user && (type === 'Correspond' || type === 'Status'))
          .map((row) => posted(rt, row)),
    },
    closeForGood: (ticket) => void rt.setStatus(rt.ticket(ticket), 'rejected', 'bea'),
    remove: (ticket) => {
      rt.ticket(ticket).gone = true
    },
    close: () => Promise.resolve(),
  }
}

/** What the scrip of `scrip.ts` posts of a transaction. */
export function posted(rt: RtStandIn, row: RtTransactionRow): SeenCallback {
  return {
    body: {
      ticket: row.ticket,
      transaction: row.id,
      type: row.type,
      at: new Date(row.at).toISOString().replace(/\.\d+/, ''),
      creator: { name: row.creator, realName: rt.users.get(row.creator) ?? null },
      status: row.type === 'Status' ? row.status : null,
      parts: row.attachments.map(({ id, type, name, content }) => ({
        id,
        type,
        name,
        ...(name === '' && /^text\/(plain|html)$/.test(type) ? { text: content.toString() } : {}),
      })),
    },
  }
}

function seen(rt: RtStandIn, ticket: RtTicketRow): SeenTicket {
  const address = ticket.requestors[0]!
  const closed = ticket.status === 'rejected' ? 'closed' : 'open'
  return {
    id: String(ticket.id),
    customer: address,
    customerName: rt.users.get(address),
    status: ticket.status === 'resolved' ? 'solved' : closed,
    tags: ticket.fields.get('Messenger tags') ?? [],
    entries: rt.transactions
      .filter((row) => row.ticket === ticket.id && (row.type === 'Correspond' || row.type === 'Comment'))
      .map((row) => entry(row)),
  }
}

function entry({ id, type, creator, attachments }: RtTransactionRow): SeenEntry {
  const written = attachments[0]?.content.toString() ?? ''
  const files = attachments.slice(1).map(({ name }) => name)
  if (type === 'Comment') return { id: String(id), from: 'note', text: written, files }
  const [head, author, verb] = heading.exec(written) ?? ['']
  const from = creator === user && verb === 'wrote' ? 'customer' : 'agent'
  return { id: String(id), from, author, text: written.slice(head.length), files }
}
