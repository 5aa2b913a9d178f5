import type { Json, VendorAnswer, VendorRequest } from '../vendor-server.ts'

/** What the stand-in keeps of a transaction, as RT 5.0.3 was seen to keep it. */
export interface RtTransactionRow {
  id: number
  ticket: number
  type: 'Create' | 'Correspond' | 'Comment' | 'Status'
  creator: string
  at: number
  /** The subject of its message. */
  data: string
  status: string
  attachments: { id: number; type: string; name: string; content: Buffer }[]
}

export interface RtTicketRow {
  id: number
  creator: string
  status: string
  subject: string
  requestors: string[]
  squelched: string | undefined
  refersTo: string[]
  fields: Map<string, string[]>
  gone: boolean
}

const statuses = ['new', 'open', 'stalled', 'resolved', 'rejected', 'deleted']
export interface RtStandInSettings {
  user: string
  token: string
  queue: string
  fields: string[]
  /** Whether our user may rename customers. */
  adminUsers: boolean
}

/** What RT holds, and what becomes of it. */
export function rtState(settings: RtStandInSettings) {
  const users = new Map<string, string>([
    [settings.user, 'deskbridge'],
    ['grace', 'Grace Hopper'],
    ['RT_System', 'The RT System itself'],
  ])
  const tickets: RtTicketRow[] = []
  const transactions: RtTransactionRow[] = []
  let lastTransaction = 40
  let lastAttachment = 0
  let now = Date.now

  function record(ticket: RtTicketRow, row: Partial<RtTransactionRow> & Pick<RtTransactionRow, 'type'>) {
    const made: RtTransactionRow = {
      id: ++lastTransaction,
      ticket: ticket.id,
      creator: settings.user,
      at: now(),
      data: '',
      status: '',
      attachments: [],
      ...row,
    }
    transactions.push(made)
    return made
  }

  function setStatus(ticket: RtTicketRow, status: string, creator: string): RtTransactionRow | undefined {
    if (ticket.status === status || !statuses.includes(status)) return undefined
    ticket.status = status
    return record(ticket, { type: 'Status', creator, status })
  }

  /** As its scrips do at first: whoever corresponds opens it again, also what was rejected. */
  function correspond(
    ticket: RtTicketRow,
    creator: string,
    subject: string,
    attachments: RtTransactionRow['attachments'],
  ) {
    const made = record(ticket, { type: 'Correspond', creator, data: `${subject}\n`, attachments })
    if (ticket.status !== 'open') setStatus(ticket, 'open', 'RT_System')
    return made
  }

  function attachment(type: string, content: Buffer, name = '') {
    return { id: ++lastAttachment, type, name, content }
  }

  const seen = (id: string | undefined) => tickets.find((one) => String(one.id) === id && !one.gone)

  function addRequestor(written: string): string {
    const [, name = '', address = ''] = /^"([^"\\]+)" <([^<>]+)>$/.exec(written) ?? [written, '', written]
    if (!users.has(address)) users.set(address, name)
    return address
  }

  function createTicket({ json }: VendorRequest): VendorAnswer {
    if (json.Queue !== settings.queue)
      return {
        status: 403,
        json: { message: `No permission to create tickets in the queue '${json.Queue}'` },
      }
    const ticket: RtTicketRow = {
      id: tickets.length + 1,
      creator: settings.user,
      status: 'new',
      subject: json.Subject,
      requestors: json.Requestor.map(addRequestor),
      squelched: json.SquelchMailTo,
      refersTo: json.RefersTo,
      fields: new Map(),
      gone: false,
    }
    setFields(ticket, json.CustomFields ?? {})
    tickets.push(ticket)
    record(ticket, { type: 'Create' })
    return { status: 201, json: { id: String(ticket.id), type: 'ticket' } }
  }

  /** Fields that are not there are left out without a word. */
  function setFields(ticket: RtTicketRow, given: Record<string, string | string[]>): void {
    for (const [name, value] of Object.entries(given))
      if (settings.fields.includes(name)) ticket.fields.set(name, [value].flat())
  }

  function addMessage(type: 'correspond' | 'comment', { params, json }: VendorRequest): VendorAnswer {
    const ticket = seen(params['id'])
    if (!ticket) return { status: 400, json: { message: 'Permission Denied' } }
    const parts = [
      attachment('text/plain', Buffer.from(json.Content)),
      ...(json.Attachments ?? []).map((file: Json) =>
        attachment(file.FileType, Buffer.from(file.FileContent, 'base64'), file.FileName),
      ),
    ]
    const made =
      type === 'correspond'
        ? correspond(ticket, settings.user, json.Subject, parts)
        : record(ticket, { type: 'Comment', data: `${json.Subject}\n`, attachments: parts })
    return {
      status: 201,
      json: [type === 'correspond' ? 'Correspondence added' : 'Comments added'],
      headers: { location: `/REST/2.0/transaction/${made.id}` },
    }
  }

  function changeTicket({ params, json }: VendorRequest): VendorAnswer {
    const ticket = seen(params['id'])
    if (!ticket) return { status: 404, json: { message: 'Resource does not exist; use POST to create' } }
    setFields(ticket, json.CustomFields ?? {})
    if (json.Status !== undefined && !setStatus(ticket, json.Status, settings.user))
      return { json: [`Ticket ${ticket.id}: Status '${json.Status}' isn't a valid status for this ticket.`] }
    return { json: ['changed'] }
  }

  function renameUser({ params, json }: VendorRequest): VendorAnswer {
    const name = params['name']!
    if (!users.has(name))
      return { status: 404, json: { message: 'Resource does not exist; use POST to create' } }
    if (!settings.adminUsers) return { json: [`User ${name}: Permission Denied`] }
    users.set(name, json.RealName)
    return { json: [`User ${name}: RealName changed`] }
  }

  return {
    users,
    tickets,
    transactions,
    attachment,
    setStatus,
    correspond,
    record,
    createTicket,
    changeTicket,
    addMessage,
    renameUser,
    /** Transactions get this time from now on. */
    clock(time: () => number) {
      now = time
    },
    ticket(id: string): RtTicketRow {
      return tickets.find((one) => String(one.id) === id)!
    },
  }
}
