import { expect, test } from 'vitest'
import { busy, inbound, message, ticketDesk } from '../support/lane-events.ts'
import { laneKit } from '../support/lane-kit.ts'
import { conversation, page } from '../support/lane-replies.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })

/** An event whose ticket was opened, and whose words were not taken, when its Page got another helpdesk. */
async function halfWay() {
  const kit = laneKit(redis.client)
  const [one, two] = [ticketDesk(), ticketDesk()]
  const lane = inbound(kit, one.helpdesk)
  await lane.append(message(1))
  one.failing.set('append', busy())
  await lane.turn()
  const moved = {
    pages: new Map([['1', { ...page, helpdesk: 'other' }]]),
    helpdesks: new Map([
      ['main', one.helpdesk],
      ['other', two.helpdesk],
    ]),
  }
  return { ...lane, one, two, moved }
}

test('a ticket of one helpdesk is never taken for one of the same number in another', async () => {
  const { turn, two, moved, records } = await halfWay()
  expect(await turn(moved)).toEqual(['done'])
  expect(two.steps).toEqual(['open evt_1:ticket #2', 'append T-1 evt_1 text 1 null #2'])
  expect(await records.tickets(conversation)).toEqual([
    { helpdesk: 'main', ticket: 'T-1' },
    { helpdesk: 'other', ticket: 'T-1' },
  ])
})

test('a Page that keeps its helpdesk goes on in the ticket that is there', async () => {
  const { turn, one } = await halfWay()
  await turn()
  expect(one.steps.filter((step) => step.startsWith('open'))).toHaveLength(1)
})
