import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { conversations } from '../../src/records/conversations.ts'
import type { Conversations } from '../../src/records/conversations.ts'
import { recordErasure } from '../../src/records/erase-records.ts'
import { commentEvent } from '../support/lane-comments.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis()
const anna = '1:2400000000000001'
const bert = '1:2400000000000002'

let prefix: string
let records: Conversations

beforeEach(() => {
  prefix = `t${randomUUID().slice(0, 8)}`
  const keep = { prefix, conversationMs: 600_000, replyMs: 600_000, windowOpening: () => null }
  records = conversations(redis.client, keep)
})

describe('whose ticket it is', () => {
  it('is known by the id part alone, for each helpdesk apart, and of tickets that were followed up too', async () => {
    await records.keepTicket(anna, 'zendesk', '7 uuid-of-it')
    await records.keepTicket(bert, 'front', '7')
    await records.keepTicket(anna, 'zendesk', '9 uuid-of-it')
    const asked = [
      ['zendesk', '7'],
      ['zendesk', '9'],
      ['front', '7'],
      ['front', '9'],
      ['zendesk', '7 uuid-of-it'],
    ]
    const found = await Promise.all(asked.map(([helpdesk, id]) => records.conversationOf(helpdesk!, id!)))
    expect(found).toEqual([anna, anna, bert, undefined, undefined])
  })

  it('lives as long as the conversation does, which every event prolongs', async () => {
    await records.keepTicket(anna, 'zendesk', '7')
    const keys = [`${prefix}:conversation:${anna}`, `${prefix}:ticket:zendesk:7`]
    for (const key of keys) await redis.client.pexpire(key, 1000)
    await records.note([commentEvent('c_1', { conversationId: anna })])
    for (const key of keys) expect(await redis.client.pttl(key)).toBeGreaterThan(500_000)
  })

  it('is forgotten with the tickets', async () => {
    await records.keepTicket(anna, 'zendesk', '7')
    await records.forgetTickets(anna)
    expect(await records.conversationOf('zendesk', '7')).toBeUndefined()
    expect(await records.ticketState(anna, 'zendesk')).toBeUndefined()
  })

  it('is erased with the person, also of tickets that nothing else knows any more, and nobody else is', async () => {
    await records.keepTicket(anna, 'zendesk', '7')
    await records.keepTicket(anna, 'zendesk', '9')
    await records.keepTicket(anna, 'inbox', anna)
    await records.keepTicket(bert, 'zendesk', '8')
    await recordErasure(redis.client, { prefix }).erase([anna])
    const left = await redis.keys(`${prefix}:*`)
    expect(left).toEqual([`${prefix}:conversation:${bert}`, `${prefix}:ticket:zendesk:8`])
  })
})
