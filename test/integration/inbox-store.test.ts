import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Conversation } from '../../src/domain/conversation.ts'
import { inboxStore } from '../../src/helpdesk/inbox/store.ts'
import type { InboxMessage } from '../../src/helpdesk/inbox/store.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })
const dayMs = 86_400_000

function open(helpdesk = 'main', prefix = `t${randomUUID().slice(0, 8)}`) {
  return { prefix, ...inboxStore(redis.client, { prefix, helpdesk, retentionDays: 90 }) }
}

function person(name: string): Conversation {
  return { id: `1:${name}`, pageId: '1', psid: name, channel: 'messenger' }
}

const now = Date.now()
function message(id: string, at: number, more: Partial<InboxMessage> = {}): InboxMessage {
  return { id, from: 'customer', at: now + at, text: `text of ${id}`, ...more }
}

describe('the inbox', () => {
  test('knows nothing of a conversation that never was', async () => {
    const inbox = open()
    expect(await inbox.get('1:nobody')).toBeUndefined()
    expect(await inbox.list(10)).toEqual([])
  })

  test('shows messages in the order of their time, however they came', async () => {
    const inbox = open()
    await inbox.open(person('anna'))
    const file = { type: 'image', url: 'https://cdn.example/1' }
    await inbox.put('1:anna', message('b', 2, { attachments: [file], payload: 'P' }))
    await inbox.put('1:anna', message('c', 3, { from: 'agent', agentName: 'Kim', status: 'sent' }))
    await inbox.put('1:anna', message('a', 1, { text: null }))
    expect(await inbox.get('1:anna')).toEqual({
      ...person('anna'),
      lastMessageAt: now + 3,
      lastText: 'text of c',
      unanswered: false,
      status: 'open',
      messages: [
        message('a', 1, { text: null }),
        message('b', 2, { attachments: [file], payload: 'P' }),
        message('c', 3, { from: 'agent', agentName: 'Kim', status: 'sent' }),
      ],
    })
  })

  test('is solved and open again, when there is something to solve', async () => {
    const inbox = open()
    expect(await inbox.setConversationStatus('1:anna', 'solved')).toBe(false)
    expect(await inbox.get('1:anna')).toBeUndefined()
    await inbox.open(person('anna'))
    expect(await inbox.setConversationStatus('1:anna', 'solved')).toBe(true)
    await inbox.open(person('anna'))
    expect((await inbox.get('1:anna'))?.status).toBe('solved')
    await inbox.setConversationStatus('1:anna', 'open')
    expect((await inbox.get('1:anna'))?.status).toBe('open')
  })

  test('takes the same message again without doubling it; a reply only changes its status', async () => {
    const inbox = open()
    await inbox.open(person('anna'))
    await inbox.put('1:anna', message('a', 1))
    await inbox.open(person('anna'))
    await inbox.put('1:anna', message('a', 1))
    await inbox.put('1:anna', message('r', 2, { from: 'agent', status: 'failed' }))
    await inbox.put('1:anna', message('r', 2, { from: 'agent', status: 'sent' }))
    const found = await inbox.get('1:anna')
    expect(found?.messages.map(({ id, status }) => [id, status])).toEqual([
      ['a', undefined],
      ['r', 'sent'],
    ])
  })

  test('leaves a mark of a message that was taken back, and nothing of what it said', async () => {
    const inbox = open()
    await inbox.open(person('anna'))
    const file = { type: 'image', url: 'https://cdn.example/1' }
    await inbox.put('1:anna', message('a', 1, { attachments: [file], payload: 'P' }))
    await inbox.put('1:anna', message('b', 2))
    for (let times = 0; times < 2; times++) await inbox.remove('1:anna', 'a')
    await inbox.remove('1:anna', 'unknown')
    await inbox.remove('1:nobody', 'a')
    const found = await inbox.get('1:anna')
    expect(found?.messages).toEqual([
      { id: 'a', from: 'customer', at: now + 1, text: null, removed: true },
      message('b', 2),
    ])
    expect(await inbox.get('1:nobody')).toBeUndefined()
  })

  test('lists the newest conversation first, limited, with who waits for an answer', async () => {
    const inbox = open()
    for (const name of ['anna', 'bert', 'cleo']) await inbox.open(person(name))
    await inbox.put('1:anna', message('a', 1))
    await inbox.put('1:bert', message('b', 2))
    await inbox.put('1:cleo', message('c', 3))
    await inbox.put('1:cleo', message('c2', 4, { from: 'agent' }))
    await inbox.put('1:anna', message('a2', 5))
    const listed = await inbox.list(10)
    expect(listed.map(({ id, unanswered }) => [id, unanswered])).toEqual([
      ['1:anna', true],
      ['1:cleo', false],
      ['1:bert', true],
    ])
    expect(listed[0]).not.toHaveProperty('messages')
    expect((await inbox.list(2)).map((one) => one.id)).toEqual(['1:anna', '1:cleo'])
  })

  test('a message that comes late does not move its conversation down', async () => {
    const inbox = open()
    for (const name of ['anna', 'bert']) await inbox.open(person(name))
    await inbox.put('1:anna', message('a', 9))
    await inbox.put('1:bert', message('b', 5))
    await inbox.put('1:anna', message('old', 1))
    expect((await inbox.list(10)).map((one) => one.id)).toEqual(['1:anna', '1:bert'])
  })

  test('shows the newest 200 of a long conversation', async () => {
    const inbox = open()
    await inbox.open(person('anna'))
    for (let n = 0; n < 205; n++) await inbox.put('1:anna', message(`m${n}`, n))
    const found = await inbox.get('1:anna')
    expect(found?.messages.map((one) => one.id)).toEqual(Array.from({ length: 200 }, (_, n) => `m${n + 5}`))
  })

  test('keeps nothing longer than its retention', async () => {
    const inbox = open()
    for (const name of ['anna', 'bert']) await inbox.open(person(name))
    await inbox.put('1:anna', message('a', -91 * dayMs))
    await inbox.put('1:bert', message('b', 0))
    const keys = (await redis.keys(`${inbox.prefix}:*`)).filter((key) => !key.endsWith(':conversations'))
    expect(keys).toHaveLength(6)
    for (const key of keys) {
      const ttl = await redis.client.pttl(key)
      expect(ttl).toBeGreaterThan(89 * dayMs)
      expect(ttl).toBeLessThanOrEqual(90 * dayMs)
    }
    expect((await inbox.list(10)).map((one) => one.id)).toEqual(['1:bert'])
  })

  test('a conversation whose facts are gone is not listed', async () => {
    const inbox = open()
    await inbox.open(person('anna'))
    await inbox.put('1:anna', message('a', 1))
    await redis.client.del(`${inbox.prefix}:inbox:main:facts:1:anna`)
    expect(await inbox.list(10)).toEqual([])
  })

  test('two helpdesks have an inbox each', async () => {
    const inbox = open()
    const other = open('other', inbox.prefix)
    await inbox.open(person('anna'))
    await inbox.put('1:anna', message('a', 1))
    expect(await other.list(10)).toEqual([])
    expect(await other.get('1:anna')).toBeUndefined()
  })
})
