import type { SeenTicket } from '../ticket-helpdesk-kit.ts'

export interface FakeUser {
  id: number
  name: string
  role: 'admin' | 'agent' | 'end-user'
  external_id?: string
}

export interface FakeFile {
  id: number
  name: string
  type: string
}

export interface FakeComment {
  id: number
  author: FakeUser
  body: string
  public: boolean
  files: FakeFile[]
  /** Once some of it was redacted. */
  html?: string
}

/** A comment as Zendesk shows it: links in its text are links. */
export function htmlOf({ body, html }: Pick<FakeComment, 'body' | 'html'>): string {
  if (html !== undefined) return html
  const escaped = body.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const linked = escaped.replace(/https?:[^\s]+/g, (url) => `<a href="${url}" rel="noopener">${url}</a>`)
  return `<div class="zd-comment" dir="auto">${linked.replaceAll('\n', '<br>')}</div>`
}

export interface FakeTicket {
  id: number
  external_id: string | null
  subject: string
  status: string
  requester: FakeUser
  tags: string[]
  fields: { id: number; value: string }[]
  followUpOf: number | null
  comments: FakeComment[]
  audits: { id: number; metadata: object; events: { id: number; type: string }[] }[]
}

/** A body that Zendesk posts to whoever subscribed. */
export interface FakeEvent {
  type: string
  id: string
  time: string
  subject: string
  account_id: number
  zendesk_event_version: string
  detail: Record<string, unknown>
  event: object
}

export type FakeAccount = ReturnType<typeof fakeAccount>

/** What an account of Zendesk Support holds, and what it posts of each change. */
export function fakeAccount() {
  let last = 1000
  const next = () => ++last
  const api: FakeUser = { id: 501, name: 'deskbridge', role: 'admin' }
  const users: FakeUser[] = [api]
  const tickets: FakeTicket[] = []
  const uploads = new Map<string, FakeFile>()
  const events: { by: FakeUser; event: FakeEvent }[] = []

  function user(name: string, role: FakeUser['role'] = 'agent'): FakeUser {
    const known = users.find((each) => each.name === name && each.role === role)
    const made: FakeUser = known ?? { id: next(), name, role }
    if (!known) users.push(made)
    return made
  }

  function live(id: string | number): FakeTicket | undefined {
    return tickets.find((ticket) => String(ticket.id) === String(id) && ticket.status !== 'deleted')
  }

  function tell(
    by: FakeUser,
    { id, external_id, status, requester, tags }: FakeTicket,
    type: string,
    event: object,
  ) {
    events.push({
      by,
      event: {
        account_id: 4711,
        detail: {
          id: String(id),
          external_id,
          actor_id: String(by.id),
          requester_id: String(requester.id),
          status: status.toUpperCase(),
          tags,
          is_public: true,
        },
        event,
        id: `cbe4028c-7239-495d-b020-f22348${next()}`,
        subject: `zen:ticket:${id}`,
        time: `${new Date().toISOString().slice(0, -1)}717030Z`,
        type: `zen:event-type:ticket.${type}`,
        zendesk_event_version: '2022-11-06',
      },
    })
  }

  /** One update, as one audit. Answers it. */
  function update(
    by: FakeUser,
    ticket: FakeTicket,
    change: { comment?: Omit<FakeComment, 'id'>; status?: string; tags?: string[]; metadata?: object },
  ) {
    const audit: FakeTicket['audits'][number] = {
      id: next(),
      metadata: { system: {}, custom: change.metadata ?? {} },
      events: [],
    }
    if (change.tags) {
      ticket.tags = [...new Set([...ticket.tags, ...change.tags])]
      audit.events.push({ id: next(), type: 'Change' })
    }
    if (change.comment) {
      const comment = { ...change.comment, id: next() }
      ticket.comments.push(comment)
      audit.events.push({ id: comment.id, type: 'Comment' })
      const { author, body } = comment
      const { id, name, role } = author
      const spoken = { id: String(id), name, is_staff: role !== 'end-user' }
      tell(by, ticket, 'comment_added', {
        comment: { id: String(comment.id), body, is_public: comment.public, author: spoken },
      })
      for (const file of comment.files)
        tell(by, ticket, 'attachment_linked_to_comment', {
          comment: {
            id: String(comment.id),
            attachment: {
              id: String(file.id),
              content_type: file.type,
              content_url: `https://acme.zendesk.com/attachments/token/${file.id}/?name=${file.name}`,
              filename: file.name,
              is_public: false,
            },
          },
        })
    }
    if (change.status && change.status !== ticket.status) {
      const previous = ticket.status.toUpperCase()
      ticket.status = change.status
      audit.events.push({ id: next(), type: 'Change' })
      tell(by, ticket, 'status_changed', { current: change.status.toUpperCase(), previous })
    }
    ticket.audits.push(audit)
    return audit
  }

  /** So many updates meet another, and are answered 409. */
  const collisions = { left: 0 }

  return { api, users, tickets, uploads, events, collisions, next, user, live, update, tell }
}

export function seenTicket({ id, requester, status, tags, comments }: FakeTicket): SeenTicket {
  return {
    id: String(id),
    customer: requester.external_id ?? '',
    customerName: requester.name,
    status: status === 'solved' || status === 'closed' ? status : 'open',
    tags,
    entries: comments.map(({ id: comment, author, body, public: isPublic, files }) => ({
      id: String(comment),
      from: isPublic ? (author.role === 'end-user' ? 'customer' : 'agent') : 'note',
      author: author.name,
      text: body,
      files: files.map(({ name }) => name),
    })),
  }
}
