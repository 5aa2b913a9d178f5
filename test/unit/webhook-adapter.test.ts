import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Conversation } from '../../src/domain/conversation.ts'
import { eventKinds } from '../../src/domain/event.ts'
import type { DomainEvent, EventKind } from '../../src/domain/event.ts'
import type { EventHelpdesk } from '../../src/helpdesk/adapter.ts'
import { openHelpdesk } from '../../src/helpdesk/registry.ts'
import { webhookBody, webhookHelpdesk } from '../../src/helpdesk/webhook/adapter.ts'
import { webhookSettings } from '../../src/helpdesk/webhook/settings.ts'
import { splitDelivery } from '../../src/meta/split.ts'
import { PAGE, PSID, T0 } from '../fixtures/deliveries.ts'
import { fixture } from '../support/fixtures.ts'
import { status, useServer } from '../support/http-server.ts'

const server = useServer()
const secret = `whsec_${Buffer.from('a secret of the desk, 24+').toString('base64')}`
const conversation: Conversation = { id: `${PAGE}:${PSID}`, pageId: PAGE, psid: PSID, channel: 'messenger' }

let desk: EventHelpdesk
beforeEach(() => {
  desk = webhookHelpdesk({
    adapter: 'webhook',
    url: `${server.url}/events?desk=1`,
    secret,
    allowPrivateNetwork: true,
  })
})
afterEach(() => desk.close())

const events = (name: string) => splitDelivery(fixture(name).toString(), T0).events
const forward = (event: DomainEvent, attempt = 1) =>
  desk.forwardEvent(event, conversation, {
    idempotencyKey: event.id,
    attempt,
    signal: AbortSignal.timeout(10_000),
  })

/** Forwards one event and gives back what the desk got, as its own library sees it. */
async function received(event: DomainEvent) {
  await forward(event)
  const call = server.calls.at(-1)!
  return new Webhook(secret).verify(call.body, call.headers as Record<string, string>) as Record<
    string,
    unknown
  >
}

test('a message, in the shape that the convention and our docs promise', async () => {
  const [event] = events('text-message')
  const before = Date.now()
  const body = await received(event!)
  expect(body).toEqual({
    type: 'message.received',
    timestamp: expect.any(String),
    data: {
      event: {
        id: event!.id,
        kind: 'message',
        mid: 'm_text-1',
        text: 'Grüße! 👋 Ist der Tisch 1/2 noch da? <b>&"\\',
        attachments: [],
        timestamp: '2026-03-02T09:00:00.000Z',
        standby: false,
        raw: event!.raw,
      },
      conversation,
    },
  })
  const at = Date.parse(body['timestamp'] as string)
  expect(at).toBeGreaterThanOrEqual(before)
  expect(at).toBeLessThanOrEqual(Date.now())
})

test('a quick reply has its payload, an attachment its link', async () => {
  const quick = await received(events('quick-reply')[0]!)
  expect(quick).toMatchObject({ data: { event: { text: 'Rot', quickReply: { payload: 'COLOUR/RED' } } } })
  const image = await received(events('attachments')[0]!)
  expect(image).toMatchObject({
    data: {
      event: { text: null, attachments: [{ type: 'image', url: 'https://cdn.example/i/1.jpg?a=1&b=2' }] },
    },
  })
})

test('a postback has the keys of a message, too', async () => {
  const body = await received(events('postback')[0]!)
  expect(body).toMatchObject({
    type: 'message.received',
    data: {
      event: {
        kind: 'postback',
        mid: 'm_pb-1',
        title: 'Los geht’s',
        payload: 'GET_STARTED',
        text: null,
        attachments: [],
      },
    },
  })
})

test('what we do not know arrives whole, with the keys of a message', async () => {
  const body = await received(events('unknown')[0]!)
  expect(body).toMatchObject({
    data: {
      event: {
        kind: 'unknown',
        name: 'call',
        mid: null,
        text: null,
        attachments: [],
        raw: { call: { to: expect.any(String) } },
      },
    },
  })
})

test('a comment has its words, its author and where it stands', async () => {
  const [event] = events('comment')
  expect(await received(event!)).toMatchObject({
    data: {
      event: {
        id: event!.id,
        kind: 'comment',
        commentId: '411_1',
        postId: `${PAGE}_411`,
        verb: 'add',
        author: { id: '7700000000000011', name: 'Ada Lindqvist' },
        text: 'Liefert ihr nach Kiruna?',
        mid: null,
        attachments: [],
        timestamp: '2026-03-02T09:00:00.000Z',
        standby: false,
        raw: { field: 'feed' },
      },
    },
  })
})

test.each(eventKinds)('%s: the fields that all have, and nothing that is not JSON', (kind) => {
  const [event] = events(kind.replaceAll('_', '-'))
  const { data } = webhookBody(event!, conversation, new Date(T0))
  expect(data.event).toMatchObject({
    id: event!.id,
    kind,
    timestamp: expect.stringMatching(/^2026-03-02T09:0.*Z$/),
    standby: false,
    raw: event!.raw,
  })
  expect(Object.keys(data.event)).toEqual(expect.arrayContaining(['mid', 'text', 'attachments']))
  expect(JSON.parse(JSON.stringify(data))).toEqual(data)
})

describe('a helpdesk that names the kinds it wants', () => {
  const choosy = (kinds: EventKind[]) =>
    webhookHelpdesk({
      adapter: 'webhook',
      url: `${server.url}/events`,
      secret,
      allowPrivateNetwork: true,
      kinds,
    })
  const step = () => ({ idempotencyKey: 'evt_1', attempt: 1, signal: AbortSignal.timeout(10_000) })

  test('gets those, and nothing is posted of the others', async () => {
    const picky = choosy(['message', 'reaction'])
    for (const name of ['read', 'message', 'echo', 'reaction', 'comment']) {
      await picky.forwardEvent(events(name)[0]!, conversation, step())
    }
    await picky.close()
    const kinds = server.calls.map(({ body }) => JSON.parse(body).data.event.kind)
    expect(kinds).toEqual(['message', 'reaction'])
  })

  test('one that names none gets all', async () => {
    for (const kind of eventKinds) await forward(events(kind.replaceAll('_', '-'))[0]!)
    expect(server.calls.map(({ body }) => JSON.parse(body).data.event.kind)).toEqual(eventKinds)
  })

  test('names kinds that there are, and at least one', () => {
    const settings = { adapter: 'webhook', url: 'https://desk.example', secret }
    const check = (kinds: unknown) => webhookSettings.safeParse({ ...settings, kinds }).success
    expect([check(['read']), check(eventKinds), check(undefined)]).toEqual([true, true, true])
    expect([check([]), check(['reed']), check('read')]).toEqual([false, false, false])
  })
})

test('one POST with the headers of the convention', async () => {
  const [event] = events('text-message')
  await forward(event!)
  expect(server.calls).toHaveLength(1)
  const { method, url, headers } = server.calls[0]!
  expect([method, url]).toEqual(['POST', '/events?desk=1'])
  expect(headers).toMatchObject({
    'content-type': 'application/json',
    'webhook-id': event!.id,
    'webhook-timestamp': expect.stringMatching(/^\d{10}$/),
    'webhook-signature': expect.stringMatching(/^v1,[A-Za-z0-9+/]{43}=$/),
  })
})

test('the webhook-id is the same on every try, and each try is signed for its own time', async () => {
  const [event] = events('text-message')
  server.answers = [status(503), status(503)]
  for (const attempt of [1, 2, 3]) await forward(event!, attempt).catch(() => {})
  expect(server.calls.map((call) => call.headers['webhook-id'])).toEqual([event!.id, event!.id, event!.id])
  for (const call of server.calls) {
    const headers = call.headers as Record<string, string>
    expect(() => new Webhook(secret).verify(call.body, headers)).not.toThrow()
  }
})

test('another secret, another body or another id does not verify', async () => {
  await forward(events('text-message')[0]!)
  const { body, headers } = server.calls[0]!
  const given = headers as Record<string, string>
  const other = new Webhook(`whsec_${Buffer.from('the secret of another desk').toString('base64')}`)
  expect(() => other.verify(body, given)).toThrow('No matching signature')
  expect(() => new Webhook(secret).verify(`${body} `, given)).toThrow('No matching signature')
  expect(() => new Webhook(secret).verify(body, { ...given, 'webhook-id': 'evt_x' })).toThrow(
    'No matching signature',
  )
})

test('what the desk answers ends the try: the error says how', async () => {
  server.answers = [status(410)]
  await expect(forward(events('text-message')[0]!)).rejects.toMatchObject({
    name: 'StepError',
    facts: { code: 'HELPDESK_REFUSED', verdict: 'permanent' },
  })
})

describe('the registry', () => {
  const redis = {} as Parameters<typeof openHelpdesk>[2]['redis']

  test('opens an adapter of each kind', async () => {
    const webhook = openHelpdesk(
      'main',
      { adapter: 'webhook', url: 'https://desk.example', secret, allowPrivateNetwork: false },
      { redis, prefix: 'test' },
    )
    const inbox = openHelpdesk('box', { adapter: 'inbox', retentionDays: 90 }, { redis, prefix: 'test' })
    expect([webhook.style, inbox.style]).toEqual(['events', 'tickets'])
    await Promise.all([webhook.close(), inbox.close()])
  })
})
