import { describe, expect, test } from 'vitest'
import type { DomainEvent } from '../../src/domain/event.ts'
import { StepError } from '../../src/domain/step-error.ts'
import type { EventHelpdesk, TicketHelpdesk } from '../../src/helpdesk/adapter.ts'
import { conversations } from '../../src/records/conversations.ts'
import { forwardEvent } from '../../src/routing/forward-event.ts'
import type { ForwardDeps } from '../../src/routing/forward-event.ts'
import { drainKit } from '../support/lane-drain.ts'
import { laneKit, noTrace } from '../support/lane-kit.ts'
import type { LaneKit } from '../support/lane-kit.ts'
import { conversation, page } from '../support/lane-replies.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })

const lane = `in:${conversation}`
const whole = { id: conversation, pageId: '1', psid: '2400000000000001', channel: 'messenger' }
const busy = () => new StepError('busy', { code: 'DESK_BUSY', verdict: 'retry', arrived: 'unknown' })

function message(n: number): DomainEvent {
  return { ...base(n), kind: 'message', mid: `m_${n}`, text: `text ${n}`, attachments: [] }
}

function base(n: number) {
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
function ticketDesk() {
  const steps: string[] = []
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
    async openTicket(of, { idempotencyKey, attempt }) {
      expect(of).toEqual(whole)
      step(`open ${idempotencyKey} #${attempt}`, 'open')
      return Promise.resolve(`T-${++opened}`)
    },
    async appendMessage(ticket, { eventId, text, payload }, { idempotencyKey, attempt }) {
      expect(idempotencyKey).toBe(eventId)
      step(`append ${ticket} ${eventId} ${text} ${payload} #${attempt}`, 'append')
      return Promise.resolve()
    },
    async addNote(ticket, { at, text }) {
      step(`note ${ticket} ${at} ${text}`, 'note')
      return Promise.resolve()
    },
    close: () => Promise.resolve(),
  }
  return { helpdesk, steps, failing }
}

function inbound(kit: LaneKit, helpdesk: EventHelpdesk | TicketHelpdesk) {
  const records = conversations(kit.redis, { prefix: kit.prefix, conversationMs: 60_000, replyMs: 60_000 })
  const deps: ForwardDeps = {
    pages: new Map([['1', page]]),
    helpdesks: new Map([['main', helpdesk]]),
    conversations: records,
    trace: noTrace,
  }
  return {
    records,
    deps,
    append: (...events: DomainEvent[]) =>
      kit.lanes.append(events.map((event) => ({ lane, id: event.id, payload: JSON.stringify(event) }))),
    async turn(more: Partial<ForwardDeps> = {}): Promise<string[]> {
      const own = drainKit(kit, { work: forwardEvent({ ...deps, ...more }) })
      await kit.waitEnds(lane)
      await own.drain.offer([lane])
      await own.until(() => own.settled.some((one) => one.result !== 'next' && one.result !== 'saved'))
      await own.drain.stop()
      return own.counted
    },
  }
}

describe('a helpdesk that takes events', () => {
  test('gets each as it is, in order, under the same key on every try', async () => {
    const kit = laneKit(redis.client)
    const got: unknown[] = []
    let fails = true
    const helpdesk: EventHelpdesk = {
      style: 'events',
      forwardEvent(event, of, { idempotencyKey, attempt }) {
        got.push({ event, of, idempotencyKey, attempt })
        const isFirst = fails
        fails = false
        return isFirst ? Promise.reject(busy()) : Promise.resolve()
      },
      close: () => Promise.resolve(),
    }
    const { append, turn } = inbound(kit, helpdesk)
    await append(message(1), message(2))
    expect(await turn()).toEqual(['retry DESK_BUSY'])
    expect(await turn()).toEqual(['done', 'done'])
    expect(got).toEqual([
      { event: message(1), of: whole, idempotencyKey: 'evt_1', attempt: 1 },
      { event: message(1), of: whole, idempotencyKey: 'evt_1', attempt: 2 },
      { event: message(2), of: whole, idempotencyKey: 'evt_2', attempt: 1 },
    ])
  })
})

describe('a helpdesk that has tickets', () => {
  test('gets one ticket per conversation, then what happened', async () => {
    const { helpdesk, steps } = ticketDesk()
    const { append, turn } = inbound(laneKit(redis.client), helpdesk)
    await append(
      message(1),
      { ...base(2), kind: 'postback', mid: null, title: 'Yes', payload: 'YES' },
      { ...base(3), kind: 'unknown', name: 'read' },
      { ...base(4), kind: 'message', mid: 'm', text: 'Blue', attachments: [], quickReply: { payload: 'B' } },
    )
    expect(await turn()).toEqual(['done', 'done', 'done', 'done'])
    expect(steps).toEqual([
      'open evt_1:ticket #1',
      'append T-1 evt_1 text 1 null #1',
      'append T-1 evt_2 Yes YES #1',
      'note T-1 3 Messenger event: read',
      'append T-1 evt_4 Blue B #1',
    ])
  })

  test('is not asked for a second ticket when the step after the first fails', async () => {
    const { helpdesk, steps, failing } = ticketDesk()
    const { append, turn } = inbound(laneKit(redis.client), helpdesk)
    failing.set('append', busy())
    await append(message(1))
    expect(await turn()).toEqual(['retry DESK_BUSY'])
    expect(await turn()).toEqual(['done'])
    expect(steps).toEqual([
      'open evt_1:ticket #1',
      'append T-1 evt_1 text 1 null #1',
      'append T-1 evt_1 text 1 null #2',
    ])
  })

  test('nor when the ticket could not be kept with the conversation', async () => {
    const { helpdesk, steps } = ticketDesk()
    const { append, turn, records, deps } = inbound(laneKit(redis.client), helpdesk)
    await append(message(1))
    const forgetful = {
      ...deps.conversations,
      keepTicket: () => Promise.reject(new Error('Connection is closed')),
    }
    expect(await turn({ conversations: forgetful })).toEqual(['retry UNEXPECTED'])
    expect(await turn()).toEqual(['done'])
    expect(steps.filter((one) => one.startsWith('open'))).toHaveLength(1)
    expect(await records.ticket(conversation, 'main')).toBe('T-1')
  })

  test('is asked under the same key when nobody knows whether it opened one', async () => {
    const { helpdesk, steps, failing } = ticketDesk()
    const { append, turn } = inbound(laneKit(redis.client), helpdesk)
    failing.set('open', busy())
    await append(message(1))
    await turn()
    await turn()
    expect(steps.slice(0, 2)).toEqual(['open evt_1:ticket #1', 'open evt_1:ticket #2'])
  })

  test('gets nothing more from a holder that lost the lane while the ticket was opened', async () => {
    const kit = laneKit(redis.client)
    const { helpdesk, steps } = ticketDesk()
    const { append, turn, records } = inbound(kit, {
      ...helpdesk,
      async openTicket(of, step) {
        const ticket = await helpdesk.openTicket(of, step)
        await kit.leaseEnds(lane)
        await kit.claimOne(lane)
        return ticket
      },
    })
    await append(message(1))
    expect(await turn()).toEqual(['stale LEASE_LOST'])
    expect(steps).toEqual(['open evt_1:ticket #1'])
    expect(await records.ticket(conversation, 'main')).toBeUndefined()
  })
})

describe('an event with nowhere to go', () => {
  test.each([
    { name: 'its Page is not in the config', more: { pages: new Map() } },
    { name: 'its helpdesk is not there', more: { helpdesks: new Map() } },
  ])('becomes a dead letter when $name, and goes once it is replayed', async ({ more }) => {
    const kit = laneKit(redis.client)
    const { helpdesk, steps } = ticketDesk()
    const { append, turn } = inbound(kit, helpdesk)
    await append(message(1))
    expect(await turn(more)).toEqual(['dead PAGE_UNKNOWN'])
    expect(steps).toEqual([])
    const [letter] = (await kit.deadLetters.list(1)).letters
    expect(letter).toMatchObject({ kind: 'event', conversationId: conversation, code: 'PAGE_UNKNOWN' })
    expect(JSON.parse(letter!.payload)).toEqual(message(1))
    await kit.deadLetters.replay(letter!)
    expect(await turn()).toEqual(['done'])
    expect(steps).toContain('append T-1 evt_1 text 1 null #1')
  })

  test('becomes one too when it cannot be read, and its neighbours go on', async () => {
    const kit = laneKit(redis.client)
    const { helpdesk, steps } = ticketDesk()
    const { append, turn } = inbound(kit, helpdesk)
    await kit.append(lane, '{"id":')
    await append(message(1))
    expect(await turn()).toEqual(['dead PAYLOAD_UNREADABLE', 'done'])
    expect(steps).toHaveLength(2)
  })
})
