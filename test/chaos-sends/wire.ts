/**
 * What went over the wires between the worker, Redis and Graph, in one order: the gates stand in all of them. There is
 * one worker at a time, so the order is the truth, and no clock is asked.
 */

/**
 *   marked        Redis was given the mark that the part is about to be sent
 *   repeat told   Redis was given `possibleRepeat` for the reply (of all parts)
 *   requested     Graph has the request of the part
 *   taken         Graph took the message
 *   refused       Graph said no
 *   answered      Graph's yes was written to the worker
 *   noted         Redis was given the mid of the answer
 *   echoed        Redis was given the mid of the echo
 *   released      Redis was told that the part was certainly not sent
 *   popped        Redis was told that the reply is over
 */
export type WireKind =
  | 'marked'
  | 'repeat told'
  | 'requested'
  | 'taken'
  | 'refused'
  | 'answered'
  | 'noted'
  | 'echoed'
  | 'released'
  | 'popped'

export interface WireEvent {
  /** Place in the order of all. */
  order: number
  /** ms since the epoch. */
  at: number
  /** Which life of the worker it was, from 1. */
  life: number
  kind: WireKind
  reply: string
  part: number
}

export interface Wire {
  life: number
  note(kind: WireKind, reply: string, part?: number): void
  /** Oldest first. */
  of(reply: string): readonly WireEvent[]
  readonly size: number
}

export function wire(): Wire {
  const byReply = new Map<string, WireEvent[]>()
  let order = 0
  const self: Wire = {
    life: 0,
    note(kind, reply, part = 0) {
      const events = byReply.get(reply) ?? []
      byReply.set(reply, events)
      events.push({ order: order++, at: Date.now(), life: self.life, kind, reply, part })
    },
    of: (reply) => byReply.get(reply) ?? [],
    get size() {
      return order
    },
  }
  return self
}
