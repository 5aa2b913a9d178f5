import type { Redis } from 'ioredis'
import type { DomainEvent } from '../../src/domain/event.ts'
import type { Page } from '../../src/domain/page.ts'
import type { Route } from '../../src/domain/route.ts'
import { windowOpening } from '../../src/meta/policy/window.ts'
import { delivery } from '../../src/queue/journal.ts'
import { splitDeliveries } from '../../src/queue/split-deliveries.ts'
import type { SplitDeps } from '../../src/queue/split-deliveries.ts'
import { conversations } from '../../src/records/conversations.ts'
import { lastDeliveries } from '../../src/records/last-deliveries.ts'
import { people } from '../../src/records/people.ts'
import { replies } from '../../src/records/replies.ts'
import { routeMemories } from '../../src/records/route-memories.ts'
import { routeEvents } from '../../src/routing/route-events.ts'
import { laneKit, memoryLog, noTrace } from './lane-kit.ts'
import { page } from './lane-replies.ts'

export const anna = '1:anna'

/** The splitter with routes and real records. `routes` and `helpdesks` may be changed on the way. */
export function routeKit(redis: Redis, given: Route[], settings: Partial<Page> = {}) {
  const kit = laneKit(redis, { shards: 4 })
  const keep = { prefix: kit.prefix, conversationMs: 60_000, replyMs: 60_000, windowOpening }
  const routes = [...given]
  const helpdesks = new Set(['main', 'billing', 'shop', 'archive'])
  const pages = new Map([['1', { ...page, ...settings }]])
  const records = {
    conversations: conversations(redis, keep),
    replies: replies(redis, keep),
    lastDeliveries: lastDeliveries(redis, keep),
    people: people(redis, { prefix: kit.prefix, profileMs: 60_000 }),
    routeMemories: routeMemories(redis, keep),
  }
  const rings: string[][] = []

  async function split(bodies: string | readonly string[], more: Partial<SplitDeps> = {}): Promise<void> {
    const route = routeEvents({ ...records, routes, pages, helpdesks })
    const deps: SplitDeps = {
      ...records,
      lanes: kit.lanes,
      deadLetters: kit.deadLetters,
      ring: (lanes) => Promise.resolve(void rings.push(lanes)),
      trace: noTrace,
      log: memoryLog(),
      notice: () => Promise.resolve(),
      onEvent: () => {},
      route,
      ...more,
    }
    const deliveries = [bodies].flat().map((body) => delivery(Buffer.from(body), Date.now()))
    await splitDeliveries(deps)({ v: 1, deliveries })
  }

  /** What waits in the lanes of a conversation, by helpdesk. */
  async function waiting(id = anna): Promise<Record<string, string[]>> {
    const found: Record<string, string[]> = {}
    for (const helpdesk of ['', ...helpdesks]) {
      const items = await kit.payloads(helpdesk === '' ? `in:${id}` : `in@${helpdesk}:${id}`)
      if (items.length > 0) found[helpdesk || 'own'] = items.map(shown)
    }
    return found
  }

  return { kit, ...records, routes, helpdesks, pages, rings, split, waiting }
}

function shown(payload: string): string {
  const event = JSON.parse(payload) as DomainEvent
  return 'text' in event && event.text !== null ? event.text : event.kind
}

let counter = 0

/** Deliveries of one event each, as Meta posts them. */
export function said(text: string, timestamp = ++counter * 1000, from = 'anna'): string {
  const message = { mid: `m_${text}_${timestamp}`, text }
  return messaging({ sender: { id: from }, recipient: { id: '1' }, timestamp, message })
}

export function read(timestamp = ++counter * 1000, from = 'anna'): string {
  return messaging({
    sender: { id: from },
    recipient: { id: '1' },
    timestamp,
    read: { watermark: timestamp },
  })
}

export function takenBack(text: string, of: number, timestamp = ++counter * 1000): string {
  const message = { mid: `m_${text}_${of}`, is_deleted: true }
  return messaging({ sender: { id: 'anna' }, recipient: { id: '1' }, timestamp, message })
}

export function labelled(label: string, action: 'add' | 'remove', time = ++counter * 1000): string {
  const value = { action, user: { id: 'anna' }, label: { id: `l_${label}`, page_label_name: label } }
  return entry({ id: '1', time, changes: [{ field: 'inbox_labels', value }] })
}

export function commented(text: string, id = 'c_1', parentId?: string): string {
  const value = {
    item: 'comment',
    verb: 'add',
    comment_id: id,
    post_id: '1_p',
    parent_id: parentId ?? '1_p',
    from: { id: '7', name: 'Ada' },
    message: text,
    created_time: ++counter,
  }
  return entry({ id: '1', time: ++counter, changes: [{ field: 'feed', value }] })
}

function messaging(event: object): string {
  return entry({ id: '1', time: 1, messaging: [event] })
}

function entry(one: object): string {
  return JSON.stringify({ object: 'page', entry: [one] })
}
