import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { DomainEvent, MessageEvent } from '../../src/domain/event.ts'
import type { Reply } from '../../src/domain/reply.ts'
import { windowOpening } from '../../src/meta/policy/window.ts'
import { conversations } from '../../src/records/conversations.ts'
import { conversationKey, replyKey } from '../../src/records/record-keys.ts'
import { receipts } from '../../src/records/receipts.ts'
import { replies } from '../../src/records/replies.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })

function open() {
  const prefix = `t${randomUUID().slice(0, 8)}`
  const settings = { prefix, conversationMs: 60_000, replyMs: 50_000, windowOpening }
  return {
    conversations: conversations(redis.client, settings),
    replies: replies(redis.client, settings),
    receipts: receipts(redis.client, settings),
    ttl: (key: typeof conversationKey, id: string) => redis.client.pttl(key(settings.prefix, id)),
  }
}

function event(timestamp: number, more: Partial<MessageEvent> = {}): DomainEvent {
  return {
    id: `evt_${timestamp}`,
    kind: 'message',
    mid: `m_${timestamp}`,
    text: 'hi',
    attachments: [],
    pageId: '1',
    conversationId: '1:anna',
    psid: 'anna',
    timestamp,
    standby: false,
    raw: null,
    ...more,
  }
}

const unknown = (timestamp: number): DomainEvent => ({
  id: `evt_${timestamp}`,
  kind: 'unknown',
  name: 'read',
  pageId: '1',
  conversationId: '1:anna',
  psid: 'anna',
  timestamp,
  standby: false,
  raw: null,
})

const reply: Reply = {
  id: 'rpl_0123456789012345678901',
  conversationId: '1:anna',
  message: { text: 'hello' },
  agent: null,
  topic: null,
  at: 1,
  by: 'desk',
}

describe('conversations', () => {
  test('knows nothing of one that never was', async () => {
    expect(await open().conversations.get('1:nobody')).toBeUndefined()
    expect(await open().conversations.ticket('1:nobody', 'main')).toBeUndefined()
  })

  test('notes the newest event, and the newest of the person', async () => {
    const { conversations, ttl } = open()
    await conversations.note([
      event(1000),
      unknown(3000),
      event(2000),
      event(5, { conversationId: '1:bert' }),
    ])
    const anna = { lastEventAt: 3000, lastCustomerAt: 2000, adMessageAt: null, humanElsewhereAt: null }
    expect(await conversations.get('1:anna')).toEqual(anna)
    expect(await conversations.get('1:bert')).toMatchObject({ lastEventAt: 5, lastCustomerAt: 5 })
    expect(await ttl(conversationKey, '1:anna')).toBeGreaterThan(0)
  })

  test('is never set back by a delivery that comes again or late', async () => {
    const { conversations } = open()
    await conversations.note([event(5000)])
    await conversations.note([event(5000), event(1000)])
    await conversations.note([event(4000)])
    expect(await conversations.get('1:anna')).toMatchObject({ lastEventAt: 5000, lastCustomerAt: 5000 })
  })

  test('what happens by itself is not the person writing; what they write on standby is', async () => {
    const { conversations } = open()
    await conversations.note([unknown(1000)])
    expect(await conversations.get('1:anna')).toMatchObject({ lastEventAt: 1000, lastCustomerAt: null })
    await conversations.note([event(2000, { standby: true })])
    expect(await conversations.get('1:anna')).toMatchObject({ lastEventAt: 2000, lastCustomerAt: 2000 })
  })

  test('remembers who came by an ad, since that may open a longer window', async () => {
    const { conversations } = open()
    const referral = { source: 'ADS', type: 'OPEN_THREAD', ref: null, adId: '77' }
    await conversations.note([event(1000, { referral }), event(2000)])
    expect(await conversations.get('1:anna')).toMatchObject({ lastCustomerAt: 2000, adMessageAt: 1000 })
  })

  test('keeps a ticket per helpdesk, and not for ever', async () => {
    const { conversations, ttl } = open()
    await conversations.keepTicket('1:anna', 'main', 'T-1')
    await conversations.keepTicket('1:anna', 'other', 'T-2')
    expect(await conversations.ticket('1:anna', 'main')).toBe('T-1')
    expect(await conversations.ticket('1:anna', 'other')).toBe('T-2')
    expect(await conversations.get('1:anna')).toBeUndefined()
    expect(await ttl(conversationKey, '1:anna')).toBeGreaterThan(0)
  })
})

const opened = { fingerprint: 'print-1', parts: 1 }
const taken = (part: number, mid: string | null, at = 1000) => ({
  replyId: reply.id,
  part,
  mid,
  conversationId: '1:anna',
  at,
})

describe('replies', () => {
  test('a record is opened once and remembers what opened it', async () => {
    const { replies, ttl } = open()
    expect(await replies.get(reply.id)).toBeUndefined()
    expect(await replies.open(reply, opened)).toBe('print-1')
    await replies.noteSent([taken(0, 'm_1')], 'answer')
    const other = { ...reply, conversationId: '1:bert' }
    expect(await replies.open(other, { fingerprint: 'print-2', parts: 3 })).toBe('print-1')
    expect(await replies.get(reply.id)).toEqual({
      id: reply.id,
      conversationId: '1:anna',
      status: 'sent',
      possibleRepeat: false,
      parts: [{ mid: 'm_1', status: 'sent' }],
    })
    expect(await ttl(replyKey, reply.id)).toBeGreaterThan(0)
  })

  test('tells why it failed, and no longer once it is something else', async () => {
    const { replies } = open()
    await replies.open(reply, opened)
    const failure = { code: 'GAVE_UP', message: 'sorry', graph: { code: 1, subcode: null } } as const
    await replies.update(reply.id, { status: 'failed', failure })
    expect(await replies.get(reply.id)).toMatchObject({ status: 'failed', failure })
    await replies.update(reply.id, { status: 'sending', possibleRepeat: true })
    const record = await replies.get(reply.id)
    expect(record).toMatchObject({ status: 'sending', possibleRepeat: true })
    expect(record).not.toHaveProperty('failure')
  })

  test('an echo is found by the id it carries, and opens no record of its own', async () => {
    const { replies, ttl } = open()
    expect((await replies.sent(reply.id)).parts).toEqual(new Set())
    const echoes = [taken(0, 'm_1'), { ...taken(0, 'm_2'), replyId: 'rpl_of_somebody_else______' }]
    await replies.noteSent(echoes, 'echo')
    await replies.noteSent(echoes, 'echo')
    expect((await replies.sent(reply.id)).parts).toEqual(new Set([0]))
    expect(await replies.get(reply.id)).toBeUndefined()
    expect(await ttl(replyKey, reply.id)).toBeGreaterThan(0)
    await replies.open(reply, opened)
    // It proves that the reply was sent, whatever its record comes to say.
    const sent = { status: 'sent', parts: [{ mid: 'm_1', status: 'sent' }] }
    expect(await replies.get(reply.id)).toMatchObject(sent)
    await replies.update(reply.id, { status: 'failed', failure: { code: 'GAVE_UP', message: 'it was not' } })
    const told = await replies.get(reply.id)
    expect(told).toMatchObject(sent)
    expect(told?.failure).toBeUndefined()
  })

  test('of several parts is as far as the last of them, and tells of each', async () => {
    const { replies } = open()
    await replies.open(reply, { fingerprint: 'print', parts: 3 })
    await replies.update(reply.id, { status: 'sending' })
    await replies.noteSent([taken(0, 'm_1')], 'answer')
    await replies.noteSent([taken(1, 'm_2')], 'echo')
    expect(await replies.get(reply.id)).toMatchObject({
      status: 'sending',
      parts: [
        { mid: 'm_1', status: 'sent' },
        { mid: 'm_2', status: 'sent' },
        { mid: null, status: 'sending' },
      ],
    })
    await replies.update(reply.id, { status: 'failed', failure: { code: 'MESSAGE_REFUSED', message: 'no' } })
    expect(await replies.get(reply.id)).toMatchObject({
      status: 'failed',
      failure: { code: 'MESSAGE_REFUSED' },
      parts: [{ status: 'sent' }, { status: 'sent' }, { mid: null, status: 'failed' }],
    })
  })

  test('what has no mid, such as typing, is sent all the same', async () => {
    const { replies } = open()
    await replies.open(reply, opened)
    await replies.noteSent([taken(0, null)], 'answer')
    expect(await replies.get(reply.id)).toMatchObject({
      status: 'sent',
      parts: [{ mid: null, status: 'sent' }],
    })
  })

  test('the first answer that is noted stays, whoever comes later', async () => {
    const { replies } = open()
    await replies.open(reply, opened)
    await replies.noteSent([taken(0, 'm_first')], 'answer')
    await replies.noteSent([taken(0, 'm_late')], 'answer')
    expect(await replies.get(reply.id)).toMatchObject({ parts: [{ mid: 'm_first' }] })
  })
})

describe('receipts', () => {
  const receipt = (status: 'delivered' | 'read', watermark: number | null, mids: string[] = []) => ({
    conversationId: '1:anna',
    status,
    watermark,
    mids,
  })

  async function sentParts() {
    const { replies, receipts } = open()
    await replies.open(reply, { fingerprint: 'print', parts: 2 })
    await replies.noteSent([taken(0, 'm_1', 1000), taken(1, 'm_2', 2000)], 'answer')
    const states = async () => (await replies.get(reply.id))?.parts.map((part) => part.status)
    return { replies, receipts, states, whole: async () => (await replies.get(reply.id))?.status }
  }

  test('a watermark moves what was sent until then, and the reply is as far as its last part', async () => {
    const { receipts, states, whole } = await sentParts()
    await receipts.note([receipt('delivered', 1999)])
    expect([await states(), await whole()]).toEqual([['delivered', 'sent'], 'sent'])
    await receipts.note([receipt('delivered', 2000), receipt('read', 1000)])
    expect([await states(), await whole()]).toEqual([['read', 'delivered'], 'delivered'])
    await receipts.note([receipt('read', 5000)])
    expect([await states(), await whole()]).toEqual([['read', 'read'], 'read'])
  })

  test('mids are enough, whatever the clocks say', async () => {
    const { receipts, states } = await sentParts()
    await receipts.note([receipt('delivered', null, ['m_2', 'm_of_somebody_else'])])
    expect(await states()).toEqual(['sent', 'delivered'])
  })

  test('never go backwards, in whatever order and however often they come', async () => {
    const { receipts, states } = await sentParts()
    await receipts.note([receipt('read', 5000)])
    await receipts.note([receipt('delivered', 5000), receipt('read', 1)])
    expect(await states()).toEqual(['read', 'read'])
  })

  test("Meta's own time, from the echo, counts more than that of our answer", async () => {
    const { replies, receipts, states } = await sentParts()
    await replies.noteSent([taken(0, 'm_1', 500)], 'echo')
    await replies.noteSent([taken(0, 'm_1', 9000)], 'answer')
    await receipts.note([receipt('delivered', 600)])
    expect(await states()).toEqual(['delivered', 'sent'])
  })

  test('of another conversation, or of a reply that was forgotten, change nothing', async () => {
    const { replies, receipts, states } = await sentParts()
    await receipts.note([{ ...receipt('read', 5000), conversationId: '1:bert' }])
    await replies.noteSent([{ ...taken(0, 'm_3', 3), replyId: 'rpl_9999999999999999999999' }], 'answer')
    await redis.client.del((await redis.client.keys('*:reply:rpl_9999999999999999999999'))[0]!)
    await receipts.note([receipt('delivered', 10)])
    expect(await states()).toEqual(['sent', 'sent'])
    expect(await replies.get('rpl_9999999999999999999999')).toBeUndefined()
    expect(await redis.client.keys('*:reply:rpl_9999999999999999999999')).toEqual([])
  })

  test('are told to the helpdesk once each, and only of what is that far', async () => {
    const { replies, receipts } = await sentParts()
    const delivered = receipt('delivered', 5000)
    expect(await receipts.untold(delivered, 'main'), 'nothing is delivered yet').toEqual([])
    await receipts.note([receipt('delivered', 1999)])
    expect(await receipts.untold(delivered, 'main'), 'a part of it is not').toEqual([])
    await receipts.note([delivered])
    expect(await receipts.untold(delivered, 'main')).toEqual([{ replyId: reply.id }])
    await receipts.noteTold(reply.id, 'main', 'delivered')
    expect(await receipts.untold(delivered, 'main')).toEqual([])
    const read = receipt('read', 5000)
    await receipts.note([read])
    expect(await receipts.untold(read, 'main')).toEqual([{ replyId: reply.id }])
    await receipts.noteTold(reply.id, 'main', 'read')
    expect([await receipts.untold(read, 'main'), await receipts.untold(delivered, 'main')]).toEqual([[], []])
    expect(await replies.get(reply.id)).toMatchObject({ status: 'read' })
  })
})
