import { describe, expect, test } from 'vitest'
import { sign } from '../../src/simulator/delivery.ts'
import {
  APP_ID,
  APP_SECRET,
  INSTAGRAM,
  only,
  OTHER_PAGE,
  PAGE,
  PSID,
  reply,
  useSimulatedMeta,
} from '../support/simulated-meta.ts'

const meta = useSimulatedMeta({ deliveries: true })

/** A person each: `psid 7` is number 7. */
const to = (number: number, text: string) => ({ ...reply({ text }), recipient: { id: `psid ${number}` } })

function entries() {
  return meta.webhook.received.flatMap(({ bytes }) => JSON.parse(bytes.toString()).entry)
}

describe('what the Page sent', () => {
  test('comes back as an echo, and then as delivered', async () => {
    const { body } = await meta.send(reply({ text: 'x', metadata: 'rpl_1' }))
    await meta.simulator.idle()
    const [echo, delivered, ...more] = meta.events()
    expect(echo).toEqual({
      sender: { id: PAGE },
      recipient: { id: PSID },
      timestamp: expect.any(Number),
      message: { mid: body.message_id, is_echo: true, app_id: APP_ID, metadata: 'rpl_1', text: 'x' },
    })
    expect(delivered).toEqual({
      sender: { id: PSID },
      recipient: { id: PAGE },
      delivery: { mids: [body.message_id], watermark: echo?.['timestamp'] },
    })
    expect(more).toEqual([])
  })

  test('shows attachments as Meta does: an address, no id; templates as they are', async () => {
    const { attachmentId } = meta.simulator.attachment({ pageId: PAGE })
    const template = {
      type: 'template',
      payload: { template_type: 'generic', elements: [{ title: 'a', subtitle: 'b' }] },
    }
    await meta.send(reply({ attachment: { type: 'image', payload: { attachment_id: attachmentId } } }))
    await meta.send(reply({ attachment: template }))
    await meta.send(reply({ sticker_id: '369239263222822' }))
    expect(meta.simulator.shown({ psid: PSID }).map(({ attachments }) => attachments)).toEqual([
      [{ type: 'image', payload: { url: expect.stringContaining(attachmentId) } }],
      [template],
      [{ type: 'sticker', payload: { sticker_id: '369239263222822' } }],
    ])
  })

  test('is not delivered on Instagram, as far as Meta tells', async () => {
    await meta.sendOnInstagram({ recipient: { id: PSID }, message: { text: 'x' } })
    await meta.simulator.idle()
    expect(only(meta.events())).toMatchObject({ message: { is_echo: true } })
  })

  test('can be told again, in the bytes in which it was told', async () => {
    const { body } = await meta.send(reply({ text: 'x' }))
    await meta.simulator.idle()
    expect((await meta.sim('POST', '/redeliver', { mid: body.message_id })).status).toBe(200)
    const [first, second] = meta.webhook.received
    expect(second?.bytes).toEqual(first?.bytes)
  })
})

describe('many at once', () => {
  test('share deliveries, signed, and stay in order for each person', async () => {
    const sends = Array.from({ length: 300 }, (_, index) => to(index % 10, `${index}`))
    for (let at = 0; at < sends.length; at += 10) {
      await Promise.all(sends.slice(at, at + 10).map((body) => meta.send(body)))
    }
    await meta.simulator.idle()
    expect(meta.events()).toHaveLength(600)
    expect(meta.webhook.received.length).toBeLessThan(150)
    expect(meta.simulator.stats().webhook).toEqual({
      posts: meta.webhook.received.length,
      events: 600,
      failed: 0,
      waiting: 0,
    })
    for (const { bytes, headers } of meta.webhook.received) {
      expect(headers['x-hub-signature-256']).toBe(sign(bytes, APP_SECRET))
    }
    const echoes = meta.events().filter((event) => 'message' in event)
    const texts = Map.groupBy(echoes, (event) => event.recipient?.id ?? '')
    expect(texts.size).toBe(10)
    for (const [psid, events] of texts) {
      const number = Number(psid.slice(5))
      const expected = Array.from({ length: 30 }, (_, index) => `${index * 10 + number}`)
      expect(events.map((event) => event.message?.text)).toEqual(expected)
    }
  })

  test('of several Pages: an entry for each, and a delivery for each kind of object and of entry', async () => {
    await meta.simulator.owner({ pageId: OTHER_PAGE, psid: PSID, appId: '111' })
    meta.webhook.received.length = 0
    const say = (pageId: string, text: string) => meta.simulator.write({ pageId, psid: PSID, text })
    const third = '98'
    await Promise.all([
      say(PAGE, '1'),
      say(third, '2'),
      say(INSTAGRAM, '3'),
      say(OTHER_PAGE, '4'),
      say(PAGE, '5'),
    ])
    const told = meta.webhook.received.map(({ bytes }) => {
      const { object, entry } = JSON.parse(bytes.toString())
      return [
        object,
        ...entry.map((one: object) =>
          Object.entries(one).map(([key, value]) => (key === 'id' ? value : key)),
        ),
      ]
    })
    expect(told).toEqual([
      ['page', [PAGE, 'time', 'messaging'], [third, 'time', 'messaging']],
      ['instagram', [INSTAGRAM, 'time', 'messaging']],
      ['page', [OTHER_PAGE, 'time', 'standby']],
      ['page', [PAGE, 'time', 'messaging']],
    ])
    expect(entries().flatMap(({ messaging = [], standby = [] }) => [...messaging, ...standby])).toMatchObject(
      ['1', '2', '3', '4', '5'].map((text) => ({ message: { text } })),
    )
  })

  test('a delivery that fails is tried again before anything that comes after it', async () => {
    meta.webhook.answers.push(500)
    await meta.send(reply({ text: '1' }))
    await meta.simulator.write({ pageId: PAGE, psid: PSID, text: '2' })
    await meta.simulator.idle()
    const texts = meta.events().map((event) => event.message?.text)
    expect(texts.filter((text) => text !== undefined)).toEqual(['1', '1', '2'])
  })
})

describe('people', () => {
  test('read: Messenger tells up to when, Instagram which message', async () => {
    const { body } = await meta.sendOnInstagram({ recipient: { id: PSID }, message: { text: 'x' } })
    await meta.sim('POST', '/read', { pageId: PAGE, psid: PSID })
    await meta.simulator.read({ pageId: INSTAGRAM, psid: PSID })
    const reads = meta.events().filter((event) => 'read' in event)
    expect(reads).toEqual([
      { ...partiesOf(PAGE), timestamp: expect.any(Number), read: { watermark: expect.any(Number) } },
      { ...partiesOf(INSTAGRAM), timestamp: expect.any(Number), read: { mid: body.message_id } },
    ])
  })

  test('react, take it back, answer one message, come through a link, tick a checkbox', async () => {
    const who = { pageId: PAGE, psid: PSID }
    await meta.simulator.write({ ...who, reaction: { mid: 'm_1', emoji: '👍' } })
    await meta.simulator.write({ ...who, reaction: { mid: 'm_1' } })
    await meta.simulator.write({ ...who, text: 'This one', replyTo: 'm_1' })
    await meta.simulator.write({ ...who, referral: { ref: 'spring' } })
    await meta.simulator.optIn({ pageId: PAGE, userRef: 'r', ref: 'newsletter' })
    expect(meta.events()).toMatchObject([
      { reaction: { mid: 'm_1', action: 'react', emoji: '👍' } },
      { reaction: { mid: 'm_1', action: 'unreact' } },
      { message: { text: 'This one', reply_to: { mid: 'm_1' } } },
      { referral: { ref: 'spring', source: 'SHORTLINK', type: 'OPEN_THREAD' } },
      { sender: { user_ref: 'r' }, optin: { ref: 'newsletter', user_ref: 'r' } },
    ])
    expect(meta.simulator.shown()).toHaveLength(1)
  })
})

describe('without a subscription', () => {
  test('the webhook hears of what the Page subscribed to, and of nothing else', async () => {
    await meta.graph('POST', 'me/subscribed_apps', {
      body: { subscribed_fields: ['messages', 'message_deliveries'] },
    })
    await meta.send(reply({ text: 'x' }))
    const { webhook } = await meta.simulator.write({ pageId: PAGE, psid: PSID, postback: { title: 'Go' } })
    expect(webhook).toEqual({ body: '', tries: 0, error: 'not subscribed to this field' })
    await meta.simulator.write({ pageId: PAGE, psid: PSID, text: 'Hi' })
    await meta.simulator.idle()
    const kinds = meta.events().map((event) => Object.keys(event).at(-1))
    expect(kinds.toSorted()).toEqual(['delivery', 'message'])
  })
})

describe('with echoes and deliveries off', () => {
  const silent = useSimulatedMeta({ echoes: false, deliveries: false })

  test('nothing comes of a send', async () => {
    const { body } = await silent.send(reply({ text: 'x' }))
    await silent.simulator.idle()
    expect(silent.webhook.received).toEqual([])
    expect((await silent.sim('POST', '/redeliver', { mid: body.message_id })).status).toBe(404)
  })
})

describe('memory', () => {
  const small = useSimulatedMeta({ keep: 8 })

  test('keeps the newest', async () => {
    for (let number = 0; number < 30; number++) await small.send(to(number, `${number}`))
    await small.simulator.idle()
    const newest = ['22', '23', '24', '25', '26', '27', '28', '29']
    expect(small.simulator.shown().map(({ text }) => text)).toEqual(newest)
    const sent = small.simulator.sent.map(({ body }) => body.message?.text)
    expect(sent.length).toBeLessThan(10)
    expect(sent.slice(-8)).toEqual(newest)
    expect((await small.graph('GET', 'me/conversations')).body.data).toHaveLength(8)
    expect(small.simulator.stats().pages[PAGE]).toMatchObject({ sends: 30 })
  })
})

function partiesOf(pageId: string) {
  return { sender: { id: PSID }, recipient: { id: pageId } }
}
