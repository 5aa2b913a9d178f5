import { describe, expect, test } from 'vitest'
import type { Conversation } from '../../src/domain/conversation.ts'
import type { Customer } from '../../src/domain/customer.ts'
import type { EventHelpdesk } from '../../src/helpdesk/adapter.ts'
import { webhookBody } from '../../src/helpdesk/webhook/adapter.ts'
import { people } from '../../src/records/people.ts'
import { busy, inbound, message, ticketDesk } from '../support/lane-events.ts'
import { laneKit } from '../support/lane-kit.ts'
import { conversation } from '../support/lane-replies.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })

const ada: Customer = {
  name: 'Ada Lovelace',
  firstName: 'Ada',
  lastName: 'Lovelace',
  username: null,
  pictureUrl: null,
  locale: null,
  timezone: null,
  gender: null,
}

async function known() {
  const kit = laneKit(redis.client)
  const records = people(redis.client, { prefix: kit.prefix, profileMs: 60_000 })
  const learn = async () => {
    await records.open([conversation])
    await records.keepKnown(conversation, ada, 1000)
  }
  return { kit, records, learn }
}

describe('a person who is known', () => {
  test('is told to a ticket that is new, once, and before what they say', async () => {
    const { kit, records, learn } = await known()
    await learn()
    const { helpdesk, steps, failing } = ticketDesk()
    const desk = {
      ...helpdesk,
      setCustomer: (ticket: string, { firstName, expiresAt }: Customer & { expiresAt: number }) =>
        Promise.resolve(void steps.push(`customer ${ticket} ${firstName} ${expiresAt}`)),
    }
    const own = inbound(kit, desk)
    failing.set('append', busy())
    await own.append(message(1), message(2))
    await own.turn({ people: records })
    await own.turn({ people: records })
    expect(steps).toEqual([
      'open evt_1:ticket #1',
      'customer T-1 Ada 61000',
      'append T-1 evt_1 text 1 null #1',
      'append T-1 evt_1 text 1 null #2',
      'append T-1 evt_2 text 2 null #1',
    ])
  })

  test('is not told to a helpdesk that does not want to know, nor is nobody', async () => {
    const { kit, records, learn } = await known()
    const { helpdesk, steps } = ticketDesk()
    const told: string[] = []
    const desk = { ...helpdesk, setCustomer: (ticket: string) => Promise.resolve(void told.push(ticket)) }
    const own = inbound(kit, desk)
    await own.append(message(1))
    await own.turn({ people: records })
    await learn()
    // The ticket is there: whoever looked them up tells it.
    await own.append(message(2))
    await own.turn({ people: records })
    expect(told).toEqual([])
    const other = inbound(laneKit(redis.client), helpdesk)
    await other.append(message(3))
    await other.turn({ people: records })
    expect(steps.at(-1)).toBe('append T-2 evt_3 text 3 null #1')
  })

  test('stands in what a webhook is told, which else says that nobody knows', async () => {
    const { kit, records, learn } = await known()
    const told: Conversation[] = []
    const desk: EventHelpdesk = {
      style: 'events',
      forwardEvent: (_event, about) => Promise.resolve(void told.push(about)),
      close: () => Promise.resolve(),
    }
    const own = inbound(kit, desk)
    await own.append(message(1))
    await own.turn({ people: records })
    await learn()
    await own.append(message(2))
    await own.turn({ people: records })
    expect(told.map(({ customer }) => customer)).toEqual([null, ada])
    expect(webhookBody(message(2), told[1]!, new Date(0))).toMatchObject({
      data: { conversation: { customer: { name: 'Ada Lovelace', firstName: 'Ada' } } },
    })
  })
})
