import { describe, expect, test } from 'vitest'
import type { KnownCustomer, TicketHelpdesk } from '../../src/helpdesk/adapter.ts'
import { personKey } from '../../src/records/record-keys.ts'
import { poll } from '../support/poll.ts'
import { ada, pageId, profileKit, psid, wrote } from '../support/profile-kit.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })

const settled = (kit: Awaited<ReturnType<typeof profileKit>>, id = ada) =>
  poll(
    () => kit.people.get(id),
    (record) => record !== undefined && record.state !== 'waiting',
  )

describe('a person', () => {
  test('is looked up once, whatever they do and however many workers there are', async () => {
    const kit = await profileKit(redis)
    kit.meta.person({
      pageId,
      psid,
      profile: {
        name: 'Ada Lovelace',
        first_name: 'Ada',
        last_name: 'Lovelace',
        profile_pic: 'https://cdn/a',
      },
    })
    // Each batch by a process of its own, which knows nobody.
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        const own = kit.wants()
        await own.lookUp(await own.strangers([wrote(), wrote({ kind: 'postback' })]))
      }),
    )
    expect(await kit.queue.count()).toBe(1)
    kit.work()
    kit.work()
    await settled(kit)
    await kit.wants().lookUp(await kit.wants().strangers([wrote()]))
    await poll(kit.queue.count, (count) => count === 0)
    expect(kit.asked()).toBe(1)
    expect(kit.results).toEqual(['known'])
    expect(await kit.people.customer(ada)).toEqual({
      name: 'Ada Lovelace',
      firstName: 'Ada',
      lastName: 'Lovelace',
      username: null,
      pictureUrl: 'https://cdn/a',
      locale: null,
      timezone: null,
      gender: null,
    })
    expect(await redis.client.pttl(personKey(kit.prefix, ada))).toBeGreaterThan(50_000)
    expect(JSON.stringify(kit.log.lines)).not.toMatch(/Ada|2400000000000001/)
  })

  test('is looked up for what they did, and for nothing else', async () => {
    const kit = await profileKit(redis)
    const own = kit.wants()
    const asked = (event: ReturnType<typeof wrote>) => own.strangers([event])
    for (const kind of ['echo', 'read', 'delivery', 'label', 'thread_control'] as const) {
      expect(await asked(wrote({ kind })), kind).toEqual([])
    }
    for (const kind of ['message', 'postback', 'referral', 'optin'] as const) {
      expect(await asked(wrote({ kind })), kind).toEqual([ada])
    }
    expect(await asked(wrote({ kind: 'reaction', byPage: true } as never))).toEqual([])
    const checkbox = 'user_ref:abc'
    expect(
      await asked(wrote({ kind: 'optin', psid: checkbox, conversationId: `${pageId}:${checkbox}` })),
    ).toEqual([])
    expect(await asked(wrote({ psid: null, conversationId: `${pageId}:page` }))).toEqual([])
    expect(await asked(wrote({ psid, conversationId: `${pageId}:comment:1` }))).toEqual([])
    expect(await asked(wrote({ pageId: '9', conversationId: `9:${psid}` }))).toEqual([])
  })

  test.each([
    ['Meta tells nothing of', null, {}, 'empty'],
    ['Meta may tell nothing of', undefined, { simulator: { profiles: 'none' as const } }, 'empty'],
    ['Meta knows no profile of', 'unavailable', {}, 'unavailable'],
  ] as const)('whom %s is not asked for again for a day', async (_, profile, more, state) => {
    const kit = await profileKit(redis, more)
    kit.meta.person({ pageId, psid, ...(profile === undefined ? {} : { profile }) })
    await kit.heard(wrote())
    kit.work()
    expect(await settled(kit)).toEqual({ state })
    expect(await redis.client.pttl(personKey(kit.prefix, ada))).toBeGreaterThan(86_000_000)
    expect(await kit.wants().strangers([wrote()])).toEqual([])
    expect(kit.asked()).toBe(1)
    expect(kit.results).toEqual([state])
  })

  test('is not asked for again for a day where a permission is missing', async () => {
    const kit = await profileKit(redis)
    kit.meta.fail({ path: 'person', error: { code: 200 } })
    await kit.people.open([ada])
    expect(await kit.lookUp()).toBeUndefined()
    expect(await kit.people.get(ada)).toEqual({ state: 'unavailable' })
  })

  test('is asked for again while Meta fails, for an hour', async () => {
    const kit = await profileKit(redis)
    await kit.people.open([ada])
    kit.meta.fail({ path: 'person', status: 503 })
    await expect(kit.lookUp()).rejects.toThrow('no profile')
    kit.meta.fail({ path: 'person', error: { code: 2 }, status: 500 })
    await expect(kit.lookUp()).rejects.toThrow('no profile: 2/-')
    kit.meta.fail({ path: 'person', cut: 'before' })
    await expect(kit.lookUp()).rejects.toThrow('no profile')
    expect(await kit.people.get(ada)).toEqual({ state: 'waiting' })
    kit.meta.fail({ path: 'person', status: 503 })
    expect(await kit.lookUp(ada, Date.now() - 3_600_001)).toBeUndefined()
    expect(await kit.people.get(ada)).toEqual({ state: 'unavailable' })
  })

  test('is asked for again by the worker itself', async () => {
    const kit = await profileKit(redis)
    kit.meta.fail({ path: 'person', status: 503 })
    await kit.heard(wrote())
    kit.work()
    expect(await settled(kit)).toMatchObject({ state: 'known' })
    expect(kit.asked()).toBe(2)
  })

  test('waits for a Page whose token is dead, for a day', async () => {
    const kit = await profileKit(redis)
    await kit.people.open([ada])
    kit.meta.fail({ path: 'person', error: { code: 190, error_subcode: 460 } })
    expect(await kit.lookUp(ada, Date.now() - 3_700_000)).toBe(300_000)
    expect(await kit.people.get(ada)).toEqual({ state: 'waiting' })
    const stopped = await profileKit(redis, {
      deps: { stops: { stopped: () => [{ page: pageId, detail: '' }] } },
    })
    await stopped.people.open([ada])
    expect(await stopped.lookUp()).toBe(300_000)
    expect(await stopped.lookUp(ada, Date.now() - 86_500_000)).toBeUndefined()
    expect(stopped.asked()).toBe(0)
    expect(await stopped.people.get(ada)).toEqual({ state: 'unavailable' })
  })

  test('waits for the budget, and is looked up then', async () => {
    const kit = await profileKit(redis, { lookups: { limit: 1, windowMs: 500 } })
    const bert = `${pageId}:2400000000000002`
    await kit.heard(wrote(), wrote({ conversationId: bert, psid: '2400000000000002' }))
    const began = performance.now()
    kit.work()
    await Promise.all([settled(kit), settled(kit, bert)])
    expect(performance.now() - began).toBeGreaterThan(450)
    expect(kit.asked()).toBe(2)
  })

  test('is asked for what the Page wants to know, and on Instagram for other things', async () => {
    const profile = { name: 'Ada', username: 'ada', locale: 'en_GB', timezone: 1.5, gender: 'female' }
    const more = { profileFields: ['locale', 'timezone'] as const }
    const known = async (page: object) => {
      const kit = await profileKit(redis, { page })
      kit.meta.person({ pageId, psid, profile })
      await kit.people.open([ada])
      await kit.lookUp()
      return kit.people.customer(ada)
    }
    const nothing = { username: null, locale: null, timezone: null, gender: null }
    expect(await known({})).toMatchObject({ ...nothing, name: 'Ada' })
    expect(await known(more)).toMatchObject({ ...nothing, locale: 'en_GB', timezone: 1.5 })
    expect(await known({ ...more, channel: 'instagram' })).toMatchObject({ ...nothing, username: 'ada' })
  })
})

describe('a name', () => {
  test('that comes after the ticket is filled in', async () => {
    const kit = await profileKit(redis)
    const conversation = { id: ada, pageId, psid, channel: 'messenger' as const }
    await kit.inbox.open(conversation)
    await kit.conversations.keepTicket(ada, 'main', ada)
    expect(await kit.inbox.get(ada)).not.toHaveProperty('customerName')
    await kit.heard(wrote())
    kit.work()
    const shown = await poll(
      () => kit.inbox.get(ada),
      (one) => one?.customerName !== undefined,
    )
    expect(shown).toMatchObject({
      customerName: 'Person 0001',
      customerPicture: `https://cdn.example/profile/${psid}.jpg`,
    })
    // Its link ends with the profile.
    await kit.inbox.setCustomer(ada, {
      name: 'Person 0001',
      pictureUrl: 'https://cdn/a',
      expiresAt: Date.now() - 1,
    })
    expect(await kit.inbox.get(ada)).not.toHaveProperty('customerPicture')
    // Nobody comes back by it who was erased.
    await kit.inbox.erase(ada)
    await kit.inbox.setCustomer(ada, { name: 'Ada', pictureUrl: null, expiresAt: Date.now() })
    expect(await redis.client.keys(`${kit.prefix}:inbox:main:facts:*`)).toEqual([])
  })

  test('that a helpdesk did not take is told again, and Meta is not asked again', async () => {
    const told: [string, KnownCustomer, string][] = []
    let fails = 1
    const helpdesk: TicketHelpdesk = {
      style: 'tickets',
      openTicket: () => Promise.reject(new Error('not asked for')),
      appendMessage: () => Promise.reject(new Error('not asked for')),
      addNote: () => Promise.reject(new Error('not asked for')),
      setCustomer(ticket, customer, { idempotencyKey }) {
        told.push([ticket, customer, idempotencyKey])
        return fails-- > 0 ? Promise.reject(new Error('busy')) : Promise.resolve()
      },
      close: () => Promise.resolve(),
    }
    const kit = await profileKit(redis, { helpdesk })
    await kit.conversations.keepTicket(ada, 'main', 'T-1')
    await kit.people.open([ada])
    await expect(kit.lookUp()).rejects.toThrow('busy')
    expect(await kit.lookUp()).toBeUndefined()
    expect(told.map(([ticket, { firstName }]) => [ticket, firstName])).toEqual([
      ['T-1', 'Person'],
      ['T-1', 'Person'],
    ])
    expect(new Set(told.map(([, , key]) => key)).size).toBe(1)
    expect(kit.asked()).toBe(1)
    // For an hour.
    fails = 1
    expect(await kit.lookUp(ada, Date.now() - 3_600_001)).toBeUndefined()
  })
})

describe('who is erased', () => {
  test('while Meta is asked is not kept, and waits in no queue', async () => {
    const kit = await profileKit(redis)
    kit.meta.fail({ path: 'person', delayMs: 300 })
    await kit.heard(wrote())
    kit.work()
    await poll(
      () => Promise.resolve(kit.asked()),
      (count) => count === 1,
    )
    await redis.client.unlink(personKey(kit.prefix, ada))
    await kit.queue.drop([ada])
    expect(await kit.queue.count()).toBe(0)
    expect(await kit.people.get(ada)).toBeUndefined()
    expect(kit.results).toEqual([])
  })

  test('before is not asked for', async () => {
    const kit = await profileKit(redis)
    await kit.heard(wrote())
    expect(await kit.queue.count()).toBe(1)
    await kit.queue.drop([ada, `${pageId}:nobody`])
    expect(await kit.queue.count()).toBe(0)
    await redis.client.unlink(personKey(kit.prefix, ada))
    expect(await kit.lookUp()).toBeUndefined()
    expect(kit.asked()).toBe(0)
  })
})
