import { expect, test } from 'vitest'
import { receipts } from '../../src/records/receipts.ts'
import { routeMemories } from '../../src/records/route-memories.ts'
import { laneKit } from '../support/lane-kit.ts'
import { conversation } from '../support/lane-replies.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })
const keep = { conversationMs: 60_000, replyMs: 60_000 }

// Whatever fails here is split again and again, and everybody's events wait behind it.
test('a label that was cut in the middle of an emoji is a tag like any other', async () => {
  const { prefix } = laneKit(redis.client)
  const memories = routeMemories(redis.client, { prefix, ...keep })
  const tag = { tag: 'VIP \ud83d', isOn: true, at: 1 }
  await memories.keep(new Map([[conversation, { added: [], been: [], tags: [tag] }]]))
  expect((await memories.of([conversation]))[0]?.tags).toEqual(['VIP \ufffd'])
})

test('a receipt whose ids hold half a character is a receipt of nothing', async () => {
  const { prefix } = laneKit(redis.client)
  const noted = receipts(redis.client, { prefix, ...keep }).note([
    { conversationId: conversation, status: 'read', watermark: 1, mids: ['m_\udc00'] },
  ])
  await expect(noted).resolves.toBeUndefined()
})
