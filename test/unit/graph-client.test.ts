import { createHmac } from 'node:crypto'
import { createServer } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { graphClient, pathOf, type GraphCall, type GraphClient } from '../../src/meta/graph-client.ts'
import { closedPort, cutAfter, hangUp, silence, status, useServer } from '../support/http-server.ts'

const server = useServer()
const appSecret = 'app-secret-of-the-test'
const message = {
  method: 'POST',
  path: pathOf('108000000000017', 'messages'),
  accessToken: 'EAAB-token',
  body: {
    recipient: { id: '6120000000000001' },
    message: { text: 'Ja, der Tisch 1/2 ist noch da 👋', metadata: 'rpl_AbCdEfGhIjKlMnOpQrSt-_' },
  },
} satisfies GraphCall
const soon = () => AbortSignal.timeout(10_000)
const json = (code: number, body: unknown) =>
  status(code, { 'content-type': 'application/json' }, JSON.stringify(body))

let clients: GraphClient[] = []
const client = (graphUrl = server.url) => {
  const made = graphClient({ graphUrl, graphVersion: 'v26.0', appSecret, timeoutMs: 3000 })
  clients.push(made)
  return made
}

beforeEach(() => {
  clients = []
})
afterEach(async () => {
  await Promise.all(clients.map((one) => one.close()))
})

describe('what is sent', () => {
  test('is the body as it was given, as JSON', async () => {
    const answer = { recipient_id: '6120000000000001', message_id: 'm_sent' }
    server.answers = [json(200, answer)]
    expect(await client().call(message, soon())).toEqual({ outcome: 'ok', body: answer, usage: null })
    expect(server.calls).toHaveLength(1)
    expect(server.calls[0]).toMatchObject({ method: 'POST', headers: { 'content-type': 'application/json' } })
    expect(JSON.parse(server.calls[0]!.body)).toEqual(message.body)
  })

  test('goes to the messages of the Page in the version that was set, with the proof', async () => {
    await client().call(message, soon())
    const proof = createHmac('sha256', appSecret).update('EAAB-token').digest('hex')
    expect(server.calls[0]!.url).toBe(`/v26.0/108000000000017/messages?appsecret_proof=${proof}`)
  })

  test('has the token in the Authorization header and nowhere else', async () => {
    await client().call(message, soon())
    const { url, body, headers } = server.calls[0]!
    expect(headers.authorization).toBe('Bearer EAAB-token')
    const { authorization: _, ...rest } = headers
    expect(`${url}${body}${JSON.stringify(rest)}`).not.toContain('EAAB-token')
  })

  test.each(['/', '///', '/graph/', '/graph'])('a base URL that ends in %s', async (end) => {
    await client(server.url + end).call(message, soon())
    const base = end.startsWith('/graph') ? '/graph' : ''
    expect(server.calls[0]!.url.split('?')[0]).toBe(`${base}/v26.0/108000000000017/messages`)
  })

  test('without a body, and with a query, is a plain GET', async () => {
    const read = {
      method: 'GET',
      path: pathOf('108'),
      accessToken: 'EAAB-token',
      query: { fields: 'id,name' },
    }
    await client().call(read as GraphCall, soon())
    expect(server.calls[0]).toMatchObject({ method: 'GET', body: '' })
    expect(server.calls[0]!.url).toMatch(/^\/v26\.0\/108\?fields=id%2Cname&appsecret_proof=/)
    expect(server.calls[0]!.headers['content-type']).toBeUndefined()
  })

  test('as a form, with a file, is multipart', async () => {
    const filedata = { content: new Blob(['picture'], { type: 'image/png' }), name: 'a.png' }
    const { body: _, ...rest } = message
    await client().call({ ...rest, form: { message: '{}', filedata } }, soon())
    expect(server.calls[0]!.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/)
    expect(server.calls[0]!.body).toMatch(/filename="a.png"[^]*Content-Type: image\/png[^]*picture/)
  })

  test('a Page id can name no other path', async () => {
    await client().call({ ...message, path: pathOf('../me?x=', 'messages') }, soon())
    expect(server.calls[0]!.url.split('?')[0]).toBe('/v26.0/..%2Fme%3Fx%3D/messages')
  })
})

describe("Meta's answers", () => {
  const answered = async (answer: Parameters<typeof server.answers.push>[0]) => {
    server.answers = [answer]
    return client().call(message, soon())
  }

  test('an error is told by code and subcode', async () => {
    const error = {
      message: 'Dieser Text ist übersetzt',
      type: 'OAuthException',
      code: 10,
      error_subcode: 2018278,
    }
    expect(await answered(json(400, { error }))).toEqual({
      outcome: 'error',
      status: 400,
      code: 10,
      subcode: 2018278,
      isTransient: false,
      usage: null,
    })
  })

  test('an error without subcode, and one that passes', async () => {
    expect(await answered(json(500, { error: { code: 2, is_transient: true } }))).toEqual({
      outcome: 'error',
      status: 500,
      code: 2,
      subcode: null,
      isTransient: true,
      usage: null,
    })
    expect(
      await answered(json(400, { error: { code: 190, error_subcode: null, is_transient: null } })),
    ).toMatchObject({
      code: 190,
      subcode: null,
      isTransient: false,
    })
  })

  test('an error under 200 is an error', async () => {
    expect(await answered(json(200, { error: { code: 1, error_subcode: 1357046 } }))).toMatchObject({
      outcome: 'error',
      code: 1,
      subcode: 1357046,
    })
  })

  test.each<[string, number, string]>([
    ['no JSON under 200', 200, 'OK'],
    ['nothing under 200', 200, ''],
    ['a 200 with a list', 200, '[]'],
    ['null under 200', 200, 'null'],
    ['HTML under 502', 502, '<html><body>Bad Gateway</body></html>'],
    ['JSON of another shape under 500', 500, '{"error":"down"}'],
    ['a code that is no number', 400, '{"error":{"code":"10"}}'],
    ['a message_id under 500', 500, '{"message_id":"m_1"}'],
    ['a redirect', 302, ''],
  ])('%s: no usable answer, and it may have been sent', async (_name, code, body) => {
    const location = code === 302 ? { location: `${server.url}/elsewhere` } : {}
    expect(await answered(status(code, location, body))).toEqual({
      outcome: 'none',
      code: `HTTP_${code}`,
      arrived: 'unknown',
    })
    expect(server.calls).toHaveLength(1)
  })
})

test('what Meta says of our limits comes with the answer', async () => {
  server.answers = [
    status(200, { 'x-app-usage': '{"call_count":81,"total_time":25,"total_cputime":25}' }, '{"id":"1"}'),
  ]
  expect(await client().call(message, soon())).toMatchObject({
    outcome: 'ok',
    usage: { percent: 81, regainMs: 0 },
  })
})

describe('no answer at all', () => {
  test('a refused connection: it never left', async () => {
    const answer = await client(`http://127.0.0.1:${await closedPort()}`).call(message, soon())
    expect(answer).toEqual({ outcome: 'none', code: 'ECONNREFUSED', arrived: 'no' })
  })

  test('a name that does not exist: it never left', async () => {
    // An empty label is no name to the resolver either, which so asks nobody on the network.
    const answer = await client('http://graph..invalid').call(message, soon())
    expect(answer).toEqual({
      outcome: 'none',
      code: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/),
      arrived: 'no',
    })
  })

  test('silence until the deadline: it may have arrived', async () => {
    server.answers = [silence]
    const controller = new AbortController()
    const called = server.nextCall()
    const answer = client().call(message, controller.signal)
    await called
    controller.abort()
    expect(await answer).toEqual({ outcome: 'none', code: 'NO_ANSWER', arrived: 'unknown' })
  })

  test('a deadline of AbortSignal.timeout: the same', async () => {
    server.answers = [silence]
    const answer = await client().call(message, AbortSignal.timeout(50))
    expect(answer).toEqual({ outcome: 'none', code: 'NO_ANSWER', arrived: 'unknown' })
  })

  test('silence after half an answer: the same', async () => {
    const written = new Promise<void>((resolve) => {
      server.answers = [(response) => response.writeHead(200).write('{"message_id":', () => resolve())]
    })
    const controller = new AbortController()
    const answer = client().call(message, controller.signal)
    await written
    controller.abort()
    expect(await answer).toMatchObject({ outcome: 'none', arrived: 'unknown' })
  })

  test('a connection that ends before the answer: it may have arrived', async () => {
    server.answers = [hangUp]
    expect(await client().call(message, soon())).toMatchObject({ outcome: 'none', arrived: 'unknown' })
    expect(server.calls).toHaveLength(1)
  })

  test('an answer that is cut half-way: it may have arrived', async () => {
    server.answers = [cutAfter(200, '{"message_id":"m_1"')]
    expect(await client().call(message, soon())).toMatchObject({ outcome: 'none', arrived: 'unknown' })
  })

  test('something that speaks no HTTP: it may have arrived', async () => {
    const odd = createServer((socket) => socket.resume().end('SSH-2.0-odd\r\n'))
    await new Promise<void>((resolve) => odd.listen(0, '127.0.0.1', resolve))
    const address = odd.address() as { port: number }
    const answer = await client(`http://127.0.0.1:${address.port}`).call(message, soon())
    await new Promise((resolve) => odd.close(resolve))
    expect(answer).toMatchObject({ outcome: 'none', arrived: 'unknown' })
  })

  test('a token that cannot stand in a header throws nothing either', async () => {
    const answer = await client().call({ ...message, accessToken: 'two\nlines' }, soon())
    expect(answer).toMatchObject({ outcome: 'none' })
    expect(server.calls).toHaveLength(0)
  })
})
