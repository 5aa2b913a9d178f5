import { describe, expect, it } from 'vitest'
import { splitDelivery } from '../../src/meta/split.ts'
import type { Candidate } from '../../src/setup/synthetic-delivery.ts'
import { at, backfillKit, minute } from '../support/setup-backfill-kit.ts'
import { now, page, refuse, useGraph } from '../support/setup-kit.ts'
import { psid } from '../support/service.ts'

const graph = useGraph()
const { conversation, conversations, run } = backfillKit(graph)

describe('what it journals', () => {
  it('is what the webhook would have told: messages and echoes, oldest first', async () => {
    conversations(
      conversation('t_1', [
        { id: 'm_3', ago: 10, more: { reply_to: { mid: 'm_1' } } },
        { id: 'm_2', ago: 20, by: 'page' },
        { id: 'm_1', ago: 30 },
      ]),
    )
    const { exitCode, events, journalled, text } = await run(['--since', '2h'])
    expect(exitCode).toBe(0)
    expect(events).toMatchObject([
      {
        kind: 'message',
        mid: 'm_1',
        psid,
        pageId: page.id,
        text: 'text of m_1',
        timestamp: now - 30 * minute,
      },
      { kind: 'echo', mid: 'm_2', psid, text: 'text of m_2' },
      { kind: 'message', mid: 'm_3', replyTo: { mid: 'm_1' } },
    ])
    expect(journalled).toMatchObject([{ receivedAt: now - 10 * minute }])
    expect(JSON.parse(journalled[0]!.body)).toMatchObject({ object: 'page', entry: [{ id: page.id }] })
    expect(text).toContain('Journalled 3 new messages in 1 conversation; 0 more were known already.')
  })

  it('keeps the order within a second, which is all that Graph tells', async () => {
    const at = [
      { id: 'm_3', ago: 10 },
      { id: 'm_2', ago: 10, by: 'page' as const },
      { id: 'm_1', ago: 10 },
    ]
    conversations(conversation('t_1', at))
    const { events } = await run(['--since', '2h'])
    expect(events).toMatchObject(
      ['m_1', 'm_2', 'm_3'].map((mid, at) => ({ mid, timestamp: now - 10 * minute + at })),
    )
  })

  it('has the attachments in the words of the webhook', async () => {
    const attachments = {
      data: [
        { id: '1', mime_type: 'image/png', name: 'a.png', image_data: { url: 'https://cdn.example/a' } },
        { id: '2', mime_type: 'video/mp4', video_data: { url: 'https://cdn.example/b' } },
        { id: '3', mime_type: 'audio/mpeg', file_url: 'https://cdn.example/c' },
        { id: '4', mime_type: 'application/pdf', name: 'd.pdf', file_url: 'https://cdn.example/d' },
      ],
    }
    const shares = { data: [{ link: 'https://shop.example/', name: 'Shop' }] }
    conversations(
      conversation('t_1', [
        { id: 'm_1', ago: 10, more: { message: '', attachments, shares } },
        { id: 'm_2', ago: 11, more: { message: '' } },
      ]),
    )
    const { events } = await run(['--since', '2h'])
    expect(events[1]).toMatchObject({
      text: null,
      attachments: [
        { type: 'image', url: 'https://cdn.example/a' },
        { type: 'video', url: 'https://cdn.example/b' },
        { type: 'audio', url: 'https://cdn.example/c' },
        { type: 'file', url: 'https://cdn.example/d' },
        { type: 'fallback', url: 'https://shop.example/' },
      ],
    })
    expect(events[0]).toMatchObject({ mid: 'm_2', isUnsupported: true })
  })

  it('is of Instagram where the account is, through its linked Page', async () => {
    const id = '17841400000000000'
    const pages = [{ ...page, id, channel: 'instagram' }]
    const said = [
      { id: 'm_2', ago: 10, by: 'page' as const },
      { id: 'm_1', ago: 20 },
    ]
    conversations(conversation('t_1', said, { page: id }))
    graph.on(`GET ${page.id}`, { instagram_business_account: { id } })
    const { events, journalled } = await run(['--since', '2h', '--page', id], {}, { pages })
    expect(events).toMatchObject([
      { kind: 'message', pageId: id, psid },
      { kind: 'echo', pageId: id, psid },
    ])
    expect(JSON.parse(journalled[0]!.body)).toMatchObject({ object: 'instagram' })
    expect(graph.of(`GET ${page.id}/conversations`)[0]?.query).toMatchObject({ platform: 'instagram' })
  })

  it('is nothing with --dry-run, and the next command is printed', async () => {
    conversations(conversation('t_1', [{ id: 'm_1', ago: 10 }]))
    const { journalled, text } = await run(['--since', '2h', '--dry-run'])
    expect(journalled).toEqual([])
    expect(text).toContain('Found 1 new message in 1 conversation')
    expect(text).toContain('$ node src/main.ts backfill --page 1234567890 --since 2026-11-23T10:00:00Z')
  })
})

describe('what it leaves out', () => {
  it('is older than the time, also conversations that are', async () => {
    conversations(
      conversation('t_1', [
        { id: 'm_1', ago: 10 },
        { id: 'm_0', ago: 130 },
      ]),
      conversation('t_2', [{ id: 'm_9', ago: 200 }]),
    )
    const { events } = await run(['--since', '2h'])
    expect(events.map((event) => 'mid' in event && event.mid)).toEqual(['m_1'])
    expect(graph.calls.map(({ route }) => route)).not.toContain('GET t_2')
    expect(graph.calls.map(({ route }) => route)).not.toContain('GET m_0')
  })

  it('is known: received before as a message or as a tap on a button, or sent by us', async () => {
    conversations(
      conversation('t_1', [
        { id: 'm_3', ago: 10 },
        { id: 'm_2', ago: 20, by: 'page' },
        { id: 'm_1', ago: 30 },
      ]),
    )
    const asked: Candidate[] = []
    const known = (candidates: Candidate[]) => {
      asked.push(...candidates)
      return Promise.resolve(new Set(['m_1', 'm_2']))
    }
    const { events, text } = await run(['--since', '2h'], { known })
    expect(events).toMatchObject([{ mid: 'm_3' }])
    expect(text).toContain('Journalled 1 new message in 1 conversation; 2 more were known already.')
    const tap = { sender: { id: psid }, recipient: { id: page.id }, timestamp: now, postback: { mid: 'm_1' } }
    const [asTap] = splitDelivery(JSON.stringify({ entry: [{ id: page.id, messaging: [tap] }] }), now).events
    expect(asked.map(({ eventIds }) => eventIds.length)).toEqual([2, 1, 2])
    expect(asked[0]?.eventIds).toContain(asTap?.id)
    expect(asked[0]?.conversationId).toBe(`${page.id}:${psid}`)
  })

  it('has no sender', async () => {
    conversations(
      conversation('t_1', [
        { id: 'm_2', ago: 5, more: { from: null } },
        { id: 'm_1', ago: 10 },
      ]),
    )
    const { events, text } = await run(['--since', '2h'])
    expect(events).toHaveLength(1)
    expect(text).toContain('Left out: 1 message')
  })
})

describe('what it cannot get', () => {
  const many = (count: number) => Array.from({ length: count }, (_, at) => ({ id: `m_${at}`, ago: at + 1 }))

  it('is told: messages in the time that are older than the newest 20', async () => {
    conversations(conversation('t_1234', many(24)))
    const { events, text, exitCode } = await run(['--since', '2h'])
    expect(events).toHaveLength(20)
    expect(text).toContain(
      'the newest 20 messages of a conversation. At least\n  4 older in 1234567890:…0001',
    )
    expect(exitCode).toBe(0)
  })

  it('is told when Graph lists no more than 20 of them, and has others', async () => {
    conversations(conversation('t_1234', many(20), { next: true }))
    expect((await run(['--since', '2h'])).text).toContain('  1 older in 1234567890:…0001')
    conversations(conversation('t_1234', many(20)))
    expect((await run(['--since', '2h'])).text).not.toContain('older in')
    expect((await run(['--since', '15m'])).text).not.toContain('older in')
  })

  it.each([refuse(9000001), refuse(100, 9000001), refuse(100, 33)])('is told of %j', async (answer) => {
    conversations(conversation('t_1234', many(3)))
    graph.on('GET m_1', answer)
    const { events, text, exitCode } = await run(['--since', '2h'])
    expect([events.length, exitCode]).toEqual([2, 0])
    expect(text).toContain('  1 older in 1234567890:…0001')
  })

  it('because Graph refuses one conversation, does not stop the others, and is no success', async () => {
    conversations({ id: 't_0', updated_time: at(now) }, conversation('t_1', many(1)))
    graph.on('GET t_0', refuse(100))
    const { events, text, exitCode } = await run(['--since', '2h'])
    expect([events.length, exitCode]).toEqual([1, 1])
    expect(text).toContain('Refused by Meta: 1 conversation.')
    expect(text).toContain('$ node src/main.ts backfill')
  })
})
