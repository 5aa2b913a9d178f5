import { describe, expect, test } from 'vitest'
import type { DomainEvent } from '../../src/domain/event.ts'
import type { OptinEvent } from '../../src/domain/messaging-events.ts'
import { noticeConsents } from '../../src/routing/notice-consents.ts'
import { anna, base, consentKit, hour, message, now, optin, postback } from '../support/consent-kit.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })
const open = (more: Parameters<typeof consentKit>[1] = {}) => consentKit(redis.client, more)

const stopped = 'You will get no more notifications from us. We still answer when you write to us.'

describe('events that are not about consent', () => {
  test('ask nothing of Redis', async () => {
    const { notice, asked, rung } = open()
    const echo: DomainEvent = {
      ...base(now),
      kind: 'echo',
      mid: 'm_echo',
      text: 'STOP',
      attachments: [],
      appId: null,
      fromInbox: true,
      metadata: null,
    }
    const edited: DomainEvent = {
      ...base(now),
      kind: 'message_edit',
      mid: 'm',
      text: 'STOP',
      numEdit: 1,
      byPage: true,
    }
    await notice(
      message('where is my parcel?'),
      message(null),
      message('please stop the bus', now, { quickReply: { payload: 'ORDER_1' } }),
      postback('Track my order', 'TRACK'),
      { ...base(now), kind: 'read', watermark: now, mid: null },
      { ...base(now), kind: 'unknown', name: 'stop' },
      echo,
      edited,
    )
    await notice()
    expect([asked, rung]).toEqual([[], []])
  })
})

describe('STOP', () => {
  test.each([
    ['written', () => message('Stop!')],
    ['of a quick reply', () => message('No, thanks', now, { quickReply: { payload: 'STOP_ALL' } })],
    ['of a button', () => postback('No more of this', 'unsubscribe')],
    ['of a button whose payload only its app sees', () => postback('Unsubscribe', null)],
  ])('%s ends everything given before it, and says so once', async (_how, event) => {
    const { notice, give, of, confirmations, rung, record, asked } = open()
    await give('orders', now - 1000)
    const said = event()
    await notice(said)
    expect(await of(anna, 'orders')).toBe('withdrawn')
    expect(asked).toHaveLength(1)
    const [reply] = await confirmations()
    expect(reply).toMatchObject({
      id: expect.stringMatching(/^rpl_[\w-]{22}$/),
      conversationId: anna,
      message: { text: `${stopped} Write START to get them again.` },
      agent: null,
      topic: null,
      by: 'stop-word',
    })
    expect(rung).toEqual([`out:${anna}`])
    expect(await record(reply!.id)).toMatchObject({ status: 'queued' })
  })

  test('delivered again, alone or among others, is confirmed once', async () => {
    const { notice, give, texts } = open()
    await give('orders', now - 1000)
    const stop = message('STOP')
    await notice(stop, stop)
    await notice(stop)
    await Promise.all([notice(message('hello'), stop), notice(stop)])
    expect(await texts()).toHaveLength(1)
  })

  test('is confirmed when the first try died before it could be', async () => {
    const { notice, deps, texts } = open()
    const dies = { ...deps, accept: () => Promise.reject(new Error('Connection is closed')) }
    const stop = message('STOP')
    await expect(noticeConsents(dies)([stop])).rejects.toThrow('Connection is closed')
    expect(await texts()).toEqual([])
    await notice(stop)
    expect(await texts()).toEqual([stopped])
  })

  test('written ten times is confirmed once, and a day later again', async () => {
    const { notice, texts, clock } = open()
    for (let n = 0; n < 10; n++) await notice(message('STOP', now + n * 1000))
    expect(await texts()).toHaveLength(1)
    clock.now = now + 25 * hour
    await notice(message('STOP', clock.now))
    expect(await texts()).toHaveLength(2)
  })

  test('after a new agreement is confirmed again, but not within an hour', async () => {
    const { notice, give, texts, of } = open()
    await notice(message('STOP', now - 3 * hour))
    await give('orders', now - 2 * hour)
    await notice(message('STOP', now - hour))
    await give('orders', now - 1000)
    await notice(message('STOP', now - 1))
    expect(await texts()).toHaveLength(2)
    expect(await of(anna, 'orders')).toBe('withdrawn')
  })

  test('in a thread of another app counts, and is left to that app to answer', async () => {
    const { notice, give, of, texts } = open()
    await give('orders', now - 1000)
    await notice(postback('Stop', null, { standby: true }))
    expect(await of(anna, 'orders')).toBe('withdrawn')
    expect(await texts()).toEqual([])
    await notice(message('STOP', now + 1000))
    expect(await texts()).toHaveLength(1)
  })

  test('that somebody edits into a message counts, and opens nothing to answer in', async () => {
    const { notice, give, of, texts } = open()
    await give('orders', now - 1000)
    await notice({ ...base(now), kind: 'message_edit', mid: 'm', text: 'stop', numEdit: 1, byPage: false })
    expect(await of(anna, 'orders')).toBe('withdrawn')
    expect(await texts()).toEqual([])
  })

  test('that comes a day late counts as of its time, and nobody is told', async () => {
    const { notice, give, of, texts } = open()
    await give('orders', now - 30 * hour)
    await give('news', now - hour)
    await notice(message('STOP', now - 25 * hour))
    expect([await of(anna, 'orders'), await of(anna, 'news')]).toEqual(['withdrawn', 'given'])
    expect(await texts()).toEqual([])
  })

  test('is told in the language of the word, else of the Page, else in English', async () => {
    const german = open({ locale: 'de-DE' })
    await german.notice(message('arrêt'), message('STOP', now, { conversationId: '1:bert', psid: 'bert' }))
    expect(await german.texts()).toEqual([expect.stringMatching(/^Vous ne recevrez plus/)])
    expect(await german.texts('1:bert')).toEqual([expect.stringMatching(/^Sie erhalten keine/)])
    const klingon = open({ locale: 'tlh' })
    await klingon.notice(message('STOP'))
    expect(await klingon.texts()).toEqual([stopped])
    const norwegian = open({ locale: 'nb_NO' })
    await norwegian.notice(message('STOP'))
    expect(await norwegian.texts()).toEqual([expect.stringMatching(/^Du får ikke flere varsler/)])
  })

  test('is understood and told in the words of the Page', async () => {
    const { notice, texts } = open({ stopWords: ['sair'], stopConfirmation: 'Feito.' })
    await notice(message('SAIR'))
    expect(await texts()).toEqual(['Feito.'])
    const silent = open({ stopConfirmation: '' })
    await silent.give('orders', now - 1)
    await silent.notice(message('STOP'))
    expect(await silent.texts()).toEqual([])
    expect(await silent.of(anna, 'orders')).toBe('withdrawn')
  })

  test('to a Page that nobody knows is kept', async () => {
    const { notice, give, of, asked } = open()
    await give('orders', now - 1, '9:anna')
    await notice(message('STOP', now, { pageId: '9', conversationId: '9:anna' }))
    expect(await of('9:anna', 'orders')).toBe('withdrawn')
    expect(asked).toHaveLength(1)
  })

  test('ends what the same person agreed to at a checkbox before they ever wrote', async () => {
    const { notice, of, texts } = open()
    const checkbox = '1:user_ref:cart-7'
    await notice(optin({ ref: 'orders', psid: 'user_ref:cart-7', conversationId: checkbox }, now - 5000))
    expect(await of(checkbox, 'orders')).toBe('given')
    const priorMessage = { source: 'checkbox_plugin', identifier: 'cart-7' }
    await notice(message('thanks!', now - 4000, { priorMessage }))
    expect(await of(checkbox, 'orders')).toBe('given')
    await notice(message('STOP', now))
    expect(await of(checkbox, 'orders')).toBe('withdrawn')
    expect(await texts()).toHaveLength(1)
    expect(await texts(checkbox)).toEqual([])
  })
})

describe('START', () => {
  test('gives back what STOP took, says so once, and how to end it', async () => {
    const { notice, give, of, texts } = open()
    await give('orders', now - 1000)
    await notice(message('STOP', now))
    const start = message('start', now + 1000)
    await notice(start)
    await notice(start)
    await notice(message('START', now + 2000))
    expect(await of(anna, 'orders')).toBe('given')
    expect(await texts()).toEqual([
      expect.stringMatching(/START/),
      'You will get notifications from us again. Write STOP to end them.',
    ])
  })

  test('without a stop, or to somebody who had agreed to nothing, is an ordinary word', async () => {
    const { notice, list, texts } = open()
    await notice(message('start', now - 2000))
    await notice(message('STOP', now - 1000), message('start', now))
    expect(await texts()).toEqual([stopped])
    expect((await list(anna)).consents).toEqual([])
  })
})

describe('an opt-in', () => {
  test.each<[string, Partial<OptinEvent>, string]>([
    ['a checkbox, by its ref', { ref: 'Order updates' }, 'order-updates'],
    [
      'one notification, by its payload',
      { type: 'one_time_notif_req', payload: 'back-in-stock', title: 'Tell me' },
      'back-in-stock',
    ],
    [
      'notifications, by their topic',
      { type: 'notification_messages', topic: 'NEWS', title: 'Our news', payload: 'p' },
      'news',
    ],
    [
      'notifications, by their title',
      { type: 'notification_messages', title: 'Our news', payload: 'p' },
      'our-news',
    ],
    ['what Meta thinks of tomorrow', { type: 'new_kind', payload: 'p' }, 'p'],
  ])('is consent: %s', async (_of, more, topic) => {
    const { notice, list, texts } = open()
    const event = optin(more)
    await notice(event)
    await notice(event)
    const source = `opt-in ${more.type ?? 'plugin'}`
    const given = { status: 'given', at: now, source, by: event.id }
    expect(await list(anna)).toEqual({ consents: [{ topic, ...given, history: [given] }], stoppedAt: null })
    expect(await texts()).toEqual([])
  })

  test("to which nothing gives a name, or with a status that we don't know, is none", async () => {
    const { notice, asked } = open()
    await notice(optin({}), optin({ ref: '  ' }), optin({ ref: 'news', status: 'PAUSED' }))
    expect(asked).toEqual([])
  })

  test('by a reference alone is of the person with that reference', async () => {
    const { notice, of } = open()
    await notice(optin({ ref: 'orders', userRef: 'cart-8', psid: null, conversationId: '1:page' }))
    expect(await of('1:user_ref:cart-8', 'orders')).toBe('given')
  })

  test("is ended and taken up again in Meta's own settings, each topic by itself and without a word", async () => {
    const { notice, of, list, texts } = open()
    const news = { type: 'notification_messages', topic: 'news' }
    await notice(optin(news, now), optin({ ...news, topic: 'offers' }, now))
    const stop = optin({ ...news, status: 'STOP NOTIFICATIONS' }, now + 1000)
    await notice(stop)
    expect([await of(anna, 'news'), await of(anna, 'offers')]).toEqual(['withdrawn', 'given'])
    await notice(optin({ ...news, status: 'RESUME NOTIFICATIONS' }, now + 2000), stop)
    expect(await of(anna, 'news')).toBe('given')
    expect((await list(anna)).consents[0]?.history.map(({ source }) => source)).toEqual([
      'opt-in notification_messages',
      'STOP NOTIFICATIONS',
      'RESUME NOTIFICATIONS',
    ])
    expect(await texts()).toEqual([])
  })
})
