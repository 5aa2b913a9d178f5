import type { Redis } from 'ioredis'
import type { DomainEvent } from '../../src/domain/event.ts'
import { inboxHelpdesk } from '../../src/helpdesk/inbox/adapter.ts'
import { inboxStore } from '../../src/helpdesk/inbox/store.ts'
import { laneScripts } from '../../src/lanes/lane-scripts.ts'
import { laneSeizure } from '../../src/lanes/seize-lanes.ts'
import { windowOpening } from '../../src/meta/policy/window.ts'
import { consents } from '../../src/records/consents.ts'
import { conversations } from '../../src/records/conversations.ts'
import { deletions } from '../../src/records/deletions.ts'
import { consentErasure } from '../../src/records/erase-consents.ts'
import { recordErasure } from '../../src/records/erase-records.ts'
import { routeMemories } from '../../src/records/route-memories.ts'
import { receipts } from '../../src/records/receipts.ts'
import { replies } from '../../src/records/replies.ts'
import { eraseCustomer } from '../../src/routing/erase-customer.ts'
import type { EraseDeps } from '../../src/routing/erase-customer.ts'
import { forwardEvent } from '../../src/routing/forward-event.ts'
import { pageStops } from '../../src/records/page-stops.ts'
import { drainKit } from './lane-drain.ts'
import { laneKit, noTrace } from './lane-kit.ts'
import { page } from './lane-replies.ts'

export const anna = '1:2400000000000001'
/** Whose id begins with hers. */
export const bert = '1:24000000000000011'

export const psidOf = (id: string) => id.slice(id.indexOf(':') + 1)

/** Everything that is kept of people, on a real Redis, and an eraser over it. Files are not rewritten. */
export function eraseKit(redis: Redis, more: Partial<EraseDeps> & { leaseMs?: number } = {}) {
  const { leaseMs = 60_000, ...overrides } = more
  const kit = laneKit(redis, { leaseMs })
  const { prefix } = kit
  const settings = {
    prefix,
    conversationMs: 60_000,
    replyMs: 60_000,
    consentMs: 60_000,
    deletionMs: 60_000,
    windowOpening,
  }
  const inbox = inboxStore(redis, { prefix, helpdesk: 'main', retentionDays: 1 })
  const records = {
    conversations: conversations(redis, settings),
    consents: consents(redis, settings),
    replies: replies(redis, settings),
    receipts: receipts(redis, settings),
    deletions: deletions(redis, settings),
    routeMemories: routeMemories(redis, settings),
    stops: pageStops(redis, settings),
  }
  const pages = new Map([['1', page]])
  const rung: string[] = []
  const deps: EraseDeps = {
    ...records,
    prefix,
    pages,
    eraseCopies: () => Promise.resolve(0),
    helpdesks: ['main', 'other'],
    inboxes: new Map([['main', inbox]]),
    seizure: laneSeizure(redis, laneScripts(redis), kit.settings),
    deadLetters: kit.deadLetters,
    consentErasure: consentErasure(redis, settings),
    recordErasure: recordErasure(redis, settings),
    unsplit: () => Promise.resolve(0),
    rewriteFiles: () => Promise.resolve({ aof: 'rewritten', rdb: 'none', replicas: 0 }),
    ring: (lanes) => Promise.resolve(void rung.push(...lanes)),
    now: Date.now,
    splitPatienceMs: 200,
    ...overrides,
  }
  const eraser = eraseCustomer(deps)
  const never = new AbortController().signal

  return {
    kit,
    ...records,
    inbox,
    deps,
    rung,
    erase: (
      customerId = anna,
      more: { keepSuppression?: boolean; deletionCode?: string; signal?: AbortSignal } = {},
    ) => {
      const { keepSuppression = true, deletionCode = null, signal = never } = more
      return eraser({ customerId, keepSuppression, deletionCode }, signal)
    },
    /** What the splitter does with an event. */
    async arrive(event: DomainEvent): Promise<void> {
      const lane = `in:${event.conversationId}`
      await kit.lanes.append([{ lane, id: event.id, payload: JSON.stringify(event) }])
      await records.conversations.note([event])
    },
    /** Somebody who forwards to the inbox; `inbox` may be one that waits. */
    forwarder(slow: Partial<typeof inbox> = {}) {
      const helpdesks = new Map([['main', inboxHelpdesk({ ...inbox, ...slow })]])
      return drainKit(kit, { work: forwardEvent({ ...records, pages, helpdesks, trace: noTrace }) })
    },
    /** Whatever Redis holds whose name or content has this text in it. */
    async keysWith(text: string): Promise<string[]> {
      const found: string[] = []
      for (const key of await redis.keys(`${prefix}:*`)) {
        const dump = await redis.dumpBuffer(key)
        if (key.includes(text) || dump?.includes(text)) found.push(key.slice(prefix.length + 1))
      }
      return found.toSorted()
    },
  }
}

let counter = 0

/** Something that a person wrote, a while ago. */
export function wrote(id: string, text: string, timestamp = Date.now() - 1000): DomainEvent {
  counter++
  return {
    id: `evt_${counter}`,
    kind: 'message',
    mid: `m_${counter}`,
    text,
    attachments: [],
    pageId: '1',
    conversationId: id,
    psid: psidOf(id),
    timestamp,
    standby: false,
    raw: null,
  }
}
