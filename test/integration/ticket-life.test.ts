import { describe, expect, test } from 'vitest'
import type { DomainEvent } from '../../src/domain/event.ts'
import { StepError } from '../../src/domain/step-error.ts'
import { base, message } from '../support/lane-events.ts'
import { conversation } from '../support/lane-replies.ts'
import { ticketWorld } from '../support/lane-tickets.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })
const hourMs = 3_600_000
const refused = new StepError('no', { code: 'HELPDESK_REFUSED', verdict: 'permanent', arrived: 'no' })
const worldWith = (...more: Parameters<typeof ticketWorld> extends [unknown, ...infer Rest] ? Rest : never) =>
  ticketWorld(redis.client, ...more)

const at = (n: number, timestamp: number): DomainEvent => ({ ...message(n), timestamp })
const edit = (n: number): DomainEvent => ({
  ...base(n),
  kind: 'message_edit',
  mid: 'm',
  text: 'better',
  numEdit: 1,
  byPage: false,
})
const lead = (n: number): DomainEvent => ({
  ...base(n),
  kind: 'lead',
  leadgenId: 'l',
  formId: null,
  adId: null,
  adgroupId: null,
  answers: [],
  isComplete: true,
})

/** A world with one ticket that has what the customer wrote first. */
async function begun(...more: Parameters<typeof worldWith>) {
  const world = worldWith(...more)
  expect(await world.tell(message(1))).toEqual({ verdict: 'done' })
  return world
}

describe('a solved ticket', () => {
  test('is reopened by what the customer says in time, before it is said', async () => {
    const world = await begun()
    await world.desk.setStatus!('T-1 more', 'solved', step('by hand'))
    await world.note(1, 'solved', 1000)
    world.calls.length = 0
    await world.tell(at(2, 1000 + 72 * hourMs))
    expect(world.calls).toEqual(['open T-1 more', 'append T-1 more'])
    expect(await world.state()).toEqual({ ticket: 'T-1 more', status: 'open', since: 1000 + 72 * hourMs })
    await world.tell(at(3, 1000 + 200 * hourMs))
    expect(world.calls.slice(2)).toEqual(['append T-1 more'])
  })

  test('is reopened by what was said before it was solved, and came late', async () => {
    const world = await begun()
    await world.note(1, 'solved', 5000)
    await world.tell(at(2, 3000))
    expect([world.tickets.size, await world.state()]).toEqual([
      1,
      { ticket: 'T-1 more', status: 'open', since: 5001 },
    ])
    // The helpdesk calls once more about what it told before.
    await world.note(1, 'solved', 5000)
    expect(await world.state()).toMatchObject({ status: 'open' })
  })

  test('is followed by another after that time, and each names the other', async () => {
    const world = await begun()
    await world.note(1, 'solved', 1000)
    await world.tell(at(2, 1001 + 72 * hourMs))
    expect(world.ticket(2)).toEqual({
      status: 'open',
      followUpOf: 'T-1 more',
      has: ['note: Goes on from ticket T-1 (solved).\nPage: Acme\nChannel: Messenger', 'customer: text 2'],
    })
    expect(world.ticket(1)?.has).toEqual([
      'customer: text 1',
      'note: The customer came back: it goes on in ticket T-2.',
    ])
    expect(await world.state()).toEqual({ ticket: 'T-2 more', status: 'open', since: 0 })
    expect(await world.records.earlierTickets(conversation, 'main')).toEqual([
      { ticket: 'T-1 more', status: 'solved', since: 1000 },
    ])
    await world.tell(at(3, 1002 + 72 * hourMs))
    expect([world.tickets.size, world.ticket(2)?.has.at(-1)]).toEqual([2, 'customer: text 3'])
  })

  test.each([
    { tickets: { reopenHours: 1, afterwards: 'followUp' }, after: 1, has: 1 },
    { tickets: { reopenHours: 1, afterwards: 'followUp' }, after: 1.1, has: 2 },
    { tickets: { reopenHours: 0, afterwards: 'followUp' }, after: 0, has: 2 },
    { tickets: { reopenHours: 1, afterwards: 'reopen' }, after: 9000, has: 1 },
  ] as const)('by the settings of the Page: $tickets after $after hours', async ({ tickets, after, has }) => {
    const world = await begun({ tickets })
    await world.note(1, 'solved', 1000)
    await world.tell(at(2, 1000 + after * hourMs))
    expect([world.tickets.size, (await world.state())?.status]).toEqual([has, 'open'])
  })

  test('takes what nobody says as it is, however late', async () => {
    const world = await begun()
    await world.note(1, 'solved', 1000)
    await world.tell({ ...edit(2), timestamp: 1000 + 900 * hourMs })
    await world.tell({ ...lead(3), timestamp: 1000 + 900 * hourMs })
    expect([world.tickets.size, world.ticket(1)?.has.length]).toEqual([1, 3])
    expect((await world.state())?.status).toBe('solved')
  })

  test('of a helpdesk that cannot reopen is open once the message is there', async () => {
    const world = await begun({}, (desk) => {
      const { setStatus: _none, ...rest } = desk
      return { ...rest, setStatus: undefined as never }
    })
    await world.note(1, 'solved', 1000)
    await world.tell(at(2, 2000))
    expect([world.ticket(1)?.has, (await world.state())?.status]).toEqual([
      ['customer: text 1', 'customer: text 2'],
      'open',
    ])
  })

  test('gets the message though the helpdesk does not want the status', async () => {
    const world = await begun({}, { setStatus: () => Promise.reject(refused) })
    await world.note(1, 'solved', 1000)
    await world.tell(at(2, 2000))
    expect(world.ticket(1)?.has).toEqual(['customer: text 1', 'customer: text 2'])
  })
})

describe('a ticket that takes nothing any more', () => {
  test('is followed by another, whether it was told that it is closed or says so itself', async () => {
    for (const told of [true, false]) {
      const world = await begun()
      world.ticket(1)!.status = 'closed'
      if (told) await world.note(1, 'closed', 1000)
      await world.tell(at(2, 2000))
      expect(world.opened.map(({ followUpOf }) => followUpOf)).toEqual([null, 'T-1 more'])
      expect(world.ticket(2)?.has).toEqual([
        'note: Goes on from ticket T-1 (closed).\nPage: Acme\nChannel: Messenger',
        'customer: text 2',
      ])
      expect(world.ticket(1)?.has).toEqual(['customer: text 1'])
      // What is told is not asked for first.
      expect(world.calls.filter((call) => call === 'append T-1 more')).toHaveLength(told ? 1 : 2)
      expect(await world.records.earlierTickets(conversation, 'main')).toMatchObject([
        { ticket: 'T-1 more', status: 'closed' },
      ])
    }
  })

  test('goes unnamed at the vendor when it is gone, and is no earlier one', async () => {
    const world = await begun()
    world.ticket(1)!.status = 'gone'
    await world.tell(at(2, 2000))
    expect(world.ticket(2)).toMatchObject({ followUpOf: null })
    expect(world.ticket(2)?.has[0]).toContain('The ticket before this one, T-1, is gone.')
    expect(await world.records.earlierTickets(conversation, 'main')).toEqual([])
    expect(world.calls.filter((call) => call.startsWith('note T-1'))).toEqual([])
  })

  test('is not followed for what nobody says, which is in the timeline alone; but for news', async () => {
    const world = await begun()
    world.ticket(1)!.status = 'closed'
    expect(await world.tell(edit(2))).toEqual({ verdict: 'done' })
    expect([world.tickets.size, (await world.state())?.status]).toEqual([1, 'closed'])
    await world.tell(lead(3))
    expect([world.tickets.size, world.ticket(2)?.followUpOf]).toEqual([2, 'T-1 more'])
  })

  test('is no reason to follow a ticket that was opened just now, for ever', async () => {
    const world = worldWith({}, (desk) => ({
      async openTicket(ticket, step) {
        const ref = await desk.openTicket(ticket, step)
        world.tickets.get(ref)!.status = 'closed'
        return ref
      },
    }))
    await expect(world.tell(message(1))).rejects.toMatchObject({ facts: { code: 'TICKET_CLOSED' } })
    expect(world.calls).toEqual(['open', 'append T-1 more'])
  })

  test('is followed though the helpdesk does not see it as a follow-up', async () => {
    const world = await begun({}, ({ openTicket }) => ({
      openTicket: (ticket, step) =>
        ticket.followUpOf === null ? openTicket(ticket, step) : Promise.reject(refused),
    }))
    await world.note(1, 'solved', 1000)
    expect(await world.tell(at(2, 999 * hourMs))).toEqual({ verdict: 'done' })
    expect(world.ticket(2)).toMatchObject({
      followUpOf: null,
      has: [expect.stringContaining('ticket T-1'), 'customer: text 2'],
    })
    const busy = new StepError('busy', { code: 'BUSY', verdict: 'retry', arrived: 'no' })
    const other = await begun({}, ({ openTicket }) => ({
      openTicket: (ticket, step) =>
        ticket.followUpOf === null ? openTicket(ticket, step) : Promise.reject(busy),
    }))
    await other.note(1, 'solved', 1000)
    await expect(other.tell(at(2, 999 * hourMs))).rejects.toBe(busy)
  })

  test('need not take the note that says where it goes on', async () => {
    const world = await begun({}, ({ addNote }) => ({
      addNote: (ref, ...rest) => (ref === 'T-1 more' ? Promise.reject(refused) : addNote(ref, ...rest)),
    }))
    await world.note(1, 'solved', 1000)
    expect(await world.tell(at(2, 999 * hourMs))).toEqual({ verdict: 'done' })
    expect(world.ticket(2)?.has).toHaveLength(2)
  })

  test('of a helpdesk that has one per conversation is told, since there is no other', async () => {
    const world = worldWith({}, (desk) => ({
      async openTicket(ticket, step) {
        await desk.openTicket(ticket, step)
        world.tickets.set(conversation, world.ticket(1)!)
        return conversation
      },
    }))
    await world.tell(message(1))
    await world.records.noteTicketStatus(conversation, 'main', conversation, 'solved', 1000)
    await world.tell(at(2, 1000 + 999 * hourMs))
    expect(world.calls).toEqual([
      'open',
      `append ${conversation}`,
      `open ${conversation}`,
      `append ${conversation}`,
    ])
    expect(await world.state()).toMatchObject({ ticket: conversation, status: 'open' })
  })
})

describe('whoever forwards dies', () => {
  const scenes = {
    'while it is reopened': { status: 'solved', when: 2000, told: true },
    'while a solved one is followed': { status: 'solved', when: 999 * hourMs, told: true },
    'while one that says it is closed is followed': { status: 'closed', when: 2000, told: false },
    'while one that is gone is followed': { status: 'gone', when: 2000, told: false },
  } as const

  test.each(Object.entries(scenes))('%s, at any moment: all is there once', async (_name, scene) => {
    const play = async (at: number, after: boolean) => {
      const world = await begun()
      world.ticket(1)!.status = scene.status
      if (scene.told) await world.note(1, 'solved', 1000)
      Object.assign(world.death, { at, after, seen: 0 })
      expect(await world.tell({ ...message(2), timestamp: scene.when })).toEqual({ verdict: 'done' })
      const { seen } = world.death
      // The one that comes next goes where this one went.
      await world.tell({ ...message(3), timestamp: scene.when + 1 })
      return { seen, calls: world.calls.length, end: [[...world.tickets], await world.state()] }
    }
    const { seen, calls, end } = await play(0, false)
    expect(seen).toBeGreaterThan(3)
    for (let at = 1; at <= seen; at++) {
      for (const after of [false, true]) {
        const died = await play(at, after)
        expect([at, after, died.end]).toEqual([at, after, end])
        // Only what was under way at that moment is asked for again.
        expect(died.calls - calls, `${at} ${after}`).toBeLessThanOrEqual(1)
      }
    }
  })

  test('once the new one is open, and somebody reopens the old one: it goes on in the new one', async () => {
    const world = await begun()
    await world.note(1, 'solved', 1000)
    let reopened = false
    const { openTicket } = world.desk
    world.desk.openTicket = async (...all) => {
      const ref = await openTicket(...all)
      // The answer is lost.
      if (reopened) return ref
      reopened = await world.note(1, 'open', 2000)
      world.death.at = world.death.seen + 1
      return ref
    }
    await world.tell(at(2, 999 * hourMs))
    expect(reopened).toBe(true)
    expect([world.tickets.size, world.ticket(2)?.has.at(-1)]).toEqual([2, 'customer: text 2'])
    expect((await world.state())?.ticket).toBe('T-2 more')
  })
})

function step(idempotencyKey: string) {
  return { idempotencyKey, attempt: 1, signal: AbortSignal.timeout(10_000) }
}
