import { describe, expect, it } from 'vitest'
import { lastDeliveries } from '../../src/records/last-deliveries.ts'
import { ownMessages } from '../../src/records/own-messages.ts'
import { replies } from '../../src/records/replies.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis()

describe('the time of the last delivery', () => {
  it('is kept for each Page, and never goes back', async () => {
    const last = lastDeliveries(redis.client, { prefix: 'last' })
    expect(await last.at('1')).toBeNull()
    await last.note(new Map(Object.entries({ 1: 2000, 2: 1000 })))
    await last.note(new Map(Object.entries({ 1: 1500, 2: 3000 })))
    await last.note(new Map())
    expect([await last.at('1'), await last.at('2')]).toEqual([2000, 3000])
  })
})

describe('our own messages', () => {
  it('are known by their mid, whether an answer or an echo told it', async () => {
    const settings = { prefix: 'own', replyMs: 60_000, conversationMs: 60_000 }
    const sent = { part: 0, conversationId: '1:2', at: 1000 }
    await replies(redis.client, settings).noteSent([{ ...sent, replyId: 'rpl_a', mid: 'm_a' }], 'answer')
    await replies(redis.client, settings).noteSent(
      [
        { ...sent, replyId: 'rpl_b', mid: 'm_b|c', part: 1 },
        { ...sent, replyId: 'rpl_c', mid: null },
      ],
      'echo',
    )
    const own = ownMessages(redis.client, settings)
    expect(await own.mids(['1:2', '1:2', '1:3'])).toEqual(new Set(['m_a', 'm_b|c']))
    expect(await own.mids([])).toEqual(new Set())
  })
})
