import type { Readable } from 'node:stream'
import type { CallbackScheme } from './callback-schemes.ts'

/** What somebody did in a helpdesk, as its callback or a poll tells it. `ticket` is the id part of a TicketRef. */
export type HelpdeskEvent =
  | {
      kind: 'reply'
      ticket: string
      /** The vendor's id of the message: the same on every try, so that it is one reply. */
      message: string
      /** ms since the epoch. */
      at: number
      /** Plain text; null when there are only files. */
      text: string | null
      files: AgentFile[]
      /** Null when an automation of the helpdesk speaks. */
      agent: { name: string; pictureUrl?: string } | null
    }
  | { kind: 'status'; ticket: string; status: 'open' | 'solved' | 'closed'; at: number }
  | { kind: 'typing'; ticket: string; typing: boolean }
  | { kind: 'seen'; ticket: string }

/** A file that an agent sends. Exactly one of `url` and `ref` is there. */
export interface AgentFile {
  type: 'image' | 'audio' | 'video' | 'file'
  name: string | null
  /** One that everybody can fetch. */
  url?: string
  /** One that only we can fetch, with the adapter's `file`. Holds no secret and no blank. */
  ref?: string
}

export interface HelpdeskFile {
  body: Readable
  contentType: string | null
  /** Bytes, where the vendor tells. */
  size: number | null
}

/** A POST from a helpdesk, once its signature is proven. */
export interface ProvenCallback {
  headers: Record<string, string | string[] | undefined>
  query: Record<string, string | undefined>
  /** What the body holds as JSON. */
  body: unknown
}

export interface CallbackAnswer {
  status?: number
  body: object | string
}

/** How a helpdesk calls us. The route, the proof and the storing are everybody's; what a body means is the adapter's. */
export interface HelpdeskCallback {
  scheme: CallbackScheme
  /** One is enough; several while they are rotated. For path secrets at least 32 characters. */
  secrets: readonly string[]
  /**
   * What it tells. Our own writes coming back, by id, and what concerns nobody here are no events. Throws
   * CallbackFault when the body is not what this vendor sends.
   */
  parse(callback: ProvenCallback): HelpdeskEvent[]
  /** What the vendor wants to read when all is stored, beside 200. `messages` are our ids of the replies, in order. */
  answer?(callback: ProvenCallback, replies: string[]): CallbackAnswer
}

/** Asks a vendor for what happened since; the cursor is kept in Redis, and moves on when the events are durable. */
export interface HelpdeskPoll {
  /** ms between two looks. */
  everyMs: number
  /** Undefined at the very first look: begin with now. Events come oldest first. */
  look(
    cursor: string | undefined,
    signal: AbortSignal,
  ): Promise<{ events: HelpdeskEvent[]; cursor: string; more: boolean }>
}

/** A body that this vendor would not send. Its message names the field and what it should be. */
export class CallbackFault extends Error {
  override readonly name = 'CallbackFault'
}
