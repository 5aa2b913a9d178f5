import { describe, expect, test } from 'vitest'
import { anna, eraseKit, psidOf, wrote } from '../support/erase-kit.ts'
import { drainKit, gate } from '../support/lane-drain.ts'
import { outbound, replyNumber, sentAs } from '../support/lane-replies.ts'
import { poll } from '../support/poll.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no', extraArgs: ['--rdbcompression', 'no'] })
const inLane = `in:${anna}`
/** Longer than the tests: who ends before it is not waited for. */
const leaseMs = 100_000

/** Holds the eraser where it waits for whoever is at work. */
function seized(world: ReturnType<typeof eraseKit>) {
  return poll(
    () => redis.client.hexists(world.kit.keysOf(inLane).state(inLane), 'busy'),
    (found) => found === 1,
  )
}

describe('an erasure while an event is forwarded', () => {
  test('waits for whoever forwards it, and erases what they wrote in the meantime', async () => {
    const world = eraseKit(redis.client, { leaseMs })
    const door = gate()
    const forwarder = world.forwarder({
      put: async (...message) => {
        await door.pass()
        await world.inbox.put(...message)
      },
    })
    await world.arrive(wrote(anna, 'old words'))
    await forwarder.drain.offer([inLane])
    await door.reached
    const erasing = world.erase()
    await seized(world)
    // The first look has erased the conversation; only now the message comes into the inbox.
    await poll(
      () => world.inbox.get(anna),
      (found) => found === undefined,
    )
    door.open()
    await poll(
      () => world.keysWith('old words'),
      (found) => found.length > 0,
    )
    const erasure = await erasing
    expect(erasure.erased.inboxMessages).toBe(1)
    expect(await world.keysWith('old words')).toEqual([])
    expect(await world.keysWith(psidOf(anna))).toEqual([])
    await forwarder.drain.stop()
    expect(forwarder.counted).toContain('stale COMMIT_REFUSED')
  })

  test('forgets the ticket that was opened meanwhile, or the next event would go to one that is gone', async () => {
    const world = eraseKit(redis.client, { leaseMs })
    const door = gate()
    const forwarder = drainKit(world.kit, {
      work: async () => {
        await door.pass()
        await world.conversations.keepTicket(anna, 'main', anna)
        return { verdict: 'done' }
      },
    })
    await world.arrive(wrote(anna, 'old words'))
    await forwarder.drain.offer([inLane])
    await door.reached
    const erasing = world.erase()
    await seized(world)
    await poll(
      () => world.conversations.get(anna),
      (found) => found === undefined,
    )
    door.open()
    await erasing
    expect(await world.conversations.tickets(anna)).toEqual([])
    await forwarder.drain.stop()
  })

  test('lets what arrives meanwhile wait, and start afresh when it is over', async () => {
    const world = eraseKit(redis.client, { leaseMs })
    const door = gate()
    const forwarder = world.forwarder({
      put: async (id, message) => {
        if (message.text === 'old words') await door.pass()
        await world.inbox.put(id, message)
      },
    })
    await world.arrive(wrote(anna, 'old words'))
    await forwarder.drain.offer([inLane])
    await door.reached
    const erasing = world.erase()
    await seized(world)
    await poll(
      () => world.conversations.get(anna),
      (found) => found === undefined,
    )
    const at = Date.now()
    await world.arrive(wrote(anna, 'new words', at))
    await forwarder.drain.offer([inLane])
    expect(await world.inbox.get(anna)).toBeUndefined()
    door.open()
    await erasing
    expect(world.rung).toEqual([inLane])
    await forwarder.drain.offer([inLane])
    await forwarder.until(() => forwarder.settled.some(({ result }) => result === 'empty'))
    const found = await world.inbox.get(anna)
    expect(found?.messages.map(({ text }) => text)).toEqual(['new words'])
    // The window that it opened is known, so that it can be answered.
    expect(await world.conversations.get(anna)).toMatchObject({ lastCustomerAt: at })
    expect(await world.keysWith('old words')).toEqual([])
    await forwarder.drain.stop()
  })

  test('waits for one who says nothing any more until their lease is over, and no longer', async () => {
    const world = eraseKit(redis.client, { leaseMs: 500 })
    await world.arrive(wrote(anna, 'old words'))
    await world.kit.claimOne(inLane)
    const erasing = world.erase()
    await seized(world)
    await poll(
      () => world.inbox.get(anna),
      (found) => found === undefined,
    )
    await world.inbox.put(anna, { id: 'late', from: 'customer', at: Date.now(), text: 'old words' })
    expect((await erasing).erased.inboxMessages).toBe(1)
    expect(await world.keysWith('old words')).toEqual([])
  })

  test('does not wait when nobody is at work', async () => {
    const world = eraseKit(redis.client, { leaseMs: 1_000_000 })
    await world.arrive(wrote(anna, 'old words'))
    await world.erase()
    expect(await world.keysWith('old words')).toEqual([])
  })

  test('ends early when the service stops, says so, and leaves no lane seized', async () => {
    const world = eraseKit(redis.client, { leaseMs: 1_000_000 })
    await world.arrive(wrote(anna, 'old words'))
    await world.kit.claimOne(inLane)
    expect(await world.erase(anna, { signal: AbortSignal.timeout(50) })).toMatchObject({
      complete: false,
      remaining: [{ code: 'STOPPED' }],
    })
    await world.arrive(wrote(anna, 'new words'))
    expect((await world.kit.claimOne(inLane)).payload).toContain('new words')
  })
})

describe('an erasure while a reply is on its way to Meta', () => {
  test('lets it end, and notes neither the answer nor the echo nor a receipt', async () => {
    const world = eraseKit(redis.client, { leaseMs })
    const out = outbound(world.kit)
    const answer = Promise.withResolvers<ReturnType<typeof sentAs>>()
    out.answers.push(answer.promise)
    await out.accept(replyNumber(1))
    const called = out.nextCall()
    const turn = out.turn()
    await called
    const erasing = world.erase()
    await poll(
      () => world.replies.get(replyNumber(1).id),
      (found) => found === undefined,
    )
    answer.resolve(sentAs('m_late'))
    await erasing
    await turn
    await out.echo(1, 'm_late')
    const receipt = { conversationId: anna, status: 'read' as const, watermark: 9_999_999_999_999, mids: [] }
    await world.receipts.note([receipt])
    await world.receipts.noteTold(replyNumber(1).id, 'main', 'read')
    expect(await world.replies.get(replyNumber(1).id)).toBeUndefined()
    expect(await world.keysWith(psidOf(anna))).toEqual([])
    expect(await world.keysWith('m_late')).toEqual([])
    expect(await world.keysWith('answer 1')).toEqual([])
  })
})
