import type { Json } from '../vendor-server.ts'

export const intercomSecrets = { token: 'intercom-token-0123456789', client: 'intercom-client-secret-01234' }
export const ourAdmin = '814860'

export interface IntercomPart {
  id: string
  part_type: 'comment' | 'note' | 'open' | 'close' | 'assignment'
  body: string | null
  created_at: number
  author: { type: 'user' | 'admin' | 'bot'; id: string; name: string | null }
  attachments: { type: string; name: string; url: string; content_type: string }[]
  redacted?: true
}

export interface IntercomConversation {
  id: string
  contactId: string
  state: 'open' | 'closed'
  title: string | null
  source: { body: string }
  assignee: string | null
  attributes: Record<string, string>
  tags: string[]
  parts: IntercomPart[]
}

export interface IntercomContact {
  id: string
  externalId: string
  name: string | null
  state: 'there' | 'archived' | 'merged'
  mergedInto?: string
}

export interface IntercomState {
  contacts: IntercomContact[]
  conversations: IntercomConversation[]
  tags: { id: string; name: string }[]
  attributes: { name: string; archived: boolean }[]
  /** What Intercom posted to us of what our own app did. */
  told: Json[]
  next: () => number
}

/** As Intercom keeps what was typed. */
export function paragraph(html: string): string {
  return `<p>${html.replace(/\n/g, '<br>')}</p>`
}

/** A notification, with the part that brought it about alone. */
export function notification(state: IntercomState, topic: string, id: string, part: IntercomPart): Json {
  return {
    type: 'notification_event',
    app_id: 'acme',
    topic,
    id: `notif_${state.next()}`,
    created_at: part.created_at,
    delivery_attempts: 1,
    data: {
      type: 'notification_event_data',
      item: {
        type: 'conversation',
        id,
        conversation_parts: {
          type: 'conversation_part.list',
          conversation_parts: [structuredClone({ type: 'conversation_part', ...part })],
          total_count: 1,
        },
      },
    },
  }
}
