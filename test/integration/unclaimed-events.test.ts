import { beforeEach, describe, expect, it } from 'vitest'
import { acceptReply } from '../../src/routing/accept-reply.ts'
import { agentReply, callbackStore, person, startCallbacks } from '../support/callback-kit.ts'
import { message } from '../support/lane-events.ts'
import { noTrace } from '../support/lane-kit.ts'
import { ticketWorld } from '../support/lane-tickets.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })

let store: ReturnType<typeof callbackStore>
const key = (ticket = '7') => `${store.prefix}:unclaimed:desk:${ticket}`
const take = (...messages: string[]) =>
  store.acceptCallback(
    'desk',
    messages.map((one) => agentReply(one)),
  )
const own = () => store.conversations.keepTicket(person, 'desk', '7 more')
const claim = () => store.claimEvents('desk', '7', person)
const said = async () => (await store.waiting()).map(({ message: { text } }) => text?.replace('text of ', ''))

beforeEach(() => void (store = callbackStore(redis.client)))

describe('what a helpdesk tells of a ticket before we know that it is ours', () => {
  it('is answered and counted as unknown, kept for two minutes, and taken in order by whoever opens it', async () => {
    const service = await startCallbacks(redis.url)
    const answer = await service.tell([agentReply('m1'), agentReply('m2')])
    expect([answer.status, await answer.json(), service.counted.splice(0)]).toEqual([
      200,
      { ids: [] },
      ['unknown', 'unknown'],
    ])
    const ttl = await redis.client.pttl(`${service.prefix}:unclaimed:desk:7`)
    expect(ttl).toBeGreaterThan(100_000)
    expect(ttl).toBeLessThanOrEqual(120_000)
    expect(await service.waiting()).toEqual([])
    await service.conversations.keepTicket(person, 'desk', '7')
    await service.claimEvents('desk', '7', person)
    expect((await service.waiting()).map(({ source }) => source?.message)).toEqual(['m1', 'm2'])
    expect(service.counted).toEqual(['reply', 'reply'])
    expect(await redis.keys(`${service.prefix}:unclaimed:*`)).toEqual([])
  })

  it('is not overtaken by what it tells afterwards, and is taken once', async () => {
    await take('m1')
    await own()
    // Whoever opened the ticket has not come to it yet.
    await take('m2')
    await claim()
    await take('m1')
    expect(await said()).toEqual(['m1', 'm2'])
    expect(store.counted).toEqual(['unknown', 'reply', 'reply', 'repeated'])
    expect(await redis.keys(key('*'))).toEqual([])
  })

  it('is taken in order and once while several take it, and more comes', async () => {
    for (let round = 0; round < 20; round++) {
      store = callbackStore(redis.client)
      const other = store.taking()
      await take('m1', 'm2', 'm3')
      await own()
      await Promise.all([
        claim(),
        take('m4'),
        claim(),
        other('desk', [
          agentReply('m1'),
          agentReply('m2'),
          agentReply('m3'),
          agentReply('m4'),
          agentReply('m5'),
        ]),
      ])
      expect(await said()).toEqual(['m1', 'm2', 'm3', 'm4', 'm5'])
    }
  })

  it('is taken at once when the ticket is known by the time at which it would be kept', async () => {
    let looks = 0
    const racing = store.taking(store.accept, {
      conversations: {
        ...store.conversations,
        async conversationOf(helpdesk, ticket) {
          const id = await store.conversations.conversationOf(helpdesk, ticket)
          if (looks++ === 0) await own()
          return id
        },
      },
    })
    expect(await racing('desk', [agentReply('m1')])).toHaveLength(1)
    expect([await said(), store.counted, looks]).toEqual([['m1'], ['reply'], 2])
    expect(await redis.keys(key('*'))).toEqual([])
  })

  it('is its status, too, and nothing that only lasts a moment', async () => {
    await store.acceptCallback('desk', [
      { kind: 'typing', ticket: '8', typing: true },
      { kind: 'seen', ticket: '8' },
      { kind: 'status', ticket: '7', status: 'solved', at: 5 },
    ])
    expect(await redis.keys(key('*'))).toEqual([key('7')])
    await own()
    await claim()
    expect(await store.conversations.ticketState(person, 'desk')).toMatchObject({
      status: 'solved',
      since: 5,
    })
  })

  it('is not much: twenty of a ticket, and none that nobody could send', async () => {
    await take(...Array.from({ length: 25 }, (_, n) => `m${n}`))
    await store.acceptCallback('desk', [agentReply('long', { ticket: '8', text: 'x'.repeat(70_000) })])
    expect(await redis.keys(key('*'))).toEqual([key('7')])
    await own()
    await claim()
    expect(await said()).toEqual(Array.from({ length: 20 }, (_, n) => `m${n}`))
  })

  it('is dropped when it turns out to be what we wrote there, or is known to be', async () => {
    await store.ownWrites.keep('desk', 'm1')
    await take('m1')
    expect(await redis.keys(key('*'))).toEqual([])
    await take('m2', 'm3')
    await store.ownWrites.keep('desk', 'm2')
    await own()
    await claim()
    expect([await said(), store.counted]).toEqual([['m3'], ['unknown', 'unknown', 'unknown', 'own', 'reply']])
  })

  it('is taken by the next try when whoever takes it dies half-way', async () => {
    let appended = 0
    const dying = acceptReply({
      ...store,
      lanes: {
        append: (items) =>
          ++appended === 2 ? Promise.reject(new Error('died')) : store.kit.lanes.append(items),
      },
      ring: () => Promise.resolve(),
      trace: noTrace,
    })
    await take('m1', 'm2')
    await own()
    await expect(store.taking(dying)('desk', [agentReply('m3')])).rejects.toThrow('died')
    expect(await said()).toEqual(['m1'])
    await claim()
    expect(await said()).toEqual(['m1', 'm2'])
    await take('m3')
    expect(await said()).toEqual(['m1', 'm2', 'm3'])
  })
})

describe('an automation that answers in the instant in which its ticket is opened', () => {
  function open() {
    const greeting = (ticket: string) =>
      store.acceptCallback('main', [agentReply('hello', { ticket, agent: null })])
    const world = ticketWorld(redis.client, {}, (desk) => ({
      async openTicket(...given) {
        const ref = await desk.openTicket(...given)
        await greeting(ref.split(' ')[0]!)
        return ref
      },
    }))
    // The index of its tickets, and the lanes of its replies, are those of the world.
    store = callbackStore(redis.client, world.prefix)
    world.deps.claimEvents = (...all) =>
      world.point(() => {
        world.calls.push(`claim ${all.join(' ')}`)
        return store.claimEvents(...all)
      })
    return world
  }

  it('is heard before anything else is told to the ticket', async () => {
    const world = open()
    await world.tell(message(1))
    expect(world.calls).toEqual(['open', `claim main T-1 ${person}`, 'append T-1 more'])
    expect([await said(), store.counted]).toEqual([['hello'], ['unknown', 'reply']])
    await world.tell(message(2))
    expect(world.calls.slice(3)).toEqual(['append T-1 more'])
  })

  it('is heard once, wherever whoever opens it dies', async () => {
    const calm = open()
    await calm.tell(message(1))
    const points = calm.death.seen
    expect(points).toBe(5)
    for (const after of [false, true]) {
      for (let at = 1; at <= points; at++) {
        const world = open()
        Object.assign(world.death, { at, after })
        await world.tell(message(1))
        expect([at, after, await said()]).toEqual([at, after, ['hello']])
        expect(world.tickets.size).toBe(1)
      }
    }
  })
})
