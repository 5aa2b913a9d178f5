import type { Redis } from 'ioredis'
import type { DomainEvent } from '../../src/domain/event.ts'
import type { Page } from '../../src/domain/page.ts'
import type { EventHelpdesk, TicketHelpdesk } from '../../src/helpdesk/adapter.ts'
import { timeline } from '../../src/records/timeline.ts'
import { forwardEvent } from '../../src/routing/forward-event.ts'
import type { ForwardDeps } from '../../src/routing/forward-event.ts'
import { commentLane, threadLane } from './lane-comments.ts'
import { drainKit } from './lane-drain.ts'
import { laneKit } from './lane-kit.ts'
import { page } from './lane-replies.ts'

/** An inbound lane with real records, and a helpdesk that writes down what it is told. */
export function openForwarding(redis: Redis, settings: Partial<Page> = {}, withTags = false) {
  const kit = laneKit(redis)
  const out = commentLane(kit)
  const story = timeline(redis, { prefix: kit.prefix, conversationMs: 60_000, replyMs: 60_000 })
  const steps: string[] = []
  const failing = new Map<string, Error>()
  const events: DomainEvent[] = []
  let opened = 0
  const none = () => undefined

  function step(text: string): Promise<void> {
    const error = failing.get(text.split(' ')[0] ?? '')
    failing.delete(text.split(' ')[0] ?? '')
    if (error) return Promise.reject(error)
    steps.push(text)
    return Promise.resolve()
  }

  const tickets: TicketHelpdesk = {
    style: 'tickets',
    openTicket: ({ conversation: { id } }) => step(`open ${id}`).then(() => `T-${++opened}`),
    appendMessage: (ticket, { from, text }) => step(`append ${ticket} ${from}: ${text}`).then(none),
    addNote: (ticket, { text }, { idempotencyKey }) =>
      step(`note ${ticket} ${idempotencyKey} ${text}`).then(none),
    ...(withTags ? { setTags: (ticket, tags) => step(`tags ${ticket} ${tags.join()}`) } : {}),
    close: () => Promise.resolve(),
  }
  const eventDesk: EventHelpdesk = {
    style: 'events',
    forwardEvent: (event) => Promise.resolve(void events.push(event)),
    close: () => Promise.resolve(),
  }
  const deps: ForwardDeps = {
    ...out.deps,
    pages: new Map([['1', { ...page, ...settings }]]),
    helpdesks: new Map<string, TicketHelpdesk | EventHelpdesk>([
      ['main', tickets],
      ['events', eventDesk],
    ]),
    conversations: out.conversations,
    comments: out.comments,
    receipts: { untold: () => Promise.resolve([]), noteTold: () => Promise.resolve() },
    wroteComment: out.ownComments.isOurs,
    timeline: story,
  }

  /** These come from Meta, and are forwarded in their turn. */
  async function forward(...told: DomainEvent[]): Promise<string[]> {
    const placed = await out.tell(...told)
    for (const { conversationId, id, ...event } of placed) {
      const payload = JSON.stringify({ id, conversationId, ...event })
      await kit.lanes.append([{ lane: `in:${conversationId}`, id, payload }])
    }
    return turn(...new Set(placed.map(({ conversationId }) => `in:${conversationId}`)))
  }

  async function turn(...lanes: string[]): Promise<string[]> {
    const own = drainKit(kit, { work: forwardEvent(deps) })
    for (const lane of lanes) {
      await kit.waitEnds(lane)
      await own.drain.offer([lane])
      const isOver = (one: (typeof own.settled)[number]) =>
        one.lane === lane && one.result !== 'next' && one.result !== 'saved'
      await own.until(() => own.settled.some(isOver))
    }
    await own.drain.stop()
    return own.counted
  }

  return { ...out, kit, steps, failing, events, forward, turn, replies: () => kit.payloads(threadLane) }
}
