import { expect, test } from 'vitest'
import type { DomainEvent } from '../../src/domain/event.ts'
import { StepError } from '../../src/domain/step-error.ts'
import type { TicketHelpdesk } from '../../src/helpdesk/adapter.ts'
import { base, busy, inLane, inbound, message, ticketDesk } from '../support/lane-events.ts'
import { laneKit } from '../support/lane-kit.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })

const refused = () => new StepError('no', { code: 'HELPDESK_REFUSED', verdict: 'permanent', arrived: 'no' })

/** A helpdesk that takes several messages in one update, and fails as planned, after it has taken them. */
function joiningDesk() {
  const desk = ticketDesk()
  const updates: string[] = []
  const errors: Error[] = []
  const helpdesk: TicketHelpdesk = {
    ...desk.helpdesk,
    appendMessages(_ticket, messages, { idempotencyKey, repeat }) {
      const told = messages.map(({ eventId, from }) => (from === 'agent' ? `${eventId}!` : eventId))
      updates.push(`${idempotencyKey}: ${told.join(' ')}${repeat ? ' again' : ''}`)
      const error = errors.shift()
      return error ? Promise.reject(error) : Promise.resolve(undefined)
    },
  }
  return { ...desk, helpdesk, updates, errors }
}

function world() {
  const kit = laneKit(redis.client)
  const desk = joiningDesk()
  return { kit, desk, ...inbound(kit, desk.helpdesk) }
}

/** What staff wrote elsewhere. */
const echo = (n: number): DomainEvent => ({
  ...base(n),
  kind: 'echo',
  mid: `m_${n}`,
  text: 'by staff',
  attachments: [],
  appId: null,
  fromInbox: true,
  metadata: null,
})
const note = (n: number): DomainEvent => ({ ...base(n), kind: 'unknown', name: 'news' })

test('messages that wait are told in one update with the first of them, whoever wrote them', async () => {
  const { append, turn, desk, kit } = world()
  await append(message(1), echo(2), message(3))
  expect(await turn()).toEqual(['done'])
  expect(desk.updates).toEqual(['evt_1: evt_1 evt_2! evt_3'])
  expect(desk.steps).toEqual(['open evt_1:ticket #1'])
  expect(await kit.payloads(inLane)).toEqual([])
})

test('what is more than a message ends the update, and is told in its turn', async () => {
  const { append, turn, desk } = world()
  await append(message(1), message(2), note(3), message(4), message(5))
  expect(await turn()).toEqual(['done', 'done', 'done'])
  expect(desk.updates).toEqual(['evt_1: evt_1 evt_2', 'evt_4: evt_4 evt_5'])
  expect(desk.steps.at(-1)).toMatch(/^note T-1 3 /)
})

test('no update holds more than 51 messages', async () => {
  const { append, turn, desk } = world()
  await append(...Array.from({ length: 60 }, (_, n) => message(n + 1)))
  await turn()
  expect(desk.updates.map((update) => update.split(' ').length - 1)).toEqual([51, 9])
})

test('a message that waits alone is told alone', async () => {
  const { append, turn, desk } = world()
  await append(message(1))
  await turn()
  expect(desk.updates).toEqual([])
  expect(desk.steps.at(-1)).toContain('append T-1 evt_1')
})

test('the next try tells the same messages under the same key, whatever came meanwhile', async () => {
  const { append, turn, desk } = world()
  await append(message(1), message(2))
  desk.errors.push(busy())
  expect(await turn()).toEqual(['retry DESK_BUSY'])
  await append(message(3))
  expect(await turn()).toEqual(['done', 'done'])
  expect(desk.updates).toEqual(['evt_1: evt_1 evt_2', 'evt_1: evt_1 evt_2 again'])
  expect(desk.steps.at(-1)).toContain('append T-1 evt_3')
})

test('a worker that dies after the update is followed by one that tells the same', async () => {
  const { append, turn, desk, kit } = world()
  await append(message(1), message(2))
  desk.errors.push(busy())
  await turn()
  await kit.waitEnds(inLane)
  await kit.claimOne(inLane)
  await kit.leaseEnds(inLane)
  await append(message(3))
  await turn()
  expect(desk.updates.at(-1)).toBe('evt_1: evt_1 evt_2 again')
})

test('what was tried alone stays alone, since it may be there already', async () => {
  const { append, turn, desk } = world()
  await append(message(1))
  desk.failing.set('append', busy())
  await turn()
  await append(message(2), message(3))
  await turn()
  expect(desk.steps.filter((step) => step.startsWith('append T-1 evt_1'))).toHaveLength(2)
  expect(desk.updates).toEqual(['evt_2: evt_2 evt_3'])
})

test('where one of them is refused, the others do not share its fate', async () => {
  const { append, turn, desk, kit } = world()
  await append(message(1), message(2), message(3))
  desk.errors.push(refused())
  desk.failing.set('append', refused())
  expect(await turn()).toEqual(['dead HELPDESK_REFUSED', 'done'])
  expect(desk.updates).toEqual(['evt_1: evt_1 evt_2 evt_3', 'evt_2: evt_2 evt_3'])
  expect(await kit.payloads(inLane)).toEqual([])
})

test('a ticket that is closed meanwhile is followed by one that gets all of them', async () => {
  const { append, turn, desk } = world()
  await append(message(1))
  await turn()
  await append(message(2), message(3))
  desk.errors.push(new StepError('closed', { code: 'TICKET_CLOSED', verdict: 'permanent', arrived: 'no' }))
  await turn()
  expect(desk.updates).toEqual(['evt_2: evt_2 evt_3', 'evt_2:after:T-1: evt_2 evt_3'])
  expect(desk.steps.filter((step) => step.startsWith('open'))).toHaveLength(2)
})

test('a helpdesk that knows no such updates gets one message after the other', async () => {
  const kit = laneKit(redis.client)
  const desk = ticketDesk()
  const { append, turn } = inbound(kit, desk.helpdesk)
  await append(message(1), message(2))
  expect(await turn()).toEqual(['done', 'done'])
  expect(desk.steps.filter((step) => step.startsWith('append'))).toHaveLength(2)
})
