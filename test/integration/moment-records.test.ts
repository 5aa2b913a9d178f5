import { expect, test } from 'vitest'
import type { Outgoing } from '../../src/domain/outgoing.ts'
import type { Reply } from '../../src/domain/reply.ts'
import { replyKey } from '../../src/records/record-keys.ts'
import { replies } from '../../src/records/replies.ts'
import { laneKit } from '../support/lane-kit.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })
const hourMs = 3_600_000
const settings = { conversationMs: 60_000, replyMs: 720 * hourMs }

/** How long the record of such a message is kept once it was sent, ms. */
async function keptFor(message: Outgoing): Promise<number> {
  const { prefix } = laneKit(redis.client)
  const records = replies(redis.client, { ...settings, prefix })
  const id = 'rpl_1'
  const said = { conversationId: '1:2', agent: { name: 'Grace' }, topic: null, by: 'helpdesk:main' } as const
  const reply: Reply = { id, at: 1, message, ...said }
  await records.open(reply, { fingerprint: 'print', parts: 1 })
  await records.update(id, { status: 'sending' })
  await records.noteSent([{ replyId: id, part: 0, mid: null, conversationId: '1:2', at: 1 }], 'answer')
  await records.update(id, { status: 'sent' })
  return redis.client.pttl(replyKey(prefix, id))
}

test('what became of typing is not kept for a month, since agents type all day', async () => {
  for (const message of [{ typing: true }, { typing: false }, { seen: true }] as const) {
    const kept = await keptFor(message)
    expect(kept).toBeGreaterThan(0)
    expect(kept).toBeLessThanOrEqual(hourMs)
  }
})

test('what became of a message is', async () => {
  expect(await keptFor({ text: 'hello' })).toBeGreaterThan(719 * hourMs)
})
