import { expect, test } from 'vitest'
import type { DomainEvent } from '../../src/domain/event.ts'
import type { TicketHelpdesk } from '../../src/helpdesk/adapter.ts'
import { StepError } from '../../src/domain/step-error.ts'
import { base, busy, inLane, inbound, message, ticketDesk } from '../support/lane-events.ts'
import { laneKit } from '../support/lane-kit.ts'
import { conversation, page } from '../support/lane-replies.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })

function world() {
  const kit = laneKit(redis.client)
  const desk = ticketDesk()
  const updates: string[] = []
  const statuses: string[] = []
  const errors: Error[] = []
  const repeats: string[] = []
  const helpdesk: TicketHelpdesk = {
    ...desk.helpdesk,
    appendMessage(ticket, said, step) {
      if (step.repeat) repeats.push(said.eventId)
      return desk.helpdesk.appendMessage(ticket, said, step)
    },
    setStatus(ticket, status) {
      statuses.push(`${ticket} ${status}`)
      return Promise.resolve()
    },
    appendMessages(ticket, messages) {
      updates.push(`${ticket}: ${messages.map(({ eventId }) => eventId).join(' ')}`)
      const error = errors.shift()
      return error ? Promise.reject(error) : Promise.resolve(undefined)
    },
  }
  return { kit, desk, updates, statuses, errors, repeats, ...inbound(kit, helpdesk) }
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

test('what a customer says reopens the ticket also when staff wrote just before', async () => {
  const { append, turn, records, updates, statuses } = world()
  await append(message(1))
  await turn()
  await records.noteTicketStatus(conversation, 'main', 'T-1', 'solved', 2)
  await append(echo(3), echo(4), message(5), message(6))
  await turn()
  expect(statuses).toEqual(['T-1 open'])
  expect(updates).toEqual(['T-1: evt_3 evt_4', 'T-1: evt_5 evt_6'])
})

test('what cannot be read ends the update, and is in nobody else’s way', async () => {
  const { kit, append, turn, updates } = world()
  await append(message(1), message(2))
  await kit.append(inLane, 'no json', 'null')
  expect(await turn()).toEqual(['done', 'dead PAYLOAD_UNREADABLE', 'dead PAYLOAD_UNREADABLE'])
  expect(updates).toEqual(['T-1: evt_1 evt_2'])
})

const refused = () => new StepError('no', { code: 'HELPDESK_REFUSED', verdict: 'permanent', arrived: 'no' })

test('what may have been told with a head that died is a repeat when its turn comes, and told alone', async () => {
  const { kit, append, turn, updates, errors, desk, repeats } = world()
  await append(message(1), message(2), message(3))
  errors.push(busy(), refused())
  await turn()
  desk.failing.set('append', refused())
  await append(message(4), message(5))
  expect(await turn()).toEqual(['dead HELPDESK_REFUSED', 'done', 'done', 'done'])
  expect(updates).toEqual(['T-1: evt_1 evt_2 evt_3', 'T-1: evt_1 evt_2 evt_3', 'T-1: evt_4 evt_5'])
  expect(repeats).toEqual(['evt_1', 'evt_2', 'evt_3'])
  expect(await kit.state(inLane)).toEqual({})
})

test('what is refused at the first try was not told, and what was to be told with it is no repeat', async () => {
  const { append, turn, updates, errors, desk, repeats } = world()
  await append(message(1), message(2), message(3))
  errors.push(refused())
  desk.failing.set('append', refused())
  expect(await turn()).toEqual(['dead HELPDESK_REFUSED', 'done'])
  expect(updates).toEqual(['T-1: evt_1 evt_2 evt_3', 'T-1: evt_2 evt_3'])
  expect(repeats).toEqual([])
})

test('a Page that shows messages as notes from now on loses none of an update that failed', async () => {
  const { append, turn, updates, errors, desk } = world()
  await append(message(1), message(2), message(3))
  errors.push(busy())
  await turn()
  expect(updates).toEqual(['T-1: evt_1 evt_2 evt_3'])
  await turn({ pages: new Map([['1', { ...page, show: { message: 'note' } }]]) })
  expect(desk.steps.filter((step) => step.startsWith('note'))).toHaveLength(3)
})
