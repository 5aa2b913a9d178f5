import { expect, test } from 'vitest'
import type { TicketHelpdesk } from '../../src/helpdesk/adapter.ts'
import { laneScripts } from '../../src/lanes/lane-scripts.ts'
import { laneSeizure } from '../../src/lanes/seize-lanes.ts'
import { forwardEvent } from '../../src/routing/forward-event.ts'
import { drainKit, gate } from '../support/lane-drain.ts'
import { inLane, inbound, message, ticketDesk } from '../support/lane-events.ts'
import { laneKit } from '../support/lane-kit.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })

/** Three messages that are being told in one update, while the test does something. */
async function underWay() {
  const kit = laneKit(redis.client)
  const door = gate()
  const updates: string[] = []
  const helpdesk: TicketHelpdesk = {
    ...ticketDesk().helpdesk,
    async appendMessages(_ticket, messages) {
      updates.push(messages.map(({ eventId }) => eventId).join(' '))
      await door.pass()
      return undefined
    },
  }
  const { append, turn, deps } = inbound(kit, helpdesk)
  const own = drainKit(kit, { work: forwardEvent(deps) })
  await append(message(1), message(2), message(3))
  await own.drain.offer([inLane])
  await door.reached
  return { kit, door, updates, append, turn, own }
}

test('a person who is erased meanwhile keeps what they write next, and nothing of before', async () => {
  const { kit, door, updates, append, turn, own } = await underWay()
  const seizure = laneSeizure(redis.client, laneScripts(redis.client), kit.settings)
  const seized = await seizure.seize([inLane])
  expect(seized).toMatchObject([{ dropped: 3 }])
  await append(message(4), message(5))
  expect(await seizure.areBusy(seized)).toBe(true)
  door.open()
  await own.until(() => own.settled.some(({ verdict }) => verdict === 'done'))
  expect(own.settled.at(-1)).toMatchObject({ result: 'stale' })
  expect(await seizure.areBusy(seized)).toBe(false)
  await seizure.release(seized)
  await own.drain.stop()
  await turn()
  expect(updates).toEqual(['evt_1 evt_2 evt_3', 'evt_4 evt_5'])
})

test('a worker that is stopped meanwhile ends the update, and leaves the rest to another', async () => {
  const { kit, door, append, own } = await underWay()
  await append(message(4))
  const stopped = own.drain.stop()
  door.open()
  await stopped
  expect(own.settled.at(-1)).toMatchObject({ verdict: 'stop', result: 'more' })
  expect(await kit.payloads(inLane)).toEqual([JSON.stringify(message(4))])
})
