import { once } from 'node:events'
import { createHmac } from 'node:crypto'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { poll } from '../support/poll.ts'
import { useRedis } from '../support/redis.ts'
import { appSecret, configWith, conversation, deliveryOf, message, startService } from '../support/service.ts'
import { delivery, sign } from '../../src/simulator/delivery.ts'

const redis = useRedis()

/** Keys that are there because the service runs, before any delivery. */
async function keysAtRest() {
  return (await redis.keys()).filter((key) => !/:(stalled-check|marker|meta)$/.test(key))
}

describe('a delivery that Meta did not sign', () => {
  const body = deliveryOf(message('forged'))
  const right = sign(body, appSecret)
  const sha1 = `sha1=${createHmac('sha1', appSecret).update(body).digest('hex')}`
  const forged: [string, Record<string, string>][] = [
    ['another secret', { 'x-hub-signature-256': sign(body, 'not-ours') }],
    ['an empty header', { 'x-hub-signature-256': '' }],
    ['sha1 only', { 'x-hub-signature-256': sha1, 'x-hub-signature': sha1 }],
    ['upper case', { 'x-hub-signature-256': right.toUpperCase() }],
    ['upper-case hex', { 'x-hub-signature-256': `sha256=${right.slice(7).toUpperCase()}` }],
    ['one digit short', { 'x-hub-signature-256': right.slice(0, -1) }],
    ['one digit more', { 'x-hub-signature-256': `${right}0` }],
    ['no hex', { 'x-hub-signature-256': `sha256=${'z'.repeat(64)}` }],
    ['the header twice', { 'x-hub-signature-256': `${right}, ${right}` }],
  ]

  it('is answered 401 and writes no key', async () => {
    const service = await startService(configWith(redis.url, { redis: { url: redis.url, prefix: 'forged' } }))
    const before = await keysAtRest()
    for (const [name, headers] of forged) {
      const answer = await service.post(body, headers)
      expect([name, answer.status]).toEqual([name, 401])
      expect(answer.headers.get('content-type')).toBe('application/problem+json')
      expect(await answer.json()).toMatchObject({ code: 'SIGNATURE_INVALID', status: 401 })
    }
    const missing = await fetch(`${service.url}/webhooks/meta`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    expect(missing.status).toBe(401)
    const plain = await fetch(`${service.url}/webhooks/meta`, {
      method: 'POST',
      body: 'no signature, no type',
    })
    expect(plain.status).toBe(401)
    expect(await twoSignatureHeaders(service.url, body, right)).toContain(' 401 ')
    expect(await keysAtRest()).toEqual(before)
    expect((await service.post(body)).status).toBe(200)
  })

  it('is answered 429 after a hundred in a minute, while what Meta signed is never limited', async () => {
    const limits = { restPerMinute: 600, badSignaturesPerMinute: 100 }
    const service = await startService(
      configWith(redis.url, { redis: { url: redis.url, prefix: 'limited' }, rateLimit: limits }),
    )
    const statuses: number[] = []
    for (let n = 0; n < 103; n++)
      statuses.push((await service.post(body, { 'x-hub-signature-256': 'no' })).status)
    expect(statuses).toEqual([...Array<number>(100).fill(401), 429, 429, 429])
    const refused = await service.post(body, { 'x-hub-signature-256': 'no' })
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await service.post(body)).status).toBe(200)
  })
})

describe('a delivery that is signed and odd', () => {
  it('does not stop the service or its neighbours', async () => {
    const service = await startService(configWith(redis.url, { redis: { url: redis.url, prefix: 'odd' } }))
    const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`
    const good = JSON.stringify(message('beside the deep one', { mid: 'm_neighbour' }))
    const bodies = [
      delivery([{ id: '1234567890', time: 1, standby: [message('only listening')] }]),
      delivery([{ id: '1234567890', time: 1, changes: [{ field: 'feed', value: { item: 'post' } }] }]),
      Buffer.from(`{"object":"page","entry":[{"id":"1234567890","messaging":[${deep},${good}]}]}`),
      Buffer.from(deep),
      Buffer.from('no json'),
      Buffer.from([0xff, 0xfe, 0x00]),
      Buffer.from(`{"object":"page","entry":[{"id":"1234567890","x":"${'x'.repeat(2 * 1024 * 1024)}"}]}`),
    ]
    for (const body of bodies) expect((await service.post(body)).status).toBe(200)
    expect((await service.post(deliveryOf(message('and the next', { mid: 'm_next' })))).status).toBe(200)
    await poll(
      async () =>
        JSON.stringify(await (await service.rest('GET', `/v1/inbox/conversations/${conversation}`)).json()),
      (inbox) => inbox.includes('beside the deep one') && inbox.includes('and the next'),
    )
    const letters = await poll(
      async () =>
        (await (await service.rest('GET', '/v1/dead-letters')).json()) as { total: number; deadLetters: [] },
      ({ total }) => total >= 4,
    )
    const codes = letters.deadLetters.map(({ code }) => code).toSorted()
    expect(codes).toEqual(['DELIVERY_NOT_JSON', 'DELIVERY_NOT_JSON', 'EVENT_TOO_DEEP', 'EVENT_TOO_DEEP'])
    expect(service.child.exitCode).toBeNull()
  })

  it('is refused with a problem when it is larger than the limit or no JSON by its type', async () => {
    const server = { webhookBodyLimit: 100_000 }
    const service = await startService(
      configWith(redis.url, { redis: { url: redis.url, prefix: 'large' }, server }),
    )
    const large = await service.post(Buffer.alloc(100_001, 0x20))
    expect([large.status, await large.json()]).toMatchObject([413, { code: 'BODY_TOO_LARGE' }])
    const text = await service.post(Buffer.from('{}'), { 'content-type': 'text/plain' })
    expect([text.status, await text.json()]).toMatchObject([415, { code: 'MEDIA_TYPE' }])
  })
})

describe("Meta's verification call", () => {
  it('gets the challenge back as plain text, and only with our token and digits', async () => {
    const service = await startService(configWith(redis.url, { redis: { url: redis.url, prefix: 'verify' } }))
    const ask = (query: string) => fetch(`${service.url}/webhooks/meta?${query}`)
    const right = await ask('hub.mode=subscribe&hub.verify_token=verify-token&hub.challenge=1158201444')
    expect([right.status, await right.text()]).toEqual([200, '1158201444'])
    expect(right.headers.get('content-type')).toMatch(/^text\/plain/)
    expect((await ask('hub.mode=subscribe&hub.verify_token=wrong&hub.challenge=1')).status).toBe(403)
    expect(
      (await ask('hub.mode=subscribe&hub.verify_token=verify-token&hub.challenge=%3Cscript%3E')).status,
    ).toBe(400)
    expect((await ask('')).status).toBe(403)
  })
})

/** fetch joins repeated headers; a forger need not. */
async function twoSignatureHeaders(url: string, body: Buffer, signature: string): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const header = `X-Hub-Signature-256: ${signature}\r\n`
  socket.end(
    `POST /webhooks/meta HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${body.length}\r\n${header}${header}\r\n${body.toString()}`,
  )
  let answer = ''
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()))
  await once(socket, 'close')
  return answer
}
