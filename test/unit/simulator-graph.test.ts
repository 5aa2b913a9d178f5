import { describe, expect, test } from 'vitest'
import { sign } from '../../src/simulator/delivery.ts'
import { poll } from '../support/poll.ts'
import {
  APP_SECRET,
  only,
  PAGE,
  PROOF,
  PSID,
  reply,
  useSimulatedMeta,
  type Call,
} from '../support/simulated-meta.ts'

const meta = useSimulatedMeta()

describe('the Send API', () => {
  test('takes a good call, shows it to the person and posts a signed echo', async () => {
    const { status, body } = await meta.send(reply({ text: 'Grüße 👋', metadata: 'r_1' }))
    expect(status).toBe(200)
    expect(body).toEqual({ recipient_id: PSID, message_id: expect.stringMatching(/^m_[\w-]{20,}$/) })

    await meta.simulator.idle()
    expect(meta.simulator.sent).toMatchObject([{ mid: body.message_id, pageId: PAGE, psid: PSID }])
    expect(meta.simulator.shown({ psid: PSID })).toMatchObject([{ from: 'page', text: 'Grüße 👋' }])

    const echo = only(meta.webhook.received)
    expect(echo.headers['x-hub-signature-256']).toBe(sign(echo.bytes, APP_SECRET))
    expect(JSON.parse(echo.bytes.toString())).toMatchObject({
      object: 'page',
      entry: [
        {
          id: PAGE,
          messaging: [
            {
              sender: { id: PAGE },
              recipient: { id: PSID },
              message: { mid: body.message_id, is_echo: true, metadata: 'r_1', app_id: expect.any(Number) },
            },
          ],
        },
      ],
    })
  })

  test('knows the Page of the token as `me`, and takes the proof from the body too', async () => {
    const body = { ...reply({ text: 'hello' }), appsecret_proof: PROOF }
    expect((await meta.send(body, { path: '/v26.0/me/messages', proof: null })).status).toBe(200)
  })

  test.each<[string, Call, number]>([
    ['no token', { token: null }, 190],
    ['a token of nobody', { token: 'wrong' }, 190],
    ['no appsecret_proof', { proof: null }, 100],
    ['a proof made with another secret', { proof: PROOF.replaceAll(/./g, '0') }, 100],
    ['the Page of another token', { path: '/v26.0/99/messages' }, 100],
    ['no version', { path: '/latest/me/messages' }, 2500],
  ])('refuses %s', async (_name, call, code) => {
    const { status, body } = await meta.send(reply({ text: 'hello' }), call)
    expect(status).toBe(400)
    expect(body).toEqual({
      error: {
        message: expect.any(String),
        type: expect.any(String),
        code,
        fbtrace_id: expect.any(String),
        ...(call.path === '/v26.0/99/messages' && { error_subcode: 33 }),
      },
    })
    expect(meta.simulator.shown()).toEqual([])
  })

  test.each([
    ['no recipient', { message: { text: 'hello' }, messaging_type: 'RESPONSE' }],
    ['a recipient without id', { ...reply({ text: 'hello' }), recipient: {} }],
    ['no messaging_type', { recipient: { id: PSID }, message: { text: 'hello' } }],
    ['an unknown messaging_type', { ...reply({ text: 'hello' }), messaging_type: 'response' }],
    ['MESSAGE_TAG without tag', { ...reply({ text: 'hello' }), messaging_type: 'MESSAGE_TAG' }],
    ['a retired tag', { ...reply({ text: 'hello' }), messaging_type: 'MESSAGE_TAG', tag: 'ACCOUNT_UPDATE' }],
    ['text of 2000 characters', reply({ text: 'x'.repeat(2000) })],
    ['empty text', reply({ text: '' })],
    ['metadata of 1000 characters', reply({ text: 'hello', metadata: 'x'.repeat(1000) })],
    ['text together with an attachment', reply({ text: 'hello', attachment: { type: 'image' } })],
    ['a message together with a sender_action', { ...reply({ text: 'hello' }), sender_action: 'typing_on' }],
    ['a key that Graph does not know', { ...reply({ text: 'hello' }), idempotency_key: 'x' }],
    ['a body that is no object', 'hello'],
  ])('refuses %s with code 100', async (_name, body) => {
    const answer = await meta.send(body)
    expect([answer.status, answer.body.error?.code]).toEqual([400, 100])
    expect(meta.simulator.sent).toEqual([])
  })

  test('takes text and metadata of the greatest length', async () => {
    const body = reply({ text: 'x'.repeat(1999), metadata: 'x'.repeat(999) })
    expect((await meta.send(body)).status).toBe(200)
  })
})

describe('planned faults', () => {
  test('an error answers so many sends, and then sends are taken again', async () => {
    await meta.sim('POST', '/fail', { times: 2, status: 500, error: { code: 2, message: 'Service down' } })
    for (const expected of [500, 500, 200]) {
      expect((await meta.send(reply({ text: 'hello' }))).status).toBe(expected)
    }
    expect(meta.simulator.sent).toHaveLength(1)
  })

  test('an error carries code and subcode', async () => {
    meta.simulator.fail({
      status: 400,
      error: { code: 10, error_subcode: 2018278, message: 'outside the window' },
    })
    const { body } = await meta.send(reply({ text: 'hello' }))
    expect(body.error).toMatchObject({ code: 10, error_subcode: 2018278, message: 'outside the window' })
  })

  test('a refused call uses up no fault', async () => {
    meta.simulator.fail({ status: 500, error: { code: 2 } })
    expect((await meta.send(reply({ text: '' }))).status).toBe(400)
    expect((await meta.send(reply({ text: 'hello' }))).status).toBe(500)
  })

  test('cut before: the caller sees a broken connection, the person nothing', async () => {
    meta.simulator.fail({ cut: 'before' })
    await expect(meta.send(reply({ text: 'hello' }))).rejects.toThrow('fetch failed')
    await meta.simulator.idle()
    expect([meta.simulator.sent.length, meta.webhook.received.length]).toEqual([0, 0])
  })

  test('cut after: the caller sees the same, the person has the message and its echo comes', async () => {
    meta.simulator.fail({ cut: 'after' })
    await expect(meta.send(reply({ text: 'hello' }))).rejects.toThrow('fetch failed')
    await meta.simulator.idle()
    expect([meta.simulator.sent.length, meta.webhook.received.length]).toEqual([1, 1])
  })

  test('a hang takes the message; a caller who gives up still gets the echo', async () => {
    meta.simulator.fail({ hangMs: 60_000 })
    await expect(meta.send(reply({ text: 'hello' }), { signal: AbortSignal.timeout(100) })).rejects.toThrow()
    await meta.simulator.idle()
    expect([meta.simulator.sent.length, meta.webhook.received.length]).toEqual([1, 1])
  })

  test('a bare status answers as a broken gateway, without JSON', async () => {
    meta.simulator.fail({ status: 502 })
    await expect(meta.send(reply({ text: 'hello' }))).rejects.toThrow(SyntaxError)
    expect(meta.simulator.sent).toEqual([])
  })

  test('can be called off', async () => {
    await meta.sim('POST', '/fail', { times: 1000, status: 500 })
    await meta.sim('DELETE', '/fail')
    expect((await meta.send(reply({ text: 'hello' }))).status).toBe(200)
  })

  test('a delay answers as ever, later', async () => {
    meta.simulator.fail({ delayMs: 150 })
    const began = performance.now()
    expect((await meta.send(reply({ text: 'hello' }))).status).toBe(200)
    expect(performance.now() - began).toBeGreaterThan(140)
    expect(meta.simulator.sent).toHaveLength(1)
    meta.simulator.fail({ delayMs: 1, error: { code: 2 } })
    expect((await meta.send(reply({ text: 'hello' }))).body.error.code).toBe(2)
  })

  test('a delayed message whose caller went away is taken, and its echo comes', async () => {
    meta.simulator.fail({ delayMs: 200 })
    await expect(meta.send(reply({ text: 'hello' }), { signal: AbortSignal.timeout(50) })).rejects.toThrow()
    await poll(
      async () => meta.simulator.sent.length,
      (count) => count === 1,
    )
    await meta.simulator.idle()
    expect(meta.webhook.received).toHaveLength(1)
  })

  test('strikes one Page, or one person, and lets the others pass', async () => {
    const code = async (psid: string, call = {}) =>
      (await meta.send({ ...reply({ text: 'x' }), recipient: { id: psid } }, call)).body.error?.code
    const other = { path: '/v26.0/99/messages', token: 'token-of-another-page' }
    meta.simulator.fail({ error: { code: 1 }, pageId: '99' })
    meta.simulator.fail({ error: { code: 2 }, psid: 'b' })
    expect([await code('a'), await code('b'), await code('b')]).toEqual([undefined, 2, undefined])
    expect([await code('a', other), await code('a', other)]).toEqual([1, undefined])
    expect(meta.simulator.stats().pages).toMatchObject({ [PAGE]: { faults: 1 }, '99': { faults: 1 } })
  })

  test('strikes sends, unless it names another part of Graph or all of it', async () => {
    const upload = () =>
      meta.graph('POST', 'me/message_attachments', {
        body: { message: { attachment: { type: 'image', payload: { url: 'https://cdn.example/1.png' } } } },
      })
    const type = () => meta.send({ recipient: { id: PSID }, sender_action: 'typing_on' })
    const codes = async () => [
      (await upload()).body.error?.code,
      (await type()).body.error?.code,
      (await meta.send(reply({ text: 'x' }))).body.error?.code,
    ]
    const error = { code: 2 }
    for (const [path, expected] of [
      [undefined, [undefined, undefined, 2]],
      ['message_attachments', [2, undefined, undefined]],
      ['sender_action', [undefined, 2, undefined]],
      ['messages', [undefined, undefined, 2]],
    ] as const) {
      meta.simulator.fail(path === undefined ? { error } : { error, path })
      expect([path, await codes()]).toEqual([path, expected])
    }
    meta.simulator.fail({ error, path: '*', times: 3 })
    expect(await codes()).toEqual([2, 2, 2])
  })

  test.each([
    ['cut', { cut: 'after' as const }],
    ['an error that is a lie', { error: { code: 1, error_subcode: 1357046 }, taken: true }],
  ])('what %s took away from its caller was done all the same', async (_name, fault) => {
    meta.simulator.fail({ ...fault, path: 'personas' })
    const body = { name: 'Ada', profile_picture_url: 'https://cdn.example/1.png' }
    await meta.graph('POST', 'me/personas', { body }).catch(() => undefined)
    expect((await meta.graph('GET', 'me/personas')).body.data).toMatchObject([{ name: 'Ada' }])
  })

  test('a fault that is none is refused', async () => {
    expect((await meta.sim('POST', '/fail', { times: 1 })).status).toBe(400)
    expect((await meta.sim('POST', '/fail', { times: 1, cut: 'sometimes' })).status).toBe(400)
    expect((await meta.sim('POST', '/fail', { status: 500, path: 'mesages' })).status).toBe(400)
  })
})
