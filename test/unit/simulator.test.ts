import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { delivery, messageEvent, messagingEntry, sign } from '../../src/simulator/delivery.ts'
import { APP_SECRET, only, PAGE, PSID, reply, useSimulatedMeta } from '../support/simulated-meta.ts'

const meta = useSimulatedMeta()

describe("a person's Messenger", () => {
  test('posts what the person writes, signed over bytes escaped as Meta escapes them', async () => {
    const { status, body } = await meta.sim('POST', '/messages', {
      pageId: PAGE,
      psid: PSID,
      text: 'Grüße 👋 a/b',
    })
    expect(status).toBe(200)
    expect(body).toMatchObject({ mid: expect.stringMatching(/^m_/), webhook: { status: 200, tries: 1 } })

    const { bytes, headers } = only(meta.webhook.received)
    expect(bytes.toString()).toContain(String.raw`"text":"Gr\u00fc\u00dfe \ud83d\udc4b a\/b"`)
    const mac = createHmac('sha256', APP_SECRET).update(bytes).digest('hex')
    expect(headers['x-hub-signature-256']).toBe(`sha256=${mac}`)
    const [entry] = JSON.parse(bytes.toString()).entry
    expect(entry.messaging).toEqual([
      {
        sender: { id: PSID },
        recipient: { id: PAGE },
        timestamp: expect.any(Number),
        message: { mid: body.mid, text: 'Grüße 👋 a/b' },
      },
    ])
  })

  test('posts postbacks, quick replies and attachments', async () => {
    const image = { type: 'image', payload: { url: 'https://cdn.example/1.png' } }
    const postback = { title: 'Get started', payload: 'START' }
    await meta.simulator.write({ pageId: PAGE, psid: PSID, postback })
    await meta.simulator.write({ pageId: PAGE, psid: PSID, text: 'Red', quickReplyPayload: 'COLOUR_RED' })
    await meta.simulator.write({ pageId: PAGE, psid: PSID, attachments: [image] })
    const events = meta.webhook.received.map(
      ({ bytes }) => JSON.parse(bytes.toString()).entry[0].messaging[0],
    )
    expect(events).toMatchObject([
      { postback },
      { message: { text: 'Red', quick_reply: { payload: 'COLOUR_RED' } } },
      { message: { attachments: [image] } },
    ])
  })

  test('lists both directions, of the asked person only', async () => {
    await meta.simulator.write({ pageId: PAGE, psid: PSID, text: 'Where is my parcel?' })
    await meta.simulator.write({ pageId: PAGE, psid: 'somebody else', text: 'Hi' })
    await meta.simulator.write({ pageId: '99', psid: PSID, text: 'Hi, other Page' })
    await meta.send(reply({ text: 'On its way' }))
    const { body } = await meta.sim('GET', `/messages?psid=${PSID}&pageId=${PAGE}`)
    expect(body.messages).toMatchObject([
      { from: 'person', text: 'Where is my parcel?' },
      { from: 'page', text: 'On its way' },
    ])
    expect(body.messages).toHaveLength(2)
  })

  test('tries a delivery again until it is answered 200', async () => {
    meta.webhook.answers.push(503, 500)
    const { webhook: answer } = await meta.simulator.write({ pageId: PAGE, psid: PSID, text: 'hello' })
    expect(answer).toMatchObject({ status: 200, tries: 3 })
    const [first, second, third] = meta.webhook.received.map(({ bytes }) => bytes.toString())
    expect([second, third]).toEqual([first, first])
  })

  test('gives up in the end, and says what the webhook answered', async () => {
    meta.webhook.answers.push(401, 401, 401, 401)
    const { status, body } = await meta.sim('POST', '/messages', { pageId: PAGE, psid: PSID, text: 'hello' })
    expect([status, body.webhook]).toEqual([502, { status: 401, tries: 3, body: 'ok' }])
  })

  test('says so when nobody listens', async () => {
    await meta.webhook.close()
    const { webhook: answer } = await meta.simulator.write({ pageId: PAGE, psid: PSID, text: 'hello' })
    expect(answer).toMatchObject({ tries: 3, error: expect.stringContaining('ECONNREFUSED') })
  })

  test('posts the same bytes again for a redelivery', async () => {
    const { mid } = await meta.simulator.write({ pageId: PAGE, psid: PSID, text: 'hello' })
    expect((await meta.sim('POST', '/redeliver', { mid })).status).toBe(200)
    const [first, second] = meta.webhook.received
    expect(second?.bytes).toEqual(first?.bytes)
    expect(meta.simulator.shown()).toHaveLength(1)
    expect((await meta.sim('POST', '/redeliver', { mid: 'm_unknown' })).status).toBe(404)
  })

  test('refuses a Page it does not simulate, and a message that says nothing', async () => {
    expect((await meta.sim('POST', '/messages', { pageId: '7', psid: PSID, text: 'x' })).status).toBe(404)
    expect((await meta.sim('POST', '/messages', { pageId: PAGE, psid: PSID })).status).toBe(400)
    expect(meta.webhook.received).toEqual([])
  })

  test('makes the check of the verify token, and sees a webhook that echoes no challenge', async () => {
    const answer = await meta.simulator.verify('1158201444')
    expect(answer).toMatchObject({ status: 200, verified: false })
    const { searchParams } = new URL(only(meta.webhook.received).url, meta.webhook.url)
    expect(Object.fromEntries(searchParams)).toEqual({
      'hub.mode': 'subscribe',
      'hub.verify_token': 'verify-token',
      'hub.challenge': '1158201444',
    })
  })
})

test('sign agrees with a signature made by hand', () => {
  // printf '%s' '{"object":"page","entry":[]}' | openssl dgst -sha256 -hmac key
  const expected = 'fcd8acdc760f083b676a1d992ae5325e2d4320c2b7e2a6ff0f231b7aee8fefae'
  expect(sign(delivery([]), 'key')).toBe(`sha256=${expected}`)
})

test('a delivery holds its entries and events in order', () => {
  const events = ['m_1', 'm_2'].map((mid) =>
    messageEvent({ pageId: PAGE, psid: PSID, mid, timestamp: 1, text: mid }),
  )
  const bytes = delivery([messagingEntry(PAGE, events, 2), messagingEntry('99', [], 3)])
  expect(JSON.parse(bytes.toString())).toEqual({
    object: 'page',
    entry: [
      { id: PAGE, time: 2, messaging: events },
      { id: '99', time: 3, messaging: [] },
    ],
  })
})
