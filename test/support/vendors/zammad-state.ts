import type { Json } from '../vendor-server.ts'

export interface ZammadArticle {
  id: number
  ticket_id: number
  type: string
  sender: 'Agent' | 'Customer' | 'System'
  internal: boolean
  body: string
  content_type: string
  message_id: string | null
  origin_by_id: number | null
  created_by_id: number
  from: string
  attachments: Json[]
  created_at: string
}

export interface ZammadTicket {
  id: number
  title: string
  group_id: number
  customer_id: number
  state: string
  close_at: string | null
  tags: string[]
  links: number[]
  attributes: Record<string, string>
  articles: ZammadArticle[]
  updated_at: string
}

export interface ZammadState {
  counter: number
  url: string
  token: string
  /** Of the token. */
  rights: Set<string>
  /** As newer versions do, groups are shown to agents. */
  showsGroups: boolean
  /** As older versions do, a link is refused only when the ticket is there. */
  linksLate: boolean
  users: Json[]
  groups: Json[]
  states: Json[]
  attributes: Json[]
  tickets: ZammadTicket[]
  webhooks: Json[]
  triggers: Json[]
  /** What webhooks would have posted, oldest first. */
  posted: Json[]
}

export const bridgeUser = 3
export const beaUser = 4

export function newZammad(): ZammadState {
  return {
    counter: 100,
    url: '',
    token: 'zammad-access-token-of-the-bridge',
    rights: new Set(['ticket.agent', 'admin.webhook', 'admin.trigger', 'admin.object']),
    showsGroups: true,
    linksLate: false,
    users: [
      { id: 1, login: '-', firstname: '-', lastname: '' },
      { id: bridgeUser, login: 'bridge@acme.example', firstname: 'Bridge', lastname: 'User' },
      { id: beaUser, login: 'bea@acme.example', firstname: 'Bea', lastname: 'Agent' },
    ],
    groups: [
      { id: 2, name: 'Messenger', active: true, follow_up_possible: 'yes', reopen_time_in_days: null },
    ],
    states: ['new', 'open', 'pending reminder', 'closed', 'merged', 'pending close'].map((name, n) => ({
      id: n + 1,
      name,
      active: true,
    })),
    attributes: [{ id: 9, object: 'Ticket', name: 'customer_locale', active: true }],
    tickets: [],
    webhooks: [],
    triggers: [],
    posted: [],
  }
}

export function userOf(state: ZammadState, id: number): Json {
  return state.users.find((user) => user.id === id)
}

interface NewArticle {
  type?: string
  sender?: ZammadArticle['sender']
  internal?: boolean
  body: string
  content_type?: string
  message_id?: string
  origin_by_id?: number
  attachments?: Json[]
}

/** As Zammad's model does it: an article on behalf of somebody is the customer's, and its name is theirs. */
export function addArticle(
  state: ZammadState,
  ticket: ZammadTicket,
  told: NewArticle,
  by: number,
): ZammadArticle {
  const id = ++state.counter
  const type = told.type ?? 'note'
  const named = told.sender ?? 'Agent'
  const origin = told.origin_by_id ?? (named === 'Customer' ? ticket.customer_id : null)
  const sender = origin === null ? named : 'Customer'
  const { firstname, lastname } = userOf(state, origin ?? by)
  const brackets = sender === 'Customer' && (type === 'web' || type === 'phone') ? ' <>' : ''
  const now = new Date().toISOString()
  const article: ZammadArticle = {
    id,
    ticket_id: ticket.id,
    type,
    sender,
    internal: told.internal ?? false,
    body: told.body,
    content_type: told.content_type ?? 'text/plain',
    message_id: told.message_id ?? null,
    origin_by_id: origin,
    created_by_id: by,
    from: `${firstname} ${lastname}${brackets}`,
    attachments: (told.attachments ?? []).map((file) => ({
      id: ++state.counter,
      filename: file.filename,
      size: String(Buffer.from(file.data ?? '', 'base64').length),
      preferences: { 'Mime-Type': file['mime-type'] },
    })),
    created_at: now,
  }
  ticket.articles.push(article)
  ticket.updated_at = now
  if (article.sender === 'Agent' && !article.internal) post(state, ticket, article)
  return article
}

export function setState(state: ZammadState, ticket: ZammadTicket, name: string): void {
  if (ticket.state === name) return
  ticket.state = name
  ticket.updated_at = new Date().toISOString()
  if (name === 'closed') ticket.close_at = ticket.updated_at
  post(state, ticket, undefined)
}

/** A webhook's own payload: people and the group whole, and an article only when it was one that set the trigger off. */
export function post(state: ZammadState, ticket: ZammadTicket, article: ZammadArticle | undefined): void {
  const { articles, links: _links, attributes, tags: _tags, ...plain } = ticket
  const person = (id: number) => ({ ...userOf(state, id), active: true, verified: false })
  state.posted.push(
    structuredClone({
      ticket: {
        ...plain,
        ...attributes,
        article_count: articles.length,
        article_ids: articles.map(({ id }) => id),
        number: `62${ticket.id}`,
        customer: person(ticket.customer_id),
        created_by: person(bridgeUser),
        updated_by: person(beaUser),
        owner: person(1),
        group: state.groups.find(({ id }) => id === ticket.group_id),
        organization: {},
        priority: { id: 2, name: '2 normal' },
      },
      article: article
        ? {
            ...article,
            accounted_time: 0,
            attachments: article.attachments.map((file) => ({
              ...file,
              url: `${state.url}/api/v1/ticket_attachment/${ticket.id}/${article.id}/${file.id}`,
            })),
            created_by: person(article.created_by_id),
            updated_by: person(article.created_by_id),
          }
        : {},
    }),
  )
}
