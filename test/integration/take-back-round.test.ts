import { expect, test } from 'vitest'
import { poll } from '../support/poll.ts'
import { useRedis } from '../support/redis.ts'
import { configWith, conversation, deliveryOf, message, startService } from '../support/service.ts'

const redis = useRedis()

interface Shown {
  messages: { from: string; text: string | null; removed?: true }[]
}

test('what a customer takes back is gone from the inbox, from the timeline and from Redis', async () => {
  const service = await startService(configWith(redis.url))
  const inbox = async () => {
    const answer = await service.rest('GET', `/v1/inbox/conversations/${conversation}`)
    return answer.status === 200 ? ((await answer.json()) as Shown).messages : []
  }
  const said = message('my card number is 4111-canary')
  await service.post(deliveryOf(said, message('and hello')))
  await poll(inbox, (messages) => messages.some(({ text }) => text === 'and hello'))
  const { text: _text, ...rest } = said.message
  await service.post(deliveryOf({ ...said, timestamp: Date.now(), message: { ...rest, is_deleted: true } }))
  const shown = await poll(inbox, (messages) =>
    messages.some(({ text }) => text?.includes('took back') === true),
  )
  expect(shown.filter(({ from }) => from === 'customer')).toMatchObject([
    { text: null, removed: true },
    { text: 'and hello' },
  ])
  expect(shown.at(-1)).toMatchObject({
    from: 'note',
    text: 'The customer took back a message; it was removed here.',
  })
  const timeline = await service.rest('GET', `/v1/conversations/${conversation}/timeline`)
  const { entries } = (await timeline.json()) as { entries: object[] }
  expect(entries).toContainEqual(expect.objectContaining({ kind: 'message', removed: true }))
  expect(JSON.stringify(entries)).not.toContain('4111-canary')
  for (const key of await redis.keys('deskbridge:*')) {
    const type = await redis.client.type(key)
    const held =
      type === 'hash' ? await redis.client.hvals(key) : type === 'string' ? [await redis.client.get(key)] : []
    expect(JSON.stringify(held), key).not.toContain('4111-canary')
  }
})
