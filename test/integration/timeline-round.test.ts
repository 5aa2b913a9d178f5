import { expect, it, onTestFinished } from 'vitest'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { poll } from '../support/poll.ts'
import { useRedis } from '../support/redis.ts'
import {
  apiKey,
  appSecret,
  configWith,
  conversation,
  deliveryOf,
  message,
  pageId,
  psid,
  startService,
} from '../support/service.ts'

const redis = useRedis()

interface Entry {
  at: string
  kind: string
  by: string
  text?: string
  status?: string
  conversationId: string
  ticket?: { helpdesk: string; id: string }
}
interface Page {
  entries: Entry[]
  before: string | null
}

it('tells the story of a customer: comment, private reply, messages, and how often it was solved', async () => {
  const meta = await startSimulator({
    port: 0,
    appSecret,
    pages: [{ id: pageId, accessToken: 'token-of-the-page' }],
    windows: 'open',
  })
  onTestFinished(() => meta.close())
  const service = await startService(
    configWith(redis.url, { meta: { appSecrets: [appSecret], verifyToken: 'v', graphUrl: meta.url } }),
  )
  meta.pointAt(`${service.url}/webhooks/meta`)
  const read = async (query = '', id = conversation) => {
    const answer = await service.rest('GET', `/v1/conversations/${id}/timeline${query}`)
    return { status: answer.status, ...((await answer.json()) as Page) }
  }
  const inbox = async () =>
    (await (await service.rest('GET', `/v1/inbox/conversations/${conversation}`)).json()) as {
      status?: string
      messages?: { text: string }[]
    }
  const turn = (status: unknown, id = conversation) =>
    service.rest('PUT', `/v1/inbox/conversations/${id}/status`, { status })
  const seen = (text: string) =>
    poll(inbox, ({ messages = [] }) => messages.some((one) => one.text.includes(text)))

  expect((await read()).status).toBe(404)
  expect([(await turn('solved')).status, (await turn('closed')).status]).toEqual([404, 422])
  await meta.comment({ pageId, message: 'New hats!', from: { id: pageId, name: 'Acme' }, post: true })
  const { commentId } = await meta.comment({ pageId, message: 'Price?', from: { id: psid, name: 'Ada' } })
  const thread = `${pageId}:comment:${commentId}`
  await poll(
    () => read('', thread),
    ({ status }) => status === 200,
  )
  await service.rest('POST', `/v1/conversations/${thread}/replies`, { text: '20 €', as: 'private' })
  await poll(
    () => read(),
    ({ status, entries }) => status === 200 && entries.some(({ kind }) => kind === 'private_reply'),
  )
  const body = deliveryOf(message('Thanks', { timestamp: Date.now() }))
  await service.post(body)
  await seen('Thanks')
  // Once more, as Meta does.
  await service.post(body)
  expect((await turn('solved')).status).toBe(200)
  expect((await inbox()).status).toBe('solved')
  await service.post(deliveryOf(message('One more thing', { timestamp: Date.now() })))
  await seen('One more thing')
  expect((await inbox()).status).toBe('open')
  await service.rest('POST', `/v1/conversations/${conversation}/replies`, { text: 'Yes?' })

  const whole = await poll(
    () => read(),
    ({ entries }) => entries.some(({ text, status }) => text === 'Yes?' && status === 'delivered'),
  )
  const short = whole.entries.map(({ kind, by, text }) => [kind, by, text ?? ''].join(' ').trim())
  const expected = [
    'comment customer Price?',
    'ticket_opened system',
    'private_reply bot 20 €',
    'message customer Thanks',
    'ticket_opened system',
    'ticket_solved system',
    'message customer One more thing',
    'ticket_reopened system',
    'reply bot Yes?',
  ]
  expect(short.toSorted()).toEqual(expected.toSorted())
  const times = whole.entries.map(({ at }) => at)
  expect(times).toEqual(times.toSorted())
  expect(whole.entries.map((one) => one.conversationId)).toContain(thread)
  expect(whole.entries.find(({ kind }) => kind === 'ticket_solved')?.ticket).toEqual({
    helpdesk: 'main',
    id: conversation,
  })
  // The thread tells the same story.
  expect((await read('', thread)).entries).toEqual(whole.entries)
  const last = await read('?limit=5')
  const first = await read(`?limit=5&before=${last.before}`)
  expect([...first.entries, ...last.entries]).toEqual(whole.entries)
  expect(first.before).toBeNull()

  const refused = await service.rest('GET', `/v1/conversations/${conversation}/timeline?before=a%20b`)
  expect(refused.status).toBe(422)
  const nobody = await fetch(`${service.url}/v1/conversations/${conversation}/timeline`)
  expect(nobody.status).toBe(401)
  const reader = await service.rest('GET', `/v1/conversations/${conversation}/timeline`, undefined, {
    authorization: `Bearer ${apiKey}-reader`,
  })
  expect(reader.status).toBe(200)
  const log = JSON.stringify(service.lines)
  for (const text of ['Price?', 'Thanks', 'One more thing', 'Yes?', psid]) expect(log).not.toContain(text)
}, 60_000)
