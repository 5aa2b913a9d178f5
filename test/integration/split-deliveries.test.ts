import { describe, expect, test } from 'vitest'
import type { DomainEvent } from '../../src/domain/event.ts'
import { delivery } from '../../src/queue/journal.ts'
import type { DeliveryBatch } from '../../src/queue/journal.ts'
import { splitDeliveries } from '../../src/queue/split-deliveries.ts'
import type { SplitDeps } from '../../src/queue/split-deliveries.ts'
import { windowOpening } from '../../src/meta/policy/window.ts'
import { conversations } from '../../src/records/conversations.ts'
import { lastDeliveries } from '../../src/records/last-deliveries.ts'
import { replies } from '../../src/records/replies.ts'
import { laneKit, memoryLog, noTrace } from '../support/lane-kit.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })
const receivedAt = Date.now()
const replyId = 'rpl_0123456789012345678901'

function open(more: Partial<SplitDeps> = {}) {
  const kit = laneKit(redis.client, { shards: 4 })
  const settings = { prefix: kit.prefix, conversationMs: 60_000, replyMs: 60_000, windowOpening }
  const records = {
    conversations: conversations(kit.redis, settings),
    replies: replies(kit.redis, settings),
    lastDeliveries: lastDeliveries(kit.redis, settings),
  }
  const rings: string[][] = []
  const heard: string[] = []
  const noticed: string[] = []
  const split = splitDeliveries({
    ...records,
    lanes: kit.lanes,
    deadLetters: kit.deadLetters,
    ring: (lanes) => Promise.resolve(void rings.push(lanes)),
    trace: noTrace,
    log: memoryLog(),
    notice: (events) => Promise.resolve(void noticed.push(...events.map((event) => event.id))),
    onEvent: (kind, name) => heard.push(name ? `${kind} ${name}` : kind),
    ...more,
  })
  async function mids(lane: string): Promise<string[]> {
    const events = (await kit.payloads(lane)).map((text) => JSON.parse(text) as DomainEvent)
    return events.map((event) => (event.kind === 'message' ? event.mid : event.kind))
  }
  return { kit, ...records, rings, heard, noticed, split, mids }
}

const batch = (...bodies: (string | Buffer)[]): DeliveryBatch => ({
  v: 1,
  deliveries: bodies.map((body, n) => delivery(Buffer.from(body), receivedAt + n)),
})

/** One POST of Meta's with these messages. */
function post(...messages: [from: string, mid: string, time: number, more?: object][]): string {
  const messaging = messages.map(([from, mid, timestamp, more]) => ({
    sender: { id: from },
    recipient: { id: '1' },
    timestamp,
    message: { mid, text: `text of ${mid}`, ...more },
  }))
  return JSON.stringify({ object: 'page', entry: [{ id: '1', time: 1, messaging }] })
}

const echo = (mid: string, metadata: string) =>
  JSON.stringify({
    object: 'page',
    entry: [
      {
        id: '1',
        time: 1,
        messaging: [
          {
            sender: { id: '1' },
            recipient: { id: 'anna' },
            timestamp: 5,
            message: { mid, is_echo: true, metadata, text: 'ours' },
          },
        ],
      },
    ],
  })

describe('a batch of deliveries', () => {
  test('is in the lanes in order, noted, and then rung for, each lane once', async () => {
    const rung = Promise.withResolvers<number>()
    const out = open({
      ring: async () => {
        rung.resolve((await out.kit.statuses.totals(0)).waiting)
      },
    })
    await out.split(
      batch(
        post(['anna', 'a1', 1000], ['bert', 'b1', 1001]),
        post(['anna', 'a2', 2000], ['anna', 'a3', 3000]),
      ),
    )
    expect(await out.mids('in:1:anna')).toEqual(['a1', 'a2', 'a3'])
    expect(await out.mids('in:1:bert')).toEqual(['b1'])
    expect(await rung.promise).toBe(2)
    expect(await out.conversations.get('1:anna')).toMatchObject({ lastCustomerAt: 3_000_000 })
    expect(out.heard).toEqual(['message', 'message', 'message', 'message'])
  })

  test('appends once when it is split twice, and rings again', async () => {
    const { split, mids, rings } = open()
    const same = batch(post(['anna', 'a1', 1], ['bert', 'b1', 2], ['anna', 'a2', 3]))
    await split(same)
    await split(same)
    await Promise.all([split(same), split(same)])
    expect(await mids('in:1:anna')).toEqual(['a1', 'a2'])
    expect(rings).toEqual(Array.from({ length: 4 }, () => ['in:1:anna', 'in:1:bert']))
  })

  test('without an event rings for nothing', async () => {
    const { split, rings } = open()
    await split(batch('{"object":"page","entry":[]}'))
    expect(rings).toEqual([])
  })
})

describe('what cannot be read', () => {
  test('is one dead letter with its bytes, and its neighbours go on', async () => {
    const { split, mids, kit } = open()
    const bad = batch(post(['anna', 'a1', 1]), '{"object":', post(['anna', 'a2', 2]))
    await split(bad)
    await split(bad)
    expect(await mids('in:1:anna')).toEqual(['a1', 'a2'])
    const { letters, total } = await kit.deadLetters.list(10)
    expect(total).toBe(1)
    expect(letters).toMatchObject([
      { kind: 'delivery', code: 'DELIVERY_NOT_JSON', payload: '{"object":', at: receivedAt + 1 },
    ])
  })

  test('keeps bytes that are no text as they are', async () => {
    const { split, kit } = open()
    const bytes = Buffer.from([0x7b, 0xff, 0xfe])
    await split(batch(bytes))
    const [letter] = (await kit.deadLetters.list(1)).letters
    expect(letter).toMatchObject({ encoding: 'base64' })
    expect(Buffer.from(letter!.payload, 'base64')).toEqual(bytes)
  })

  test('does not stop what stands beside it in the same delivery', async () => {
    const { split, mids, kit } = open()
    const deep = `${'['.repeat(500)}${']'.repeat(500)}`
    const body = post(['anna', 'a1', 1], ['anna', 'deep', 2, { attachments: 'DEEP' }], ['anna', 'a2', 3])
    await split(batch(body.replace('"DEEP"', deep)))
    expect(await mids('in:1:anna')).toEqual(['a1', 'a2'])
    expect((await kit.deadLetters.list(10)).letters).toMatchObject([{ code: 'EVENT_TOO_DEEP' }])
  })
})

describe('echoes', () => {
  test('of our own replies are noted and never appended', async () => {
    const { split, replies, rings, kit } = open()
    await split(batch(echo('m_echo', replyId)))
    await split(batch(echo('m_echo', replyId)))
    expect((await replies.sent(replyId)).parts).toEqual(new Set([0]))
    expect(rings).toEqual([])
    expect((await kit.statuses.totals(0)).waiting).toBe(0)
  })

  test('of somebody else are events', async () => {
    const { split, mids, heard } = open()
    await split(batch(echo('m_1', 'another app wrote this')))
    expect(await mids('in:1:anna')).toEqual(['echo'])
    expect(heard).toEqual(['echo'])
  })
})

describe('a Redis that fails half-way', () => {
  const fault = () => Promise.reject(new Error('Connection is closed'))

  test.each([
    { name: 'noting echoes', faulty: { replies: { noteSent: fault } } },
    { name: 'appending', faulty: { lanes: { append: fault } } },
    { name: 'noting the conversations', faulty: { conversations: { note: fault } } },
    { name: 'noticing what follows', faulty: { notice: fault } },
    { name: 'keeping a dead letter', faulty: { deadLetters: { keepDelivery: fault, erase: fault } } },
  ])('while $name makes the whole batch be repeated, and nothing is lost or doubled', async ({ faulty }) => {
    const { split, mids, kit, replies, rings, conversations, lastDeliveries } = open()
    const settings: SplitDeps = {
      lanes: kit.lanes,
      conversations,
      replies,
      lastDeliveries,
      deadLetters: kit.deadLetters,
      ring: () => Promise.resolve(),
      trace: noTrace,
      log: memoryLog(),
      notice: () => Promise.resolve(),
      onEvent: () => {},
    }
    const all = batch('{', post(['anna', 'a1', 1]), echo('m_echo', replyId), post(['anna', 'a2', 2]))
    await expect(splitDeliveries({ ...settings, ...faulty })(all)).rejects.toThrow('Connection is closed')
    await split(all)
    expect(await mids('in:1:anna')).toEqual(['a1', 'a2'])
    expect((await replies.sent(replyId)).parts).toEqual(new Set([0]))
    expect(await kit.deadLetters.count()).toBe(1)
    expect(rings).toEqual([['in:1:anna']])
  })

  test('while ringing costs an alarm and nothing else: the lanes are dirty, and the timer finds them', async () => {
    const out = open({ ring: () => Promise.reject(new Error('Connection is closed')) })
    await out.split(batch(post(['anna', 'a1', 1])))
    expect(await out.mids('in:1:anna')).toEqual(['a1'])
    expect(await out.kit.isDirty('in:1:anna')).toBe(true)
  })
})

describe('a job of the journal that cannot be read', () => {
  test('becomes a dead letter, so that it does not stand before everybody for ever', async () => {
    const out = open()
    for (const odd of [{ v: 2, deliveries: [] }, { v: 1 }, {}])
      await out.split(odd as unknown as DeliveryBatch)
    const { letters } = await out.kit.deadLetters.list(10)
    expect(letters.map(({ code }) => code)).toEqual(Array(3).fill('JOURNAL_UNREADABLE'))
  })
})

describe('a dead delivery that is replayed', () => {
  test('is erased once it can be read, and kept while it cannot', async () => {
    const out = open()
    await out.split(batch('{'))
    const [letter] = (await out.kit.deadLetters.list(1)).letters
    const again = (body: string): DeliveryBatch => ({
      v: 1,
      deliveries: [{ body, encoding: 'utf8', receivedAt: 1, replays: letter!.id }],
    })
    await out.split(again('{'))
    expect(await out.kit.deadLetters.get(letter!.id)).toMatchObject({ code: 'DELIVERY_NOT_JSON' })
    await out.split(again('{"object":"page","entry":[]}'))
    expect(await out.kit.deadLetters.get(letter!.id)).toBeUndefined()
  })
})
