import { describe, expect, test } from 'vitest'
import type { Customer } from '../../src/domain/customer.ts'
import type { DomainEvent } from '../../src/domain/event.ts'
import { inboxHelpdesk } from '../../src/helpdesk/inbox/adapter.ts'
import type { ContextFact } from '../../src/helpdesk/adapter.ts'
import { base, message } from '../support/lane-events.ts'
import { conversation } from '../support/lane-replies.ts'
import { ticketWorld } from '../support/lane-tickets.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })
const dayMs = 86_400_000

const ada: Customer = {
  name: 'Ada Lovelace',
  firstName: 'Ada',
  lastName: 'Lovelace',
  username: null,
  pictureUrl: null,
  locale: 'en_GB',
  timezone: -3.5,
  gender: null,
}
const fromAd = (n: number): DomainEvent => ({
  ...base(n),
  kind: 'message',
  mid: 'm',
  text: 'Hello',
  attachments: [],
  referral: { source: 'ADS', type: 'OPEN_THREAD', ref: null, adId: '9', adTitle: 'Shoes' },
})

type World = ReturnType<typeof ticketWorld>
const worldOf = (...fields: ContextFact[]) => ticketWorld(redis.client, {}, { fields: new Set(fields) })

/** A customer of whom everything is known that can be: with two earlier tickets, an order, a receipt and labels. */
async function regular(world: World): Promise<void> {
  await world.persons.open([conversation])
  await world.persons.keepKnown(conversation, ada, 1000)
  for (const ticket of ['T-7', 'T-8 more', 'T-9'])
    await world.records.keepTicket(conversation, 'main', ticket, 1)
  await world.records.noteTicketStatus(conversation, 'main', 'T-9', 'closed', 2)
  const entry = { conversationId: conversation, by: 'customer' } as const
  await world.story.add([
    { ...entry, id: 'o1', at: 1 * dayMs, kind: 'order', text: 'The customer ordered:\n2 × Hat' },
    { ...entry, id: 'r1', at: 2 * dayMs, kind: 'receipt', by: 'bot', text: 'Receipt 17: 20 EUR' },
    { ...entry, id: 'm1', at: 3 * dayMs, kind: 'message', text: 'not an order' },
    ...(['VIP', 'Late', 'Late'] as const).map((name, n) => ({
      ...entry,
      id: `l${n}`,
      at: 4 * dayMs + n,
      kind: 'label',
      label: { name, isOn: n < 2 },
    })),
  ])
}

describe('the context of a new ticket', () => {
  test('is all that is known, for the helpdesk’s fields, and in one note what it has none for', async () => {
    const world = worldOf()
    await regular(world)
    await world.tell(fromAd(1))
    expect(world.opened).toMatchObject([
      {
        subject: 'Ada at Acme',
        followUpOf: 'T-9',
        context: {
          name: 'Ada Lovelace',
          locale: 'en_GB',
          timezone: 'UTC-3:30',
          page: 'Acme',
          channel: 'messenger',
          origin: 'The customer came from the ad “Shoes”.',
          earlierTickets: 'T-9 (closed), T-8 (open), T-7 (open)',
          orders: '1970-01-03 Receipt 17: 20 EUR; 1970-01-02 The customer ordered: 2 × Hat',
          tags: 'VIP',
        },
      },
    ])
    expect(world.ticket(1)?.has).toEqual([
      [
        'note: Goes on from ticket T-9 (closed).',
        'The customer came from the ad “Shoes”.',
        'Name: Ada Lovelace',
        'Language: en_GB',
        'Time zone: UTC-3:30',
        'Page: Acme',
        'Channel: Messenger',
        'Earlier tickets: T-8 (open), T-7 (open)',
        'Orders: 1970-01-03 Receipt 17: 20 EUR; 1970-01-02 The customer ordered: 2 × Hat',
        'Labels: VIP',
      ].join('\n'),
      'customer: Hello',
    ])
    // What belongs to one later message is told with it, and no more.
    await world.tell(fromAd(2))
    expect(world.ticket(1)?.has.slice(2)).toEqual([
      'note: The customer came from the ad “Shoes”.',
      'customer: Hello',
    ])
  })

  test('is not told in the note as far as fields have it; that it goes on from another always is', async () => {
    const world = worldOf('name', 'locale', 'timezone', 'page', 'channel', 'origin', 'orders', 'tags')
    await regular(world)
    await world.tell(fromAd(1))
    expect(world.ticket(1)?.has[0]).toBe(
      'note: Goes on from ticket T-9 (closed).\nEarlier tickets: T-8 (open), T-7 (open)',
    )
  })

  test('makes no note of what the subject says anyway', async () => {
    const world = worldOf()
    await world.persons.open([conversation])
    await world.persons.keepKnown(conversation, { ...ada, locale: null, timezone: null }, 1000)
    await world.tell(message(1))
    expect(world.ticket(1)?.has).toEqual(['customer: text 1'])
  })

  test('leaves to an event that tells it how the customer came', async () => {
    const world = worldOf()
    const referral = { source: 'SHORTLINK', type: null, ref: 'spring', adId: null }
    await world.tell({ ...base(1), kind: 'referral', referral })
    const origin = 'The customer came by a link (spring).'
    expect(world.opened[0]?.context.origin).toBe(origin)
    expect(world.ticket(1)?.has).toEqual([`note: ${origin}`])
  })

  test('is for the inbox what the agent does not see in it', async () => {
    const told: string[] = []
    const put = (_id: string, { text }: { text: string | null }) =>
      Promise.resolve(void told.push(text ?? ''))
    const desk = inboxHelpdesk({
      open: () => Promise.resolve(),
      setConversationStatus: () => Promise.resolve(true),
      setCustomer: () => Promise.resolve(),
      put,
    } as unknown as Parameters<typeof inboxHelpdesk>[0])
    const world = ticketWorld(redis.client, {}, desk)
    await world.persons.open([conversation])
    await world.persons.keepKnown(conversation, ada, 1000)
    await world.tell(fromAd(1))
    expect(told).toEqual(['The customer came from the ad “Shoes”.', 'Hello'])
  })
})

describe('what is remembered of tickets', () => {
  test('the newest 20 before the current one', async () => {
    const world = worldOf()
    for (let n = 0; n < 30; n++) await world.records.keepTicket(conversation, 'main', `T-${n}`, n)
    await world.records.keepTicket(conversation, 'other', 'O-1', 1)
    const earlier = await world.records.earlierTickets(conversation, 'main')
    expect(earlier.map(({ ticket }) => ticket)).toEqual(Array.from({ length: 20 }, (_, n) => `T-${28 - n}`))
    expect(await world.records.earlierTickets(conversation, 'other')).toEqual([])
    const current = await world.records.tickets(conversation)
    expect(current.map(({ helpdesk, ticket }) => [helpdesk, ticket]).toSorted()).toEqual([
      ['main', 'T-29'],
      ['other', 'O-1'],
    ])
    expect(await world.records.allTickets(conversation)).toHaveLength(22)
    await world.records.forgetTickets(conversation)
    expect(await world.records.allTickets(conversation)).toEqual([])
    expect(await world.state()).toBeUndefined()
  })

  test('a status never goes backwards in time, and is that of the current ticket', async () => {
    const world = worldOf()
    const note = (id: string, status: 'open' | 'solved' | 'closed', at: number) =>
      world.records.noteTicketStatus(conversation, 'main', id, status, at)
    expect(await note('T-1', 'solved', 5)).toBe(false)
    await world.records.keepTicket(conversation, 'main', 'T-1 more')
    expect(await world.state()).toEqual({ ticket: 'T-1 more', status: 'open', since: 0 })
    expect(await note('T-1', 'solved', 5)).toBe(true)
    expect(await note('T-1', 'solved', 9)).toBe(false)
    expect(await note('T-1', 'open', 4)).toBe(false)
    expect(await note('T-2', 'closed', 6)).toBe(false)
    expect(await world.state()).toEqual({ ticket: 'T-1 more', status: 'solved', since: 5 })
    // The same one kept again stays what it is; another begins anew.
    await world.records.keepTicket(conversation, 'main', 'T-1 more')
    expect((await world.state())?.status).toBe('solved')
    await world.records.keepTicket(conversation, 'main', 'T-2')
    expect(await world.state()).toEqual({ ticket: 'T-2', status: 'open', since: 0 })
    expect(await note('T-1', 'open', 10)).toBe(false)
  })
})
