import { expect, test } from 'vitest'
import type { DomainEvent } from '../../src/domain/event.ts'
import { StepError } from '../../src/domain/step-error.ts'
import type { TicketHelpdesk } from '../../src/helpdesk/adapter.ts'
import { busy, inLane, inbound, message, ticketDesk } from '../support/lane-events.ts'
import { laneKit } from '../support/lane-kit.ts'
import { ticketWorld } from '../support/lane-tickets.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })

const refused = () => new StepError('no', { code: 'HELPDESK_REFUSED', verdict: 'permanent', arrived: 'no' })

/** A helpdesk that notes which steps are said to be repeats, in a lane of its own. */
function world() {
  const kit = laneKit(redis.client)
  const desk = ticketDesk()
  const told: string[] = []
  const helpdesk: TicketHelpdesk = {
    ...desk.helpdesk,
    appendMessage(ticket, said, step) {
      told.push(`${said.eventId}${step.repeat ? ' again' : ''}`)
      return desk.helpdesk.appendMessage(ticket, said, step)
    },
    appendMessages(_ticket, messages, { repeat }) {
      told.push(`${messages.map(({ eventId }) => eventId).join(' ')}${repeat ? ' again' : ''}`)
      return Promise.resolve(undefined)
    },
  }
  const lane = inbound(kit, helpdesk)

  /** An event that nobody answered for, then was refused, and is put back. */
  async function replayed(event: DomainEvent) {
    await lane.append(event)
    desk.failing.set('append', busy())
    await lane.turn()
    desk.failing.set('append', refused())
    await lane.turn()
    const { letters } = await kit.deadLetters.list(10)
    expect(letters).toHaveLength(1)
    told.length = 0
    return () => kit.deadLetters.replay(letters[0]!)
  }

  return { kit, told, replayed, ...lane }
}

test('an event that is replayed may have taken effect before, and its helpdesk is told so', async () => {
  const { replayed, turn, told, kit } = world()
  const replay = await replayed(message(1))
  expect(await replay()).toBe(true)
  expect(await kit.statuses.of(inLane)).toMatchObject({
    waiting: 1,
    oldestSince: expect.any(Number) as number,
  })
  expect(Number.isNaN((await kit.statuses.of(inLane)).oldestSince)).toBe(false)
  expect(await turn()).toEqual(['done'])
  expect(told).toEqual(['evt_1 again'])
})

test('an event that dies a second time is the same dead letter, and can be replayed as often', async () => {
  const { replayed, turn, told, kit, deps } = world()
  const replay = await replayed(message(1))
  await replay()
  await turn({ helpdesks: new Map() })
  const { letters } = await kit.deadLetters.list(10)
  expect(letters.map(({ code, payload }) => [code, payload])).toEqual([
    ['HELPDESK_UNKNOWN', JSON.stringify(message(1))],
  ])
  await kit.deadLetters.replay(letters[0]!)
  await turn(deps)
  expect(told).toEqual(['evt_1 again'])
})

test('an event that is replayed is not told together with those before it', async () => {
  const { replayed, append, turn, told } = world()
  const replay = await replayed(message(1))
  await append(message(2), message(3))
  await replay()
  await append(message(4))
  await turn()
  expect(told).toEqual(['evt_2 evt_3', 'evt_1 again', 'evt_4'])
})

test('a ticket that was closed as soon as it was there is followed by another when its event is replayed', async () => {
  const closedAtOnce = new Set(['T-1 more', 'T-2 more'])
  const world = ticketWorld(redis.client, {}, (desk) => ({
    appendMessage(ref, said, step) {
      const ticket = world.tickets.get(ref)
      if (ticket && closedAtOnce.has(ref)) ticket.status = 'closed'
      return desk.appendMessage(ref, said, step)
    },
  }))
  await expect(world.tell(message(1))).rejects.toThrow('closed')
  // And the one that followed it, too.
  await expect(world.tell(message(1))).rejects.toThrow('closed')
  expect(await world.tell(message(1))).toEqual({ verdict: 'done' })
  expect(world.ticket(3)).toMatchObject({ status: 'open', followUpOf: 'T-2 more' })
  expect(world.ticket(3)?.has).toContain('customer: text 1')
})
