import type { Json } from '../vendor-server.ts'

export const frontSecrets = {
  app: 'front-app-secret-0123456789',
  token: 'front-token-0123456789',
  callback: 'front-signing-key-0123456789',
}

export interface FrontMessage {
  id: string
  uid: string
  externalId: string
  isInbound: boolean
  sender: string | undefined
  body: string
  at: number
  files: { name: string; type: string; bytes: string }[]
  failed?: string
}

export interface FrontConversation {
  id: string
  externalId: string
  handle: string
  status: 'unassigned' | 'archived' | 'deleted'
  tags: string[]
  messages: FrontMessage[]
  comments: { id: string; body: string }[]
  /** Messages and comments in the order in which they came. */
  order: string[]
}

export interface FrontState {
  conversations: FrontConversation[]
  contacts: Map<string, { id: string; name: string | undefined }>
  tags: { id: string; name: string }[]
  /** What Front posted to us of what we did ourselves. */
  told: Json[]
  /** So many looks at a message find nothing yet: Front takes in later than it answers. */
  late: number
  /** Merged into another one: by id. */
  merged: Map<string, string>
  next: (prefix: string) => string
}
