import { once } from 'node:events'
import { connect } from 'node:net'
import { fc, test as prop } from '@fast-check/vitest'
import { beforeEach, describe, expect, it } from 'vitest'
import { agentReply, helpdeskSecret, person, startCallbacks } from '../support/callback-kit.ts'
import { vendors } from '../support/callback-proofs.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis()

type Service = Awaited<ReturnType<typeof startCallbacks>>
let service: Service

async function start(more: Parameters<typeof startCallbacks>[1] = {}): Promise<Service> {
  const started = await startCallbacks(redis.url, more)
  await started.conversations.keepTicket(person, 'desk', '7 more-for-the-adapter')
  await started.conversations.keepTicket(person, 'open', '7')
  return started
}

const texts = async () => (await service.waiting()).map(({ message }) => message.text)

describe('a callback that is proven', () => {
  beforeEach(async () => void (service = await start()))

  it('is answered when what it tells is durable, with what the vendor wants to read', async () => {
    const answer = await service.tell([agentReply('m1')])
    const [reply] = await service.waiting()
    expect([answer.status, await answer.json()]).toEqual([200, { ids: [reply!.id] }])
    expect(reply).toMatchObject({
      conversationId: person,
      message: { text: 'text of m1' },
      agent: { name: 'Kim' },
      by: 'helpdesk:desk',
      source: { helpdesk: 'desk', ticket: '7', message: 'm1' },
    })
    expect(await service.replies.get(reply!.id)).toMatchObject({ status: 'queued' })
    expect([service.results, service.counted]).toEqual([['desk accepted'], ['reply']])
  })

  it('is one reply however often it comes, also when the agent has another name by then', async () => {
    const first = await (await service.tell([agentReply('m1')])).json()
    const again = await service.tell([agentReply('m1', { agent: { name: 'Kim Berg' }, text: 'edited' })])
    expect([again.status, await again.json()]).toEqual([200, first])
    await Promise.all(Array.from({ length: 5 }, () => service.tell([agentReply('m1')])))
    expect(await texts()).toEqual(['text of m1'])
    expect(new Set(service.counted.slice(1))).toEqual(new Set(['repeated']))
  })

  it('keeps the order of two, and of what is in one', async () => {
    await service.tell([agentReply('m1'), agentReply('m2')])
    await Promise.all(
      ['m3', 'm4', 'm5'].map((message) => service.acceptCallback('desk', [agentReply(message)])),
    )
    expect(await texts()).toEqual([1, 2, 3, 4, 5].map((n) => `text of m${n}`))
  })

  it('about a ticket that is none of ours is answered 200, and counted', async () => {
    const answer = await service.tell([agentReply('m1', { ticket: '8' }), { kind: 'seen', ticket: '9' }])
    expect([answer.status, await answer.json()]).toEqual([200, { ids: [] }])
    expect([service.counted, await service.waiting()]).toEqual([['unknown', 'unknown'], []])
  })

  it('about what we wrote ourselves is dropped, and counted', async () => {
    await service.ownWrites.keep('desk', 'm1')
    await service.tell([agentReply('m1'), agentReply('m2')])
    expect([service.counted, await texts()]).toEqual([['own', 'reply'], ['text of m2']])
  })

  it('notes what became of a ticket, never backwards, and only of the one that the conversation has', async () => {
    const status = (word: string, at: number, ticket = '7') => [{ kind: 'status', ticket, status: word, at }]
    const state = () => service.conversations.ticketState(person, 'desk')
    expect(await state()).toMatchObject({ status: 'open', since: 0 })
    await service.tell(status('solved', 2000))
    await service.tell(status('open', 1000))
    expect(await state()).toEqual({ ticket: '7 more-for-the-adapter', status: 'solved', since: 2000 })
    await service.conversations.keepTicket(person, 'desk', '12')
    await service.tell(status('closed', 3000))
    expect(await state()).toEqual({ ticket: '12', status: 'open', since: 0 })
    // What an agent writes in the old one still reaches the customer.
    await service.tell([agentReply('late')])
    expect(await texts()).toEqual(['text of late'])
  })

  it('shows a person that somebody types or has seen it, and nobody below a comment', async () => {
    await service.conversations.keepTicket('1:comment:c_1', 'desk', '8')
    const signs = (ticket: string) => [
      { kind: 'typing', ticket, typing: true },
      { kind: 'seen', ticket },
    ]
    await service.tell([...signs('7'), ...signs('8')])
    expect((await service.waiting()).map(({ message }) => message)).toEqual([
      { typing: true },
      { seen: true },
    ])
    expect(await service.waiting('1:comment:c_1')).toEqual([])
    expect(service.counted).toEqual(['typing', 'seen', 'nobody', 'nobody'])
  })

  it('that the vendor would not send is 422 and names the field, and nothing is written', async () => {
    const before = await redis.keys(`${service.prefix}:*`)
    for (const body of ['{"events":[]}', 'no json', '', '\xff\xfe', '[', 'a=b&c=d']) {
      const bytes = Buffer.from(body, 'latin1')
      const { headers } = vendors.chatwoot(bytes, helpdeskSecret, Date.now())
      const type = body === '' ? {} : { 'content-type': 'application/x-www-form-urlencoded' }
      const answer = await service.post('/callbacks/desk', bytes, {
        ...(headers as Record<string, string>),
        ...type,
      })
      expect([body, answer.status]).toEqual([body, 422])
      expect(await answer.json()).toMatchObject({
        code: 'INVALID',
        detail: expect.stringContaining('the body must be'),
      })
    }
    expect(await redis.keys(`${service.prefix}:*`)).toEqual(before)
    expect(new Set(service.results)).toEqual(new Set(['desk invalid']))
  })

  it('is refused when it is larger than any vendor sends', async () => {
    const body = Buffer.alloc(4 * 1024 * 1024 + 1, 0x20)
    const { headers } = vendors.chatwoot(body, helpdeskSecret, Date.now())
    expect((await service.post('/callbacks/desk', body, headers as Record<string, string>)).status).toBe(413)
  })
})

describe('what is no POST', () => {
  it('is answered, so that vendors can look whether somebody is there, and say good-bye', async () => {
    service = await start()
    const ask = async (method: string, path: string) => {
      const answer = await fetch(`${service.url}${path}`, {
        method,
        ...(method === 'DELETE' ? { body: '{}' } : {}),
      })
      const text = await answer.text()
      return [
        answer.status,
        text === '' ? '' : (JSON.parse(text) as { code: string }).code,
        answer.headers.get('allow'),
      ]
    }
    const before = await redis.keys(`${service.prefix}:*`)
    // A secret that is wrong is answered as the right one is.
    for (const path of [
      '/callbacks/desk',
      '/callbacks/open',
      `/callbacks/open/${helpdeskSecret}`,
      '/callbacks/open/no',
    ]) {
      expect([path, await ask('HEAD', path)]).toEqual([path, [200, '', null]])
      for (const method of ['GET', 'DELETE', 'PUT', 'PATCH'])
        expect([path, await ask(method, path)]).toEqual([path, [405, 'METHOD_NOT_ALLOWED', 'POST, HEAD']])
    }
    expect(await ask('HEAD', '/callbacks/nobody')).toEqual([404, '', null])
    expect(await ask('DELETE', '/callbacks/nobody')).toEqual([404, 'NOT_FOUND', null])
    expect([await redis.keys(`${service.prefix}:*`), service.results]).toEqual([before, []])
  })
})

describe('a callback that is not proven', () => {
  it('is 401 and writes nothing, and a helpdesk that is not there is 404', async () => {
    service = await start()
    const before = await redis.keys(`${service.prefix}:*`)
    const body = JSON.stringify([agentReply('m1')])
    const right = vendors.chatwoot(Buffer.from(body), helpdeskSecret, Date.now()).headers as Record<
      string,
      string
    >
    const stale = vendors.chatwoot(Buffer.from(body), helpdeskSecret, Date.now() - 400_000).headers
    const forged: [string, Record<string, string>, number][] = [
      ['/callbacks/desk', {}, 401],
      ['/callbacks/desk', { ...right, 'x-chatwoot-signature': `sha256=${'0'.repeat(64)}` }, 401],
      [
        '/callbacks/desk',
        { ...right, 'x-chatwoot-signature': right['x-chatwoot-signature']!.toUpperCase() },
        401,
      ],
      ['/callbacks/desk', stale as Record<string, string>, 401],
      ['/callbacks/open', right, 401],
      ['/callbacks/open/wrong', right, 401],
      [`/callbacks/open/${helpdeskSecret.toUpperCase()}`, {}, 401],
      ['/callbacks/open/', {}, 401],
      ['/callbacks/keyed', {}, 401],
      ['/callbacks/keyed', { 'x-api-key': `${helpdeskSecret}, ${helpdeskSecret}` }, 401],
      [`/callbacks/keyed/${helpdeskSecret}`, {}, 404],
      [`/callbacks/desk/${helpdeskSecret}`, right, 404],
      ['/callbacks/nobody', right, 404],
      ['/callbacks/', right, 404],
    ]
    for (const [path, headers, status] of forged) {
      const answer = await service.post(path, body, headers)
      const text = await answer.text()
      expect([path, answer.status]).toEqual([path, status])
      expect(text).toContain(status === 401 ? 'SIGNATURE_INVALID' : 'NOT_FOUND')
      expect(text.toLowerCase()).not.toContain(helpdeskSecret)
    }
    expect(await redis.keys(`${service.prefix}:*`)).toEqual(before)
    expect((await service.post('/callbacks/desk', body, right)).status).toBe(200)
  })

  it('is refused before its body is read', async () => {
    service = await start()
    const { port } = new URL(service.url)
    for (const path of ['/callbacks/desk', '/callbacks/open/wrong', '/callbacks/keyed']) {
      const socket = connect(Number(port), '127.0.0.1')
      socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\nx-api-key: wrong\r\n\r\n`)
      const [answer] = (await once(socket, 'data')) as [Buffer]
      socket.destroy()
      expect([path, answer.toString().slice(9, 12)]).toEqual([path, '401'])
    }
  })

  it('is 429 after too many from one address, while what is proven is never limited', async () => {
    service = await start({ badSignaturesPerMinute: 5 })
    const statuses: number[] = []
    for (let n = 0; n < 7; n++) statuses.push((await service.post('/callbacks/open/wrong', '[]')).status)
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429])
    for (let n = 0; n < 10; n++) expect((await service.tell([])).status).toBe(200)
  })

  it('leaves its path, and a secret in it, in no log, metric or answer', async () => {
    service = await start()
    const path = `/callbacks/open/${helpdeskSecret}`
    const said: string[] = []
    for (const body of [JSON.stringify([agentReply('m1')]), 'no json', '{}']) {
      said.push(await (await service.post(path, body)).text())
    }
    said.push(await (await service.post(`${path}/more`, '[]')).text())
    said.push(await (await service.post(path, Buffer.alloc(5_000_000))).text())
    said.push(await (await fetch(`${service.url}${path}`)).text())
    const oops = service.counted
    oops.push = () => {
      throw new TypeError(`broken at ${path}`)
    }
    const broken = await service.post(path, JSON.stringify([agentReply('m2')]))
    said.push(await broken.text())
    expect(broken.status).toBe(500)
    expect(service.log.lines).toHaveLength(1)
    expect(JSON.stringify([said, service.log.lines, service.results])).not.toContain(helpdeskSecret)
    expect(service.results.slice(0, 3)).toEqual(['open accepted', 'open invalid', 'open invalid'])
  })
})

describe('whatever comes', () => {
  let unproven: Service | undefined
  let proven: Service | undefined
  const paths = [
    '/callbacks/desk',
    '/callbacks/open',
    '/callbacks/open/x',
    '/callbacks/keyed',
    '/callbacks/nobody',
  ]
  const headerName = fc.constantFrom(
    'x-chatwoot-signature',
    'x-chatwoot-timestamp',
    'x-api-key',
    'content-type',
  )
  const headerValue = fc.oneof(
    fc.string({ maxLength: 80 }),
    fc.constantFrom(
      '',
      String(Math.floor(Date.now() / 1000)),
      `sha256=${'a'.repeat(64)}`,
      'application/json',
      'a/b; c',
    ),
  )
  const printable = (text: string) => text.replaceAll(/[^\x20-\x7e]/g, '?').trim()

  prop.prop(
    [fc.constantFrom(...paths), fc.dictionary(headerName, headerValue), fc.uint8Array({ maxLength: 300 })],
    {
      numRuns: 150,
    },
  )('unproven, it is 4xx and writes nothing', async (path, headers, body) => {
    const shown = (unproven ??= await start())
    const before = await redis.keys(`${shown.prefix}:*`)
    const sent = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, printable(value)]))
    const { status } = await shown.post(path, Buffer.from(body), sent)
    expect([401, 404, 415, 400]).toContain(status)
    expect(await redis.keys(`${shown.prefix}:*`)).toEqual(before)
  })

  prop.prop([fc.uint8Array({ maxLength: 300 })], { numRuns: 100 })(
    'proven, any bytes are 422 or 200',
    async (body) => {
      const shown = (proven ??= await start())
      const { status } = await shown.post(`/callbacks/open/${helpdeskSecret}`, Buffer.from(body))
      expect([422, 200]).toContain(status)
    },
  )
})
