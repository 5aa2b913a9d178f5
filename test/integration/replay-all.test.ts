import { expect, test } from 'vitest'
import { seeded } from '../chaos/random.ts'
import { eventKinds } from '../../src/domain/event.ts'
import { laneKeys } from '../../src/lanes/keys.ts'
import { startHelpdesk } from '../support/fake-helpdesk.ts'
import type { ReceivedEvent } from '../support/fake-helpdesk.ts'
import { poll } from '../support/poll.ts'
import { useRedis } from '../support/redis.ts'
import { deliveryOf, eventsOf, replayOf } from '../support/replay.ts'
import type { Entry } from '../support/replay.ts'
import { configWith, startService } from '../support/service.ts'

const redis = useRedis()
const replay = replayOf(1000)
const events = eventsOf(replay)

/** Posts deliveries one after the other to a new service, and answers what its helpdesk got. */
async function effectsOf(prefix: string, deliveries: Entry[][]): Promise<ReceivedEvent[]> {
  const desk = await startHelpdesk()
  const pages = [...new Set(events.map(({ pageId }) => pageId))]
  const service = await startService(
    configWith(redis.url, {
      redis: { url: redis.url, prefix },
      pages: pages.map((id) => ({ id, name: `Page ${id}`, accessToken: 'token', helpdesk: 'main' })),
      helpdesks: { main: desk.settings() },
    }),
    { env: { LOG_LEVEL: 'info' } },
  )
  for (const entries of deliveries) expect((await service.post(deliveryOf(entries))).status).toBe(200)
  await desk.count(replay.length)
  // A double would still be in the journal or in a lane.
  const waiting = () =>
    Promise.all([
      redis.client.zcard(laneKeys(prefix, 0).dirty),
      redis.client.llen(`${prefix}:deliveries:wait`),
      redis.client.llen(`${prefix}:deliveries:active`),
    ])
  await poll(waiting, (counts) => counts.every((count) => count === 0))
  return desk.received
}

/** What was told, by the event's id, without the time of telling. */
function byId(received: ReceivedEvent[]): Map<string, unknown> {
  return new Map(received.map(({ webhookId, body }) => [webhookId, body.data]))
}

/** The ids of each conversation's events, in order. */
function inOrder(told: { id: string; conversationId: string }[]): Record<string, string[]> {
  const groups = Map.groupBy(told, ({ conversationId }) => conversationId)
  return Object.fromEntries([...groups].map(([id, group]) => [id, group.map((one) => one.id)]))
}

function orderOf(received: ReceivedEvent[]): Record<string, string[]> {
  return inOrder(
    received.map(({ webhookId, body }) => ({
      id: webhookId,
      conversationId: (body.data.conversation as { id: string }).id,
    })),
  )
}

/** When the events of each conversation happened, as they were told. */
function timesOf(received: ReceivedEvent[]): string[][] {
  const groups = Map.groupBy(received, ({ body }) => (body.data.conversation as { id: string }).id)
  return [...groups.values()].map((group) => group.map(({ body }) => String(body.data.event['timestamp'])))
}

test('all fixtures in one delivery of 1000 events, and as 1000 deliveries in random order with every third twice', async () => {
  expect(events).toHaveLength(1000)
  expect(new Set(events.map(({ kind }) => kind))).toEqual(new Set(eventKinds))
  const whole = await effectsOf('whole', [replay])
  expect(whole).toHaveLength(1000)
  expect(new Set(whole.map(({ webhookId }) => webhookId))).toEqual(new Set(events.map(({ id }) => id)))
  expect(orderOf(whole)).toEqual(inOrder(events))
  for (const times of timesOf(whole)) expect(times).toEqual(times.toSorted())

  const shuffled = seeded(4, 'replay').shuffle([...replay])
  const twice = shuffled.flatMap((entry, at) => (at % 3 === 0 ? [[entry], [entry]] : [[entry]]))
  const single = await effectsOf('single', twice)
  expect(single).toHaveLength(1000)
  expect(orderOf(single)).toEqual(inOrder(shuffled.flatMap((entry) => eventsOf([entry]))))
  expect(byId(single)).toEqual(byId(whole))
}, 120_000)
