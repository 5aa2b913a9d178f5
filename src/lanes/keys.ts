import { hash } from 'node:crypto'
import { maskConversation } from '../domain/conversation.ts'

/**
 * A lane's name is its direction and its conversation: `in:<pageId>:<psid>`. Inbound it leads to the helpdesk of the
 * conversation's Page, whichever that is, or to one that a route chose: `in@<helpdesk>:<pageId>:<psid>`.
 * All keys of a shard share one hash tag, so that a script may touch them all on Redis Cluster.
 */
export type Direction = 'in' | 'out'

export interface LaneKeys {
  /** Sorted set: lane → when someone should look at it. A lane with something in it is always a member. */
  dirty: string
  /** Hash: the last `seq` and `epoch` given out. */
  counters: string
  /** Sorted set: id of a dead letter → when it died. */
  dead: string
  state(lane: string): string
  items(lane: string): string
  seen(id: string): string
  deadLetter(seq: string): string
}

export function laneKeys(prefix: string, shard: number): LaneKeys {
  const tag = `${prefix}:{${shard}}`
  return {
    dirty: `${tag}:dirty`,
    counters: `${tag}:counters`,
    dead: `${tag}:dead`,
    state: (lane) => `${tag}:state:${lane}`,
    items: (lane) => `${tag}:items:${lane}`,
    seen: (id) => `${tag}:seen:${id}`,
    deadLetter: (seq) => `${tag}:dead:${seq}`,
  }
}

/** `helpdesk` is one that a route chose; without it, or null, the Page's own. */
export function laneName(
  direction: Direction,
  conversationId: string,
  helpdesk: string | null = null,
): string {
  return `${direction}${helpdesk === null ? '' : `@${helpdesk}`}:${conversationId}`
}

export interface ParsedLane {
  direction: Direction
  /** The one that a route chose; null for the Page's own. */
  helpdesk: string | null
  conversationId: string
}

export function parseLane(lane: string): ParsedLane {
  const colon = lane.indexOf(':')
  const [direction, helpdesk = null] = lane.slice(0, colon).split('@', 2)
  return {
    direction: direction === 'out' ? 'out' : 'in',
    helpdesk,
    conversationId: lane.slice(colon + 1),
  }
}

/** All lanes of a conversation live in one shard. */
export function shardOf(lane: string, shards: number): number {
  if (shards === 1) return 0
  return parseInt(hash('sha256', parseLane(lane).conversationId).slice(0, 8), 16) % shards
}

/** For logs: the lane without the person's full id. */
export function maskLane(lane: string): string {
  const { direction, helpdesk, conversationId } = parseLane(lane)
  return laneName(direction, maskConversation(conversationId), helpdesk)
}
