import type { CopyJob } from '../domain/copy-job.ts'
import type { Log } from '../domain/log.ts'
import type { Trace } from '../domain/stage.ts'
import type { DomainEvent, OwnEcho } from '../domain/event.ts'
import { laneName } from '../lanes/keys.ts'
import type { DeadLetters } from '../lanes/dead-letters.ts'
import type { Item, Lanes } from '../lanes/lanes.ts'
import { splitDelivery } from '../meta/split.ts'
import type { Split } from '../meta/split.ts'
import type { Conversations } from '../records/conversations.ts'
import type { LastDeliveries } from '../records/last-deliveries.ts'
import type { Replies } from '../records/replies.ts'
import type { Delivery, DeliveryBatch } from './journal.ts'

export interface SplitDeps {
  lanes: Pick<Lanes, 'append'>
  conversations: Pick<Conversations, 'note'>
  replies: Pick<Replies, 'noteSent'>
  deadLetters: Pick<DeadLetters, 'keepDelivery' | 'erase'>
  lastDeliveries: Pick<LastDeliveries, 'note'>
  ring: (lanes: string[]) => Promise<void>
  trace: Trace
  log: Log
  /** Puts events where they belong, which for some only what came before them tells. Idempotent, like all that is done here. */
  place?: (events: DomainEvent[]) => Promise<DomainEvent[]>
  /** Which lanes each event goes into. Undefined, or without it: to the helpdesks of their Pages. */
  route?: (
    events: readonly DomainEvent[],
  ) => Promise<{ lanes: readonly (readonly string[])[]; remember(): Promise<void> } | undefined>
  /** Keeps them for the timelines of their customers. Without it nobody has one. */
  story?: (events: readonly DomainEvent[]) => Promise<void>
  /** What follows from events before any helpdesk sees them. */
  notice: (events: DomainEvent[]) => Promise<void>
  onEvent: (kind: DomainEvent['kind'], name: string) => void
  /** People who are to be looked up. Undefined where nobody is. Neither fails: a name is never in the way. */
  profiles?:
    | {
        strangers: (events: DomainEvent[]) => Promise<string[]>
        lookUp: (conversationIds: string[]) => Promise<void>
      }
    | undefined
  /** Files of customers that are to be copied. Undefined where nothing is. Both are idempotent. */
  copies?:
    | {
        /** Before the events can be seen: their helpdesk is given links to what was noted. */
        note: (events: DomainEvent[]) => Promise<CopyJob[]>
        fetch: (jobs: CopyJob[]) => Promise<void>
      }
    | undefined
}

/** Deliveries → events → lanes, then the alarms. Safe to repeat as a whole, which is how every failure is mended. */
export function splitDeliveries(deps: SplitDeps): (batch: DeliveryBatch) => Promise<void> {
  return async (batch) => {
    if (batch.v !== 1 || !Array.isArray(batch.deliveries)) return keepUnreadable(deps, batch)
    let events: DomainEvent[] = []
    const ownEchoes: OwnEcho[] = []
    const received = new Map<string, number>()
    for (const delivery of batch.deliveries) {
      const split = await splitOne(deps, delivery)
      events.push(...split.events)
      ownEchoes.push(...split.ownEchoes)
      for (const { pageId } of [...split.events, ...split.ownEchoes]) {
        if (pageId !== '') received.set(pageId, Math.max(received.get(pageId) ?? 0, delivery.receivedAt))
      }
    }
    deps.trace('split', {
      deliveries: batch.deliveries.length,
      events: events.length,
      ownEchoes: ownEchoes.length,
    })
    const echoes = ownEchoes.map(({ timestamp, ...echo }) => ({ ...echo, at: timestamp }))
    if (echoes.length > 0) await deps.replies.noteSent(echoes, 'echo')
    // So that `doctor` can tell an outage, and what to fetch again.
    if (events.length === 0) return deps.lastDeliveries.note(received)
    if (deps.place) events = await deps.place(events)
    const routed = await deps.route?.(events)
    const items = events.map((event, at): Item => {
      const [lane, ...also] = routed?.lanes[at] ?? []
      const payload = JSON.stringify(event)
      return { lane: lane ?? laneName('in', event.conversationId), also, id: event.id, payload }
    })
    const copies = (await deps.copies?.note(events)) ?? []
    const [fresh, strangers] = await Promise.all([
      deps.lanes.append(items),
      deps.profiles?.strangers(events) ?? [],
      deps.conversations.note(events),
      deps.story?.(events),
      deps.lastDeliveries.note(received),
    ])
    // After the note: what it says to the person would else meet a window that we don't know to be open.
    await Promise.all([deps.notice(events), routed?.remember()])
    deps.trace('append', { events: events.length, new: fresh, duplicates: events.length - fresh })
    for (const event of events) deps.onEvent(event.kind, event.kind === 'unknown' ? event.name : '')
    // Append before alarm: an alarm that came first could find nothing and be gone before the item is there.
    soundAlarm(deps, items)
    // Last, so that no text waits for it; and awaited, so that what is not added now is split, and added, again.
    if (copies.length > 0) await deps.copies?.fetch(copies)
    if (strangers.length > 0) await deps.profiles?.lookUp(strangers)
  }
}

/** Not awaited: the next delivery need not wait for it, and a lost alarm costs the grace and no event. */
function soundAlarm(deps: SplitDeps, items: Item[]): void {
  deps.ring([...new Set(items.flatMap(({ lane, also = [] }) => [lane, ...also]))]).catch((error: unknown) => {
    const err = error instanceof Error ? error.message : 'unknown'
    deps.log.warn({ err }, 'alarm not sent; the timer finds the lanes')
  })
}

/** A job of another version, or damaged: it must not stand before everyone else's events for ever. */
async function keepUnreadable(deps: SplitDeps, batch: unknown): Promise<void> {
  const message = 'the journal holds a job of another version'
  deps.log.error({ code: 'JOURNAL_UNREADABLE' }, `dead letter: ${message}`)
  const kept = { body: JSON.stringify(batch) ?? '', encoding: 'utf8', receivedAt: Date.now() } as const
  await deps.deadLetters.keepDelivery(kept, 'JOURNAL_UNREADABLE', message)
}

async function splitOne(deps: SplitDeps, delivery: Delivery): Promise<Split> {
  let split: Split
  try {
    const body =
      delivery.encoding === 'utf8' ? delivery.body : Buffer.from(delivery.body, 'base64').toString()
    split = splitDelivery(body, delivery.receivedAt)
  } catch (error) {
    // splitDelivery promises not to throw; if it does, its neighbours must not wait for a mended version.
    const message = `splitting failed: ${error instanceof Error ? error.name : 'unknown'}`
    split = { events: [], ownEchoes: [], unreadable: [{ code: 'SPLIT_FAILED', message }] }
  }
  const fault = split.unreadable[0]
  if (fault) {
    deps.log.error({ code: fault.code }, `dead letter: ${fault.message}`)
    await deps.deadLetters.keepDelivery(delivery, fault.code, fault.message)
  } else if (delivery.replays !== undefined) await deps.deadLetters.erase(delivery.replays)
  return split
}
