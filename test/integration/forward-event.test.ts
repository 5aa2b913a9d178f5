import { describe, expect, test } from 'vitest'
import type { EventHelpdesk } from '../../src/helpdesk/adapter.ts'
import { base, busy, inLane, inbound, message, ticketDesk, whole } from '../support/lane-events.ts'
import { laneKit } from '../support/lane-kit.ts'
import { conversation } from '../support/lane-replies.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })

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
      { ...base(3), kind: 'unknown', name: 'call' },
      { ...base(4), kind: 'message', mid: 'm', text: 'Blue', attachments: [], quickReply: { payload: 'B' } },
    )
    expect(await turn()).toEqual(['done', 'done', 'done', 'done'])
    expect(steps).toEqual([
      'open evt_1:ticket #1',
      'append T-1 evt_1 text 1 null #1',
      'append T-1 evt_2 Yes YES #1',
      'note T-1 3 Messenger event: call',
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
        await kit.leaseEnds(inLane)
        await kit.claimOne(inLane)
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
    { name: 'its Page is not in the config', more: { pages: new Map() }, code: 'PAGE_UNKNOWN' },
    { name: 'its helpdesk is not there', more: { helpdesks: new Map() }, code: 'HELPDESK_UNKNOWN' },
  ])('becomes a dead letter when $name, and goes once it is replayed', async ({ more, code }) => {
    const kit = laneKit(redis.client)
    const { helpdesk, steps } = ticketDesk()
    const { append, turn } = inbound(kit, helpdesk)
    await append(message(1))
    expect(await turn(more)).toEqual([`dead ${code}`])
    expect(steps).toEqual([])
    const [letter] = (await kit.deadLetters.list(1)).letters
    expect(letter).toMatchObject({ kind: 'event', conversationId: conversation, code })
    expect(JSON.parse(letter!.payload)).toEqual(message(1))
    await kit.deadLetters.replay(letter!)
    expect(await turn()).toEqual(['done'])
    expect(steps).toContain('append T-1 evt_1 text 1 null #1')
  })

  test('becomes one too when it cannot be read, and its neighbours go on', async () => {
    const kit = laneKit(redis.client)
    const { helpdesk, steps } = ticketDesk()
    const { append, turn } = inbound(kit, helpdesk)
    await kit.append(inLane, '{"id":')
    await append(message(1))
    expect(await turn()).toEqual(['dead PAYLOAD_UNREADABLE', 'done'])
    expect(steps).toHaveLength(2)
  })
})
