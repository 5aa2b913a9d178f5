import { describe, expect, test } from 'vitest'
import {
  APP_ID,
  APP_TOKEN,
  PAGE,
  PSID,
  reply,
  TOKEN,
  useSimulatedMeta,
  verdict,
} from '../support/simulated-meta.ts'

const meta = useSimulatedMeta()
const asApp = { token: APP_TOKEN }

describe("a Page's subscription", () => {
  const path = `${PAGE}/subscribed_apps`

  test('is made of known fields, read and ended', async () => {
    const subscribe = (subscribed_fields?: unknown) =>
      meta.graph('POST', path, { body: { subscribed_fields } })
    const list = async () => (await meta.graph('GET', path)).body.data
    expect(verdict(await subscribe())).toBe('100')
    expect(verdict(await subscribe([]))).toBe('100')
    expect(verdict(await subscribe(['messages', 'whispers']))).toBe('100')
    expect((await subscribe(['messages', 'message_echoes'])).body).toEqual({ success: true })
    expect(await list()).toEqual([
      {
        id: String(APP_ID),
        name: expect.any(String),
        category: 'Business',
        subscribed_fields: ['messages', 'message_echoes'],
      },
    ])
    expect(verdict(await meta.graph('POST', `${path}?subscribed_fields=messages,feed`))).toBe('200')
    expect(await list()).toMatchObject([{ subscribed_fields: ['messages', 'feed'] }])
    expect((await meta.graph('DELETE', path)).body).toEqual({ success: true })
    expect(await list()).toEqual([])
    const { webhook } = await meta.simulator.write({ pageId: PAGE, psid: PSID, text: 'Hi' })
    expect(webhook.error).toBe('not subscribed to this field')
  })

  test('is of everything before anybody said so', async () => {
    const { body } = await meta.graph('GET', path)
    expect(body.data[0].subscribed_fields).toEqual(expect.arrayContaining(['messages', 'standby', 'feed']))
  })

  test('has other names on Instagram', async () => {
    const call = {
      token: 'token-of-the-account',
      body: { subscribed_fields: ['messaging_seen', 'comments'] },
    }
    expect(verdict(await meta.graph('POST', 'me/subscribed_apps', call))).toBe('200')
    const body = { subscribed_fields: ['message_reads'] }
    expect(verdict(await meta.graph('POST', 'me/subscribed_apps', { ...call, body }))).toBe('100')
  })
})

describe("the app's subscription", () => {
  const path = `${APP_ID}/subscriptions`
  const wanted = (more: object = {}) => ({
    object: 'page',
    callback_url: `${new URL(meta.webhook.url).origin}/verified`,
    fields: 'messages,feed',
    verify_token: 'secret',
    ...more,
  })

  test('is made when the webhook answers the challenge, and says where deliveries go', async () => {
    expect((await meta.graph('POST', path, { ...asApp, body: wanted() })).body).toEqual({ success: true })
    const [check] = meta.webhook.received
    const { searchParams } = new URL(check!.url, meta.webhook.url)
    expect(Object.fromEntries(searchParams)).toEqual({
      'hub.mode': 'subscribe',
      'hub.verify_token': 'secret',
      'hub.challenge': expect.stringMatching(/^\d+$/),
    })
    const { body } = await meta.graph('GET', path, asApp)
    expect(body.data[0]).toMatchObject({
      object: 'page',
      callback_url: wanted().callback_url,
      active: true,
      fields: [{ name: 'messages' }, { name: 'feed' }],
    })
    await meta.simulator.write({ pageId: PAGE, psid: PSID, text: 'Hi' })
    expect(meta.webhook.received.at(-1)?.url).toBe('/verified')
  })

  test('is of use only for what the Page has too, and the other way round', async () => {
    await meta.graph('POST', path, { ...asApp, body: wanted({ fields: 'messages,feed' }) })
    await meta.graph('POST', 'me/subscribed_apps', {
      body: { subscribed_fields: ['messages', 'messaging_postbacks'] },
    })
    const write = async (what: object) =>
      (await meta.simulator.write({ pageId: PAGE, psid: PSID, ...what })).webhook.tries
    expect(await write({ text: 'Hi' })).toBe(1)
    expect(await write({ postback: { title: 'Go' } })).toBe(0)
    const from = { id: PSID }
    expect((await meta.simulator.comment({ pageId: PAGE, message: 'Price?', from })).webhook.tries).toBe(0)
  })

  test('is refused by a webhook that echoes no challenge', async () => {
    const body = wanted({ callback_url: meta.webhook.url })
    expect(verdict(await meta.graph('POST', path, { ...asApp, body }))).toBe('2200')
  })

  test.each([
    ['an unknown object', { object: 'group' }],
    ['an unknown field', { fields: 'whispers' }],
    ['no verify_token', { verify_token: undefined }],
  ])('is refused with %s', async (_name, more) => {
    expect(verdict(await meta.graph('POST', path, { ...asApp, body: wanted(more) }))).toBe('100')
    expect(meta.webhook.received).toEqual([])
  })

  test("needs the app's own token", async () => {
    expect(verdict(await meta.graph('GET', path))).toBe('190')
    expect(verdict(await meta.graph('GET', path, { token: `${APP_ID}|wrong` }))).toBe('190')
    expect(verdict(await meta.graph('GET', path, { ...asApp, proof: '0' }))).toBe('100')
    expect(verdict(await meta.graph('GET', path, { ...asApp, proof: null }))).toBe('200')
    expect(verdict(await meta.graph('GET', '1/subscriptions', asApp))).toBe('100/33')
    expect(verdict(await meta.graph('GET', `${PAGE}/subscribed_apps`, asApp))).toBe('190')
  })
})

describe('tokens', () => {
  const debug = async (token: string) =>
    (await meta.graph('GET', `debug_token?input_token=${token}`, asApp)).body

  test('one that works', async () => {
    expect(await debug(TOKEN)).toEqual({
      data: {
        app_id: String(APP_ID),
        type: 'PAGE',
        application: expect.any(String),
        data_access_expires_at: 0,
        expires_at: 0,
        is_valid: true,
        scopes: expect.arrayContaining(['pages_messaging', 'pages_manage_metadata']),
        profile_id: PAGE,
      },
    })
    expect(verdict(await meta.graph('GET', 'debug_token?input_token=nobodys', asApp))).toBe('100')
    expect(verdict(await meta.graph('GET', 'debug_token', asApp))).toBe('100')
    expect(verdict(await meta.graph('GET', `debug_token?input_token=${TOKEN}`))).toBe('190')
  })

  test.each([[undefined], [460]])(
    'one that was revoked is refused everywhere, with subcode %s',
    async (subcode) => {
      await meta.sim('POST', '/token', { pageId: PAGE, valid: false, subcode })
      const expected = subcode === undefined ? '190' : `190/${subcode}`
      for (const answer of [
        await meta.send(reply({ text: 'x' })),
        await meta.graph('GET', 'me?fields=id'),
        await meta.graph('POST', 'me/personas', { body: {} }),
        await meta.graph('GET', 'me/conversations'),
      ]) {
        expect(verdict(answer)).toBe(expected)
      }
      const { data } = await debug(TOKEN)
      expect(data).toMatchObject({ is_valid: false, error: { code: 190, ...(subcode && { subcode }) } })
      meta.simulator.token({ pageId: PAGE, valid: true })
      expect(verdict(await meta.send(reply({ text: 'x' })))).toBe('200')
    },
  )

  test('one that was replaced works no more; the new one does', async () => {
    meta.simulator.token({ pageId: PAGE, newToken: 'token-2' })
    expect(verdict(await meta.send(reply({ text: 'x' })))).toBe('190/460')
    expect(verdict(await meta.send(reply({ text: 'x' }), { token: 'token-2' }))).toBe('200')
    expect(await debug(TOKEN)).toMatchObject({ data: { is_valid: false, error: { subcode: 460 } } })
    expect(await debug('token-2')).toMatchObject({ data: { is_valid: true } })
  })

  test('one that expires', async () => {
    const expiresAt = Math.floor(Date.now() / 1000) + 60
    meta.simulator.token({ pageId: PAGE, expiresAt, scopes: ['pages_messaging'] })
    expect(await debug(TOKEN)).toMatchObject({
      data: { is_valid: true, expires_at: expiresAt, scopes: ['pages_messaging'] },
    })
    expect(verdict(await meta.send(reply({ text: 'x' })))).toBe('200')
    meta.advance(61_000)
    expect(verdict(await meta.send(reply({ text: 'x' })))).toBe('190/463')
    expect(await debug(TOKEN)).toMatchObject({ data: { is_valid: false } })
  })
})

describe('a Page', () => {
  test('tells its name and what routing it has', async () => {
    expect((await meta.graph('GET', PAGE)).body).toEqual({ id: PAGE, name: `Page ${PAGE}` })
    expect((await meta.graph('GET', 'me?fields=messaging_feature_status')).body).toEqual({
      id: PAGE,
      messaging_feature_status: { hop_v2: true, msgr_multi_app: true, ig_multi_app: true },
    })
    expect(verdict(await meta.graph('GET', 'me?fields=colour'))).toBe('100')
    expect(verdict(await meta.graph('GET', '99?fields=name'))).toBe('100/33')
  })
})
