import { describe, expect, test } from 'vitest'
import type { DomainEvent } from '../../src/domain/event.ts'
import { recordErasure } from '../../src/records/erase-records.ts'
import { timeline } from '../../src/records/timeline.ts'
import type { TimelineEntry } from '../../src/records/timeline.ts'
import { acceptReply } from '../../src/routing/accept-reply.ts'
import { tellStory } from '../../src/routing/tell-story.ts'
import { replies } from '../../src/records/replies.ts'
import { commentEvent, person, thread } from '../support/lane-comments.ts'
import { base, message } from '../support/lane-events.ts'
import { laneKit, noTrace } from '../support/lane-kit.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })

function open() {
  const kit = laneKit(redis.client)
  const settings = { prefix: kit.prefix, conversationMs: 60_000, replyMs: 60_000 }
  const story = timeline(redis.client, settings)
  const ours = new Set<string>()
  const wroteComment = (id: string) => Promise.resolve(ours.has(id))
  return {
    kit,
    story,
    ours,
    tell: tellStory({ timeline: story, wroteComment }),
    accept: acceptReply({
      replies: replies(redis.client, settings),
      lanes: kit.lanes,
      timeline: story,
      ring: () => Promise.resolve(),
      trace: noTrace,
    }),
    erasure: recordErasure(redis.client, { prefix: kit.prefix }),
    keys: () => redis.client.keys(`${kit.prefix}:timeline*`),
  }
}

const entry = (n: number, at = n, conversationId = person): TimelineEntry => ({
  id: `e${String(n).padStart(4, '0')}`,
  conversationId,
  at,
  kind: 'message',
  by: 'customer',
  text: `text ${n}`,
})
const ids = (entries: TimelineEntry[]) => entries.map(({ id }) => id)
const request = {
  conversationId: person,
  message: { text: 'Hello' },
  agent: { name: 'Grace' },
  topic: null,
  parts: 1,
  by: 'desk',
  idempotencyKey: 'once',
}

describe('a timeline', () => {
  test('is read in pages, newest first, oldest first in each, whole and none twice', async () => {
    const { story } = open()
    // Some at the same moment, and added in any order.
    await story.add([7, 3, 5, 1, 6, 2, 4].map((n) => entry(n, Math.ceil(n / 3))))
    const pages: string[][] = []
    let before: string | null | undefined
    do {
      const page = await story.page([person], { limit: 3, ...(before ? { before } : {}) })
      pages.push(ids(page.entries))
      before = page.before
    } while (before !== null)
    expect(pages).toEqual([['e0005', 'e0006', 'e0007'], ['e0002', 'e0003', 'e0004'], ['e0001']])
    expect(await story.page([person], { limit: 7 })).toMatchObject({ before: null })
    expect(await story.page([person], { limit: 3, before: 'nonsense' })).toEqual({
      entries: [],
      before: null,
    })
  })

  test('has what is added once more only once, as it was', async () => {
    const { story } = open()
    await story.add([entry(1), entry(1)])
    await story.add([{ ...entry(1), text: 'other', at: 99 }])
    expect(await story.all(person)).toEqual([entry(1)])
  })

  test('keeps the newest 500 of a conversation, for as long as it is known, and of each no more than 1000 characters', async () => {
    const { story, keys } = open()
    await story.add([entry(1000), ...Array.from({ length: 600 }, (_, n) => entry(n))])
    await story.add([entry(0), { ...entry(1001), text: 'x'.repeat(3000) }])
    const all = await story.all(person)
    expect([all.length, all[0]?.text?.length, all.at(-1)?.id]).toEqual([500, 1001, 'e0102'])
    for (const key of await keys()) expect(await redis.client.pttl(key)).toBeGreaterThan(50_000)
  })

  test('takes one command, for however many events of however many conversations, and none for none', async () => {
    const { tell, story } = open()
    const scripts = async () => {
      const stats = await redis.client.info('commandstats')
      return Number(/cmdstat_eval:calls=(\d+)/.exec(stats)?.[1] ?? 0)
    }
    const before = await scripts()
    await tell([])
    expect((await scripts()) - before).toBe(0)
    await tell(Array.from({ length: 100 }, (_, n) => ({ ...message(n), conversationId: `1:${n % 10}` })))
    expect((await scripts()) - before).toBe(1)
    expect(await story.all('1:3')).toHaveLength(10)
  })

  test('of conversations that belong together is one', async () => {
    const { story } = open()
    const both = { ...entry(3), kind: 'private_reply' }
    const { text: _text, ...inThread } = { ...both, conversationId: thread }
    await story.add([entry(1, 1, thread), inThread, entry(2, 2), both, entry(4)])
    for (const all of [
      [thread, person],
      [person, thread],
    ]) {
      const { entries } = await story.page(all, { limit: 10 })
      expect(entries.map(({ id, conversationId, text }) => [id, conversationId, text])).toEqual([
        ['e0001', thread, 'text 1'],
        ['e0002', person, 'text 2'],
        ['e0003', person, 'text 3'],
        ['e0004', person, 'text 4'],
      ])
    }
  })
})

describe('what stands in it', () => {
  const told = async (...events: DomainEvent[]) => {
    const { tell, story } = open()
    await tell(events)
    // Meta sends again what it thinks was lost.
    await tell(events)
    const all = await story.all(events[0]!.conversationId)
    return all
      .toReversed()
      .map(({ at, kind, by, text, name }) => [at, kind, by, text, name].filter(Boolean).join(' '))
  }

  test('what customers, agents and others did, each once, and no receipts', async () => {
    const echo = { ...base(3), kind: 'echo' as const, mid: 'm', text: 'Hi', attachments: [], metadata: null }
    expect(
      await told(
        { ...message(1), attachments: [{ type: 'image', url: 'https://cdn.example/secret' }] } as DomainEvent,
        { ...base(2), kind: 'postback', mid: null, title: 'Yes', payload: 'YES' },
        { ...echo, appId: '263902037430900', fromInbox: true },
        { ...echo, id: 'evt_3b', appId: '77', fromInbox: false },
        { ...base(4), kind: 'read', watermark: 4, mid: null },
        { ...base(5), kind: 'label', action: 'add', labelId: '1', label: 'VIP' },
        { ...base(6), kind: 'order', products: [], note: null },
      ),
    ).toEqual([
      '1 message customer text 1 [image]',
      '2 postback customer Yes',
      "3 echo agent Hi Meta's inbox",
      '3 echo bot Hi app 77',
      '5 label system The label “VIP” was added.',
      expect.stringMatching(/^6 order customer /),
    ])
  })

  test('comments, but for those that are replies of ours', async () => {
    const { tell, story, ours } = open()
    ours.add('c_2')
    await tell([
      commentEvent('c_1'),
      commentEvent('c_2', { parentId: 'c_1', byPage: true }),
      commentEvent('c_3', { parentId: 'c_1', byPage: true, timestamp: 1_000_001 }),
    ])
    expect((await story.all(thread)).toReversed()).toMatchObject([
      { by: 'customer', name: 'Ada', text: 'comment c_1' },
      { by: 'agent', name: 'Acme', text: 'comment c_3' },
    ])
  })

  test('replies from when they are accepted, once, however often they are asked for', async () => {
    const { accept, story } = open()
    const first = await accept(request)
    expect(await accept(request)).toMatchObject({ ok: true })
    await accept({ ...request, topic: 'orders', agent: null, idempotencyKey: 'two' })
    const receipt = { orderNumber: '17', currency: 'EUR', summary: { totalCost: 20 } }
    await accept({
      ...request,
      message: { template: { type: 'receipt', ...receipt } },
      idempotencyKey: 'three',
    })
    await accept({ ...request, message: { typing: true }, idempotencyKey: 'four' })
    const all = await story.all(person)
    expect(all.map(({ kind, by, text, name }) => [kind, by, text, name]).toSorted()).toEqual([
      ['notification', 'bot', 'Hello', undefined],
      ['receipt', 'agent', 'Receipt 17: 20 EUR', 'Grace'],
      ['reply', 'agent', 'Hello', 'Grace'],
    ])
    expect(first.ok && all.some(({ replyId }) => replyId === first.reply.id)).toBe(true)
  })

  test('of a reply in private to a comment no word in the thread, which others have part in', async () => {
    const { accept, story } = open()
    const comment = { do: 'private', commentId: 'c_1' } as const
    await accept({ ...request, conversationId: thread, comment })
    expect(await story.all(thread)).toMatchObject([{ kind: 'private_reply', name: 'Grace' }])
    expect(JSON.stringify(await story.all(thread))).not.toContain('Hello')
  })
})

describe('somebody who is erased', () => {
  test('has no timeline, and said nothing in public; others did', async () => {
    const { tell, story, erasure, kit } = open()
    const [, psid = ''] = person.split(':')
    const own = { author: { id: psid, name: 'Ada' } }
    await tell([
      message(1),
      commentEvent('c_1', own),
      commentEvent('c_2', { parentId: 'c_1', text: `"author":"${psid}" is how I begin` }),
      commentEvent('c_3', { parentId: 'c_1', ...own, byPage: true }),
      { ...message(2), conversationId: `${person}1` },
    ])
    await erasure.erase([person])
    expect(await story.all(person)).toEqual([])
    expect(ids(await story.all(thread)).toSorted()).toEqual(['evt_c_2', 'evt_c_3'])
    expect(await story.all(`${person}1`)).toHaveLength(1)
    const left = await redis.client.zrange(`${kit.prefix}:timeline:${thread}`, '0', '-1')
    expect(left.toSorted()).toEqual(['evt_c_2', 'evt_c_3'])
  })
})
