import { replyTemplate, statusTemplate } from '../../../src/helpdesk/freshdesk/rules.ts'
import type { Json } from '../vendor-server.ts'

export interface FreshdeskNote {
  id: number
  body: string
  body_text: string
  incoming: boolean
  private: boolean
  user_id: number
  /** 0 an answer, 2 a note. */
  source: number
  created_at: string
  attachments: Json[]
}

export interface FreshdeskTicket {
  id: number
  subject: string
  description: string
  description_text: string
  requester_id: number
  status: number
  priority: number
  source: number
  tags: string[]
  custom_fields: Record<string, string>
  deleted: boolean
  spam: boolean
  created_at: string
  updated_at: string
  notes: FreshdeskNote[]
}

export interface FreshdeskState {
  counter: number
  url: string
  apiKey: string
  /** Whose key it is. */
  me: number
  agents: { id: number; name: string }[]
  contacts: { id: number; name: string; unique_external_id: string; deleted: boolean }[]
  tickets: FreshdeskTicket[]
  ticketFields: string[]
  /** Makes other tickets than ours be changed, too. */
  archived: Set<number>
  /** What automation rules posted, oldest first. */
  posted: Json[]
  /** Seconds by which its clock is on: each change is a second later than the one before. */
  ticks: number
}

export const bridgeAgent = 9001

export function newFreshdesk(): FreshdeskState {
  return {
    counter: 100,
    url: '',
    apiKey: 'freshdesk-api-key-of-the-bridge',
    me: bridgeAgent,
    agents: [{ id: bridgeAgent, name: 'Bridge' }],
    contacts: [],
    tickets: [],
    ticketFields: ['subject', 'status', 'cf_locale'],
    archived: new Set(),
    posted: [],
    ticks: 0,
  }
}

export function timeNow(state: FreshdeskState): string {
  return new Date(Date.now() + ++state.ticks * 1000).toISOString().replace(/\.\d+/, '')
}

/** As its screen and its `body_text` show what was written as HTML. */
export function shown(html: string): string {
  const entities: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&amp;': '&' }
  return html
    .replace(/<br>|<\/div>/g, '\n')
    .replace(/<[^>]*>/g, '')
    .replace(/&(?:lt|gt|quot|amp);/g, (entity) => entities[entity]!)
    .trim()
}

export function addNote(
  state: FreshdeskState,
  ticket: FreshdeskTicket,
  told: Pick<FreshdeskNote, 'body' | 'incoming' | 'private' | 'user_id' | 'source'>,
  files: { name: string; type: string }[] = [],
): FreshdeskNote {
  const note = {
    ...told,
    id: ++state.counter,
    body_text: shown(told.body),
    created_at: timeNow(state),
    attachments: files.map(({ name, type }) => {
      const id = ++state.counter
      return { id, name, content_type: type, size: 12, attachment_url: `${state.url}/_files/${id}-${name}` }
    }),
  }
  ticket.notes.push(note)
  ticket.updated_at = note.created_at
  // Rules that look at nothing but that something public was written.
  if (!note.private) state.posted.push(filled(state, ticket, replyTemplate))
  return note
}

export function setStatus(state: FreshdeskState, ticket: FreshdeskTicket, status: number): void {
  if (ticket.status === status) return
  ticket.status = status
  ticket.updated_at = timeNow(state)
  const is = status < 4 ? 'open' : status === 5 ? 'closed' : 'solved'
  state.posted.push(filled(state, ticket, statusTemplate(is)))
}

/** A rule's content with its placeholders filled in, as Freshdesk fills them. */
function filled(state: FreshdeskState, ticket: FreshdeskTicket, template: string): Json {
  const latest = ticket.notes.findLast((note) => !note.private)
  const users = [...state.agents, ...state.contacts]
  const name = users.find(({ id }) => id === latest?.user_id)?.name ?? 'System'
  const files = (latest?.attachments ?? []).map(
    ({ id, name: file }: Json, n: number) =>
      `${n + 1}. <a href='https://acme.freshdesk.example/helpdesk/attachments/${id}'>${file}</a>`,
  )
  const list = files.length > 0 ? `\n\nAttachments :\n${files.join('<br />')}\n` : ''
  const words: Record<string, string> = {
    'ticket.id': String(ticket.id),
    'ticket.modified_on': ticket.updated_at.replace('T', ' ').replace('Z', ' UTC'),
    'ticket.latest_public_comment': latest ? `${name} : ${latest.body}${list}` : '',
  }
  return JSON.parse(
    template.replace(/\{\{([\w.]+)\}\}/g, (_, key: string) => JSON.stringify(words[key]).slice(1, -1)),
  )
}
