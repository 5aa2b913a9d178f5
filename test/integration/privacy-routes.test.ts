import { describe, expect, it } from 'vitest'
import { scopes } from '../../src/config/schema.ts'
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
import type { Service } from '../support/service.ts'
import { postForm, signedRequest } from '../support/signed-request.ts'

const redis = useRedis()
const asid = '10229988776655443'
const secrets = [appSecret, 'older-app-secret-of-the-test']

async function start(prefix: string, sections: Record<string, unknown> = {}) {
  const service = await startService(
    configWith(redis.url, {
      redis: { url: redis.url, prefix },
      server: { publicUrl: 'https://desk.example/' },
      meta: { appSecrets: secrets, verifyToken: 'verify-token', graphUrl: 'http://127.0.0.1:9' },
      apiKeys: [
        { id: 'all', key: apiKey, scopes: [...scopes] },
        { id: 'reader', key: `${apiKey}-reader`, scopes: ['customers:read'] },
      ],
      ...sections,
    }),
  )
  const callback = (name: string) => (signed_request: string) =>
    postForm(`${service.url}/webhooks/meta/${name}`, { signed_request })
  return {
    service,
    deletion: callback('data-deletion'),
    deauthorize: callback('deauthorize'),
    listed: async () => {
      const answer = await service.rest('GET', '/v1/privacy/deletions')
      return ((await answer.json()) as { deletions: Record<string, unknown>[] }).deletions
    },
    page: (code: string, accept = 'text/html') =>
      fetch(`${service.url}/privacy/deletions/${code}`, { headers: { accept } }),
    metrics: async () => (await fetch(`${service.adminUrl}/metrics`)).text(),
  }
}

async function codeOf(answer: Response): Promise<string> {
  expect([answer.status, answer.headers.get('content-type')]).toEqual([
    200,
    'application/json; charset=utf-8',
  ])
  const body = (await answer.json()) as { url: string; confirmation_code: string }
  expect(body).toEqual({
    url: `https://desk.example/privacy/deletions/${body.confirmation_code}`,
    confirmation_code: expect.stringMatching(/^[a-z0-9]{40}$/),
  })
  return body.confirmation_code
}

function logged(service: Service): string {
  return JSON.stringify(service.lines)
}

describe("Meta's data deletion callback", () => {
  it('is answered with a code and a page that says what became of it, and told to operators', async () => {
    const { service, deletion, listed, page, metrics } = await start('asked')
    const code = await codeOf(await deletion(signedRequest(asid, appSecret)))
    const html = await page(code)
    expect([html.status, html.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    expect(html.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(html.headers.get('cache-control')).toBe('no-store')
    const text = await html.text()
    expect(text).toContain('received')
    expect(text).not.toMatch(/<script|javascript:|\son\w+=/i)
    expect(text).not.toContain(asid)
    const json = await page(code, 'application/json')
    const status = (await json.json()) as { receivedAt: string }
    expect(status).toEqual({ code, status: 'received', receivedAt: expect.any(String), doneAt: null })
    expect(Date.now() - Date.parse(status.receivedAt)).toBeLessThan(60_000)
    expect(await listed()).toEqual([
      {
        code,
        kind: 'deletion',
        status: 'received',
        userId: asid,
        receivedAt: status.receivedAt,
        doneAt: null,
      },
    ])
    expect(await metrics()).toMatch(/deskbridge_deletions_open 1\n/)
    expect(await metrics()).toContain(
      'deskbridge_deletion_requests_total{kind="deletion",result="received"} 1',
    )
    await service.line(({ code: one, deletion }) => one === 'DELETION_REQUESTED' && deletion === code)
    expect(logged(service)).not.toContain(asid)
  })

  it('called again with the same request, answers the same and keeps it once', async () => {
    const { deletion, listed, metrics } = await start('again')
    const request = signedRequest(asid, secrets[1]!)
    const code = await codeOf(await deletion(request))
    expect(await codeOf(await deletion(request))).toBe(code)
    expect(await listed()).toHaveLength(1)
    expect(await metrics()).toContain(
      'deskbridge_deletion_requests_total{kind="deletion",result="repeated"} 1',
    )
    const other = await codeOf(await deletion(signedRequest(asid, appSecret, { issued_at: 5 })))
    expect(other).not.toBe(code)
    expect((await listed()).map((one) => one['code'])).toEqual([other, code])
  })

  it('is kept when Redis and the service die', async () => {
    const { service, deletion } = await start('kept')
    const code = await codeOf(await deletion(signedRequest(asid, appSecret)))
    await redis.server.kill9()
    await service.stop('SIGKILL')
    await redis.server.restart()
    const again = await start('kept')
    expect((await again.page(code)).status).toBe(200)
  })

  it('that Meta did not sign is refused, and costs no write', async () => {
    const { service, deletion, listed, metrics } = await start('forged')
    const good = signedRequest(asid, appSecret)
    const before = await redis.keys('forged:*')
    const cases: [string, number, string][] = [
      [signedRequest(asid, 'not-the-app-secret'), 401, 'SIGNATURE_INVALID'],
      [`${good}A`, 401, 'SIGNATURE_INVALID'],
      [signedRequest(asid, appSecret, { expires: 1 }), 401, 'SIGNATURE_INVALID'],
      [signedRequest(asid, appSecret, { algorithm: 'HMAC-SHA1' }), 400, 'BAD_REQUEST'],
      [signedRequest('', appSecret), 400, 'BAD_REQUEST'],
      ['garbage', 400, 'BAD_REQUEST'],
      ['', 400, 'BAD_REQUEST'],
    ]
    for (const [request, status, code] of cases) {
      const answer = await deletion(request)
      expect([request, answer.status, await answer.json()]).toMatchObject([request, status, { code }])
      expect(answer.headers.get('content-type')).toContain('application/problem+json')
    }
    const url = `${service.url}/webhooks/meta/data-deletion`
    const json = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ signed_request: good }),
    })
    expect(json.status).toBe(400)
    expect((await fetch(url, { method: 'POST' })).status).toBe(400)
    expect((await postForm(url, { signed_request: 'A'.repeat(20_000) })).status).toBe(413)
    expect((await fetch(url)).status).toBe(404)
    expect(await listed()).toEqual([])
    expect(
      (await redis.keys('forged:*')).filter((key) => !before.includes(key) && /delet/.test(key)),
    ).toEqual([])
    expect(await metrics()).toContain(
      'deskbridge_deletion_requests_total{kind="deletion",result="refused"} 9',
    )
  })

  it('that is forged too often is answered 429, and so is who guesses codes', async () => {
    const { deletion, page } = await start('flood', { rateLimit: { badSignaturesPerMinute: 3 } })
    const statuses: number[] = []
    for (let n = 0; n < 3; n++) statuses.push((await deletion('garbage')).status)
    statuses.push((await deletion('garbage')).status)
    const guess = await page('0'.repeat(40))
    statuses.push(guess.status)
    expect(statuses).toEqual([400, 400, 400, 429, 429])
    expect(Number(guess.headers.get('retry-after'))).toBeGreaterThan(0)
    await codeOf(await deletion(signedRequest(asid, appSecret)))
  })

  it('is answered 503 when Redis cannot keep it', async () => {
    const { deletion } = await start('away')
    await redis.server.kill9()
    const answer = await deletion(signedRequest(asid, appSecret))
    expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'STORE_UNAVAILABLE' }])
    await redis.server.restart()
  })

  it('names the host that it was called at when the config names none', async () => {
    const { service, deletion } = await start('host', { server: {} })
    const { url } = (await (await deletion(signedRequest(asid, appSecret))).json()) as { url: string }
    expect(url).toMatch(`https://${new URL(service.url).host}/privacy/deletions/`)
  })

  it('has no page for codes that nobody was given', async () => {
    const { page } = await start('guess')
    for (const code of ['0'.repeat(40), 'x', '%2e%2e', 'A'.repeat(400), '__proto__']) {
      const answer = await page(code)
      expect([code, answer.status, await answer.json()]).toMatchObject([code, 404, { code: 'NOT_FOUND' }])
    }
  })

  it('erases at once whoever has the same id at a Page', async () => {
    const { service, deletion, listed, page } = await start('same')
    const other = '2499999999999999'
    await service.post(deliveryOf(message('words of hers'), message('words of his', { psid: other })))
    const inbox = (id: string) => service.rest('GET', `/v1/inbox/conversations/${id}`)
    for (const id of [conversation, `${pageId}:${other}`]) {
      await poll(
        () => inbox(id),
        ({ status }) => status === 200,
      )
    }
    const code = await codeOf(await deletion(signedRequest(psid, appSecret)))
    const status = await poll(
      async () => (await (await page(code, 'application/json')).json()) as { status: string; doneAt: string },
      ({ status }) => status === 'done',
    )
    expect(Date.now() - Date.parse(status.doneAt)).toBeLessThan(60_000)
    expect((await inbox(conversation)).status).toBe(404)
    expect((await inbox(`${pageId}:${other}`)).status).toBe(200)
    expect(await listed()).toMatchObject([{ code, status: 'done', userId: null }])
    expect(logged(service)).not.toContain(psid)
  })
})

describe("Meta's deauthorize callback", () => {
  it('is noted once, and has no page', async () => {
    const { service, deauthorize, listed, page, metrics } = await start('left')
    const request = signedRequest(asid, appSecret)
    expect((await deauthorize(request)).status).toBe(200)
    expect((await deauthorize(request)).status).toBe(200)
    expect((await deauthorize(signedRequest(asid, 'not-the-app-secret'))).status).toBe(401)
    const [noted, ...others] = await listed()
    expect(others).toEqual([])
    expect(noted).toMatchObject({ kind: 'deauthorization', userId: asid, status: 'received' })
    expect((await page(String(noted?.['code']))).status).toBe(404)
    expect(await metrics()).toMatch(/deskbridge_deletions_open 0\n/)
    await service.line(({ code }) => code === 'DEAUTHORIZED')
    expect(logged(service)).not.toContain(asid)
  })

  it('is another request than a deletion that Meta signed at the same moment for the same person', async () => {
    const { deletion, deauthorize, listed, page } = await start('both')
    const request = signedRequest(asid, appSecret)
    await deauthorize(request)
    const code = await codeOf(await deletion(request))
    expect((await listed()).map((one) => one['kind']).toSorted()).toEqual(['deauthorization', 'deletion'])
    expect((await page(code)).status).toBe(200)
  })
})

describe('an operator', () => {
  it('completes a request by erasing the customer; afterwards nothing of theirs is in it', async () => {
    const { service, deletion, listed, page, metrics } = await start('operator')
    await service.post(deliveryOf(message('words of hers')))
    await poll(
      () => service.rest('GET', `/v1/inbox/conversations/${conversation}`),
      ({ status }) => status === 200,
    )
    const code = await codeOf(await deletion(signedRequest(asid, appSecret)))
    const answer = await service.rest('POST', `/v1/customers/${conversation}/erase`, { deletionCode: code })
    expect([answer.status, await answer.json()]).toMatchObject([
      200,
      { customerId: conversation, complete: true, erased: { inboxMessages: 1 }, disk: { aof: 'rewritten' } },
    ])
    expect(await listed()).toMatchObject([{ code, status: 'done', userId: null }])
    expect(await (await page(code)).text()).toContain('<strong>done</strong>')
    expect(await metrics()).toMatch(/deskbridge_deletions_open 0\n/)
    expect(await redis.client.hgetall(`operator:deletion:${code}`)).not.toHaveProperty('userId')
  })

  it('completes a request of somebody of whom nothing is kept', async () => {
    const { service, deletion, listed } = await start('nothing')
    const code = await codeOf(await deletion(signedRequest(asid, appSecret)))
    const complete = () => service.rest('POST', `/v1/privacy/deletions/${code}/complete`)
    const first = (await (await complete()).json()) as { doneAt: string }
    expect(first).toMatchObject({ code, status: 'done', userId: null })
    expect(await (await complete()).json()).toEqual(first)
    expect(await listed()).toMatchObject([{ status: 'done' }])
    const unknown = await service.rest('POST', `/v1/privacy/deletions/${'0'.repeat(40)}/complete`)
    expect(unknown.status).toBe(404)
  })

  it('is told of a code or customer that does not exist before anything is erased', async () => {
    const { service } = await start('unknown')
    await service.post(deliveryOf(message('words of hers')))
    const inbox = () => service.rest('GET', `/v1/inbox/conversations/${conversation}`)
    await poll(inbox, ({ status }) => status === 200)
    const erase = (id: string, body: object) => service.rest('POST', `/v1/customers/${id}/erase`, body)
    expect((await erase(conversation, { deletionCode: '0'.repeat(40) })).status).toBe(404)
    expect((await erase(conversation, { deletionCode: 'nonsense' })).status).toBe(422)
    expect((await erase(conversation, { keepSuppression: 'yes' })).status).toBe(422)
    for (const id of [`${pageId}:page`, `${pageId}:comment:1`, 'nonsense']) {
      expect([id, (await erase(id, {})).status]).toEqual([id, 404])
    }
    // A Page that the config does not name any more may have left people behind.
    expect((await erase(`9:${psid}`, {})).status).toBe(200)
    const reader = { authorization: `Bearer ${apiKey}-reader` }
    const refused = await service.rest('POST', `/v1/customers/${conversation}/erase`, {}, reader)
    expect(refused.status).toBe(403)
    expect((await service.rest('GET', '/v1/privacy/deletions', undefined, reader)).status).toBe(200)
    expect((await inbox()).status).toBe(200)
  })
})
