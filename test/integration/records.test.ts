import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { DomainEvent, MessageEvent } from '../../src/domain/event.ts'
import type { Reply } from '../../src/domain/reply.ts'
import { conversations } from '../../src/records/conversations.ts'
import { conversationKey, replyKey } from '../../src/records/record-keys.ts'
import { replies } from '../../src/records/replies.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })

function open() {
  const settings = { prefix: `t${randomUUID().slice(0, 8)}`, conversationMs: 60_000, replyMs: 50_000 }
  return {
    conversations: conversations(redis.client, settings),
    replies: replies(redis.client, settings),
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
  text: 'hello',
  agent: null,
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
    expect(await conversations.get('1:anna')).toEqual({ lastEventAt: 3000, lastCustomerAt: 2000 })
    expect(await conversations.get('1:bert')).toEqual({ lastEventAt: 5, lastCustomerAt: 5 })
    expect(await ttl(conversationKey, '1:anna')).toBeGreaterThan(0)
  })

  test('is never set back by a delivery that comes again or late', async () => {
    const { conversations } = open()
    await conversations.note([event(5000)])
    await conversations.note([event(5000), event(1000)])
    await conversations.note([event(4000)])
    expect(await conversations.get('1:anna')).toEqual({ lastEventAt: 5000, lastCustomerAt: 5000 })
  })

  test('what happens on standby, or by itself, is not the person writing to us', async () => {
    const { conversations } = open()
    await conversations.note([unknown(1000), event(2000, { standby: true })])
    expect(await conversations.get('1:anna')).toEqual({ lastEventAt: 2000, lastCustomerAt: null })
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

describe('replies', () => {
  test('a record is opened once and remembers what opened it', async () => {
    const { replies, ttl } = open()
    expect(await replies.get(reply.id)).toBeUndefined()
    expect(await replies.open(reply, 'print-1')).toBe('print-1')
    await replies.update(reply.id, { status: 'sent', mid: 'm_1' })
    expect(await replies.open({ ...reply, conversationId: '1:bert' }, 'print-2')).toBe('print-1')
    expect(await replies.get(reply.id)).toEqual({
      id: reply.id,
      conversationId: '1:anna',
      status: 'sent',
      possibleRepeat: false,
      mid: 'm_1',
    })
    expect(await ttl(replyKey, reply.id)).toBeGreaterThan(0)
  })

  test('tells why it failed, and no longer once it is something else', async () => {
    const { replies } = open()
    await replies.open(reply, 'print')
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
    expect(await replies.echoed(reply.id)).toBeUndefined()
    const echoes = [
      { replyId: reply.id, mid: 'm_1' },
      { replyId: 'rpl_of_somebody_else______', mid: 'm_2' },
    ]
    await replies.noteEchoes(echoes)
    await replies.noteEchoes(echoes)
    expect(await replies.echoed(reply.id)).toBe('m_1')
    expect(await replies.get(reply.id)).toBeUndefined()
    expect(await ttl(replyKey, reply.id)).toBeGreaterThan(0)
    await replies.open(reply, 'print')
    // It proves that the reply was sent, whatever its record comes to say.
    expect(await replies.get(reply.id)).toMatchObject({ status: 'sent', mid: 'm_1' })
    await replies.update(reply.id, { status: 'failed', failure: { code: 'GAVE_UP', message: 'it was not' } })
    const told = await replies.get(reply.id)
    expect(told).toMatchObject({ status: 'sent', mid: 'm_1' })
    expect(told?.failure).toBeUndefined()
  })
})
