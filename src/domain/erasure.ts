/** A person's wish to be forgotten, as far as we can fulfil it. */
export interface EraseRequest {
  /** The id of their conversation. */
  customerId: string
  /** Keep, under a hash of their id, that they said stop: what they agreed to before must not count again. */
  keepSuppression: boolean
  /** The request of theirs that this fulfils. */
  deletionCode: string | null
}

export interface ErasedCounts {
  /** Events and replies that waited in lanes. */
  waiting: number
  /** Dead letters of the conversation, or that mention the person. */
  deadLetters: number
  /** Deliveries that were kept since they could not be read, and that mention the person. */
  deliveries: number
  replies: number
  inboxMessages: number
  /** Copies of files that they sent. */
  attachments: number
  /** Whatever else bears the conversation in its name. */
  records: number
}

export interface DiskReport {
  /** The append-only file. `off`: there is none. */
  aof: 'rewritten' | 'off' | 'unfinished' | 'refused'
  /** The snapshot. `none`: this Redis makes none. */
  rdb: 'saved' | 'none' | 'unfinished' | 'refused'
  /** Replicas rewrite their own files when they like. */
  replicas: number
}

export interface Erasure {
  customerId: string
  /** Nothing of the person is left here, in the files of this Redis neither. Otherwise ask again; `remaining` says why. */
  complete: boolean
  erased: ErasedCounts
  /** Whether it is kept, under a hash, that they said stop. */
  suppressed: boolean
  disk: DiskReport
  remaining: { code: RemainingCode; message: string }[]
  /** Where others may have copies that we cannot erase. */
  elsewhere: { helpdesk: string; ticket: string | null }[]
}

export type RemainingCode = 'STOPPED' | 'JOURNAL' | 'AOF' | 'RDB'

export const nothingErased: Readonly<ErasedCounts> = {
  waiting: 0,
  deadLetters: 0,
  deliveries: 0,
  replies: 0,
  inboxMessages: 0,
  attachments: 0,
  records: 0,
}

/** Shorter than any id of Meta's, a text could stand for anything. */
const leastId = 8

/** Whether a text names one of these people, by their ids as they stand in JSON. */
export function mentions(people: readonly string[]): (text: string) => boolean {
  const ids = people.filter((id) => id.length >= leastId).map((id) => JSON.stringify(id).slice(1, -1))
  if (ids.length === 0) return () => false
  const escaped = ids.map((id) => id.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'))
  const pattern = new RegExp(`(?<![A-Za-z0-9])(?:${escaped.join('|')})(?![A-Za-z0-9])`)
  return (text) => pattern.test(text)
}
