import { expect } from 'vitest'
import type { DomainEvent } from '../../src/domain/event.ts'
import { StepError } from '../../src/domain/step-error.ts'
import type { EventHelpdesk, TicketHelpdesk } from '../../src/helpdesk/adapter.ts'
import { conversations } from '../../src/records/conversations.ts'
import { receipts } from '../../src/records/receipts.ts'
import { forwardEvent } from '../../src/routing/forward-event.ts'
import type { ForwardDeps } from '../../src/routing/forward-event.ts'
import { drainKit } from './lane-drain.ts'
import { noTrace } from './lane-kit.ts'
import type { LaneKit } from './lane-kit.ts'
import { conversation, page } from './lane-replies.ts'

export const inLane = `in:${conversation}`
export const whole = { id: conversation, pageId: '1', psid: '2400000000000001', channel: 'messenger' }
export const busy = () => new StepError('busy', { code: 'DESK_BUSY', verdict: 'retry', arrived: 'unknown' })

export function message(n: number): DomainEvent {
  return { ...base(n), kind: 'message', mid: `m_${n}`, text: `text ${n}`, attachments: [] }
}

export function base(n: number) {
  const psid = '2400000000000001'
  return {
    id: `evt_${n}`,
    pageId: '1',
    conversationId: conversation,
    psid,
    timestamp: n,
    standby: false,
    raw: null,
  }
}

/** Steps of a helpdesk, as they are called; the planned ones fail, before or after they had their effect. */
export function ticketDesk() {
  const steps: string[] = []
  /** Idempotency keys of the notes. */
  const keys: string[] = []
  const failing = new Map<string, Error>()
  let opened = 0
  function step(text: string, name: string): void {
    steps.push(text)
    const error = failing.get(name)
    failing.delete(name)
    if (error) throw error
  }
  const helpdesk: TicketHelpdesk = {
    style: 'tickets',
    async openTicket({ conversation: of }, { idempotencyKey, attempt }) {
      expect(of).toEqual(whole)
      step(`open ${idempotencyKey} #${attempt}`, 'open')
      return Promise.resolve(`T-${++opened}`)
    },
    async appendMessage(ticket, { eventId, from, text, payload }, { idempotencyKey, attempt }) {
      expect(idempotencyKey).toBe(eventId)
      const who = from === 'agent' ? ' by an agent' : ''
      step(`append ${ticket} ${eventId} ${text} ${payload}${who} #${attempt}`, 'append')
      return Promise.resolve(undefined)
    },
    async addNote(ticket, { at, text }, { idempotencyKey }) {
      keys.push(idempotencyKey)
      step(`note ${ticket} ${at} ${text}`, 'note')
      return Promise.resolve(undefined)
    },
    close: () => Promise.resolve(),
  }
  return { helpdesk, steps, keys, failing }
}

/** An inbound lane with real records, and a helpdesk that the test gives. */
export function inbound(kit: LaneKit, helpdesk: EventHelpdesk | TicketHelpdesk) {
  const settings = { prefix: kit.prefix, conversationMs: 60_000, replyMs: 60_000 }
  const records = conversations(kit.redis, { ...settings, windowOpening: () => null })
  const deps: ForwardDeps = {
    pages: new Map([['1', page]]),
    helpdesks: new Map([['main', helpdesk]]),
    conversations: records,
    receipts: receipts(kit.redis, settings),
    trace: noTrace,
  }
  return {
    records,
    deps,
    append: (...events: DomainEvent[]) =>
      kit.lanes.append(
        events.map((event) => ({ lane: inLane, id: event.id, payload: JSON.stringify(event) })),
      ),
    async turn(more: Partial<ForwardDeps> = {}): Promise<string[]> {
      const own = drainKit(kit, { work: forwardEvent({ ...deps, ...more }) })
      await kit.waitEnds(inLane)
      await own.drain.offer([inLane])
      await own.until(() => own.settled.some((one) => one.result !== 'next' && one.result !== 'saved'))
      await own.drain.stop()
      return own.counted
    },
  }
}
