import { createHmac } from 'node:crypto'
import { fc, test as prop } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import type { DomainEvent, JsonValue } from '../../src/domain/event.ts'
import { webhookBody } from '../../src/helpdesk/webhook/adapter.ts'
import { parseJson } from '../../src/meta/parse-json.ts'
import { isSignedByMeta } from '../../src/meta/signature.ts'
import { splitDelivery, type Split } from '../../src/meta/split.ts'
import { describeContext, describeEvent } from '../../src/routing/describe-event.ts'
import { viewOf } from '../../src/routing/helpdesk-view.ts'
import { ticketMessage } from '../../src/routing/ticket-message.ts'
import { PAGE, PSID, T0, encode } from '../fixtures/deliveries.ts'
import { damagedChange, damagedMessaging } from '../support/event-arbitraries.ts'

const receivedAt = T0 + 3_600_000
const good = {
  sender: { id: PSID },
  recipient: { id: PAGE },
  timestamp: T0,
  message: { mid: 'm_good', text: 'hier' },
}
const goodEntry = { id: PAGE, time: T0, messaging: [good] }

function goodOnes(split: Split) {
  return split.events.filter((event) => event.kind === 'message' && event.mid === 'm_good')
}

function isUsable(split: Split): void {
  expect(JSON.parse(JSON.stringify(split))).toBeTruthy()
  for (const event of split.events) {
    expect(event.id).toMatch(/^evt_[A-Za-z0-9_-]{22}$/)
    expect(event.psid).not.toBe('')
    isTellable(event)
  }
  const times = split.events.map((event) => event.timestamp)
  expect(times).toEqual(times.toSorted((a, b) => a - b))
}

/** Whatever it is, it can be told to a helpdesk of either style, in words. */
function isTellable(event: DomainEvent): void {
  const { id, conversationId, pageId, psid } = event
  const conversation = { id: conversationId, pageId, psid, channel: 'messenger' } as const
  const told = JSON.parse(JSON.stringify(webhookBody(event, conversation, new Date(T0)))) as {
    data: { event: { id: string; kind: string; timestamp: string; raw: unknown } }
  }
  expect(told.data.event).toMatchObject({ id, kind: event.kind, timestamp: expect.stringMatching(/Z$/) })
  expect(viewOf(event, {})).toMatch(/message|note|status|nothing/)
  expect(describeEvent(event)).toMatch(/\S/)
  expect(describeContext(event) ?? 'none').toMatch(/\S/)
  const message = ticketMessage(event, 'customer', { name: 'Acme' })
  for (const one of message.attachments) expect(one).toMatchObject({ type: expect.any(String) })
  expect(message.text === null || typeof message.text === 'string').toBe(true)
}

/** As it comes in: signed bytes, which are read only when the signature fits. */
function received(delivery: unknown): string {
  const bytes = encode(delivery)
  const signature = `sha256=${createHmac('sha256', 'secret').update(bytes).digest('hex')}`
  expect(isSignedByMeta(bytes, signature, ['other', 'secret'])).toBe(true)
  return bytes.toString()
}

describe('a documented event with one thing wrong in it', () => {
  prop.prop([fc.array(damagedMessaging, { minLength: 1, maxLength: 4 }), fc.nat(), fc.boolean()], {
    numRuns: 400,
  })('among messages: one event for each, and the good one', (damaged, at, isStandby) => {
    const events = damaged.toSpliced(at % (damaged.length + 1), 0, good)
    const entry = { id: PAGE, time: T0, [isStandby ? 'standby' : 'messaging']: events }
    const split = splitDelivery(received({ object: 'page', entry: [entry] }), receivedAt)
    isUsable(split)
    expect(split.unreadable).toEqual([])
    expect(goodOnes(split)).toHaveLength(1)
    expect(split.events.length + split.ownEchoes.length).toBe(events.length)
  })

  prop.prop([fc.array(damagedChange, { minLength: 1, maxLength: 4 }), fc.boolean()], { numRuns: 400 })(
    'among changes: one event for each, and the good one beside them',
    (damaged, isFirst) => {
      const entries = [{ id: PAGE, time: T0 / 1000, changes: damaged }, goodEntry]
      const entry = isFirst ? entries : entries.toReversed()
      const split = splitDelivery(received({ object: 'page', entry }), receivedAt)
      isUsable(split)
      expect(split.unreadable).toEqual([])
      expect(goodOnes(split)).toHaveLength(1)
      expect(split.events.length + split.ownEchoes.length).toBe(damaged.length + 1)
    },
  )

  prop.prop([damagedMessaging, damagedChange], { numRuns: 200 })(
    'the same bytes always make the same events',
    (event, change) => {
      const text = received({ entry: [{ id: PAGE, time: T0, messaging: [event], changes: [change] }] })
      const ids = (at: number) => splitDelivery(text, at).events.map(({ id }) => id)
      expect(ids(receivedAt).sort()).toEqual(ids(receivedAt + 60_000).sort())
    },
  )

  prop.prop([damagedMessaging, damagedChange], { numRuns: 200 })(
    'nothing of it is lost: raw holds all that came',
    (event, change) => {
      const text = received({ entry: [{ id: PAGE, time: T0, messaging: [event], changes: [change] }] })
      const split = splitDelivery(text, receivedAt)
      const kept = split.events.map(({ raw }) => JSON.stringify(raw))
      const sent = JSON.stringify(
        (parseJson(text) as { entry: [{ messaging: [JsonValue] }] }).entry[0].messaging[0],
      )
      if (split.ownEchoes.length === 0) expect(kept).toContain(sent)
    },
  )
})
