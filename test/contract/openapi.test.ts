import { describe, expect, it, onTestFinished } from 'vitest'
import { scopes } from '../../src/config/schema.ts'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { answerFault, bodyExamples, bodyInit, isKeyed, operations, urlOf } from '../support/openapi.ts'
import type { Operation } from '../support/openapi.ts'
import { messages, picture, tempFolder } from '../support/attachment-kit.ts'
import { startFileServer, whole } from '../support/file-server.ts'
import { poll } from '../support/poll.ts'
import { useRedis } from '../support/redis.ts'
import { apiKey, appSecret, configWith, startService } from '../support/service.ts'
import { postForm, signedRequest } from '../support/signed-request.ts'

const redis = useRedis()

describe('openapi.yaml', () => {
  it('describes every problem that an operation can answer with, and in which shape', () => {
    for (const operation of operations) {
      const { name, responses, path, requestBody } = operation
      const expected = [
        ...(operation.isPublic ? [] : ['401']),
        '403',
        '429',
        '500',
        '503',
        ...(path.includes('{') ? ['400', '404'] : []),
        ...(isKeyed(operation) ? ['409', '422'] : []),
        ...(requestBody ? ['400', '413', '415', '422'] : []),
      ]
      expect(Object.keys(responses), name).toEqual(expect.arrayContaining(expected))
      for (const [status, { content, headers }] of Object.entries(responses)) {
        if (Number(status) < 400) continue
        const schema = { $ref: '#/components/schemas/Problem' }
        expect([name, status, content]).toEqual([name, status, { 'application/problem+json': { schema } }])
        if (status === '429' || status === '409') expect(headers).toHaveProperty('retry-after')
      }
    }
  })

  it('offers Idempotency-Key for every POST and PUT, and for nothing else', () => {
    for (const operation of operations) {
      const writes = operation.method === 'POST' || operation.method === 'PUT'
      expect([operation.name, isKeyed(operation)]).toEqual([operation.name, writes])
    }
  })

  it('has an example for every body, and one success for every operation', () => {
    for (const operation of operations) {
      if (operation.requestBody?.content['application/json']) {
        expect(bodyExamples(operation).length, operation.name).toBeGreaterThan(0)
      }
      const successes = Object.keys(operation.responses).filter((status) => /^2(?!06)/.test(status))
      expect(successes.length, operation.name).toBe(1)
    }
  })

  it('gives examples that the running service takes, and answers as described, once per Idempotency-Key', async () => {
    const world = await startWorld('examples')
    const texts = new Set<string>()
    for (const operation of inOrder(operations)) {
      const examples = bodyExamples(operation)
      for (const [at, example] of (examples.length > 0 ? examples : [undefined]).entries()) {
        const url = urlOf(operation, await world.given(operation, example))
        const where = `${operation.name}, example ${at}: ${JSON.stringify(example)}`
        const key = isKeyed(operation) ? `${operation.operationId}-${at}` : undefined
        const body = await world.filled(example)
        const answer = await world.call(operation, url, body, key)
        expect(await answerFault(operation, answer), where).toBeNull()
        expect([where, answer.status, await answer.clone().text()]).toEqual([
          where,
          Number(Object.keys(operation.responses).find((status) => status.startsWith('2'))),
          expect.any(String),
        ])
        if (key === undefined) continue
        const again = await world.call(operation, url, body, key)
        expect([where, again.status, again.headers.get('idempotency-replayed')]).toEqual([
          where,
          answer.status,
          'true',
        ])
        expect(await again.text(), where).toBe(await answer.text())
        for (const text of textsIn(example)) texts.add(text)
      }
    }
    const kept = await Promise.all(
      (await redis.keys('examples:answer:*')).map((key) => redis.client.get(key)),
    )
    expect(kept.length).toBeGreaterThan(0)
    // What people wrote has no place among the answers.
    expect([...texts].filter((text) => kept.join().includes(text))).toEqual([])
    expect(texts.size).toBeGreaterThan(0)
  })

  it('describes what is answered to bodies that no operation takes, and to a key of another request', async () => {
    const world = await startWorld('refusals')
    const writing = operations.filter(isKeyed)
    for (const operation of writing) {
      const answer = await world.call(operation, urlOf(operation), { nobody: 'knows this' }, 'one-key')
      expect(await answerFault(operation, answer), operation.name).toBeNull()
      expect([operation.name, answer.status < 500]).toEqual([operation.name, true])
    }
    const used = writing.find((one) => bodyExamples(one).length > 0)!
    const first = await world.call(used, urlOf(used), bodyExamples(used)[0], 'another-key')
    expect(first.status).toBeLessThan(300)
    for (const operation of writing.filter((one) => one !== used)) {
      const answer = await world.call(operation, urlOf(operation), bodyExamples(operation)[0], 'another-key')
      expect(await answerFault(operation, answer), operation.name).toBeNull()
      expect([operation.name, answer.status, await answer.json()]).toMatchObject([
        operation.name,
        422,
        { code: 'IDEMPOTENCY_KEY_REUSED' },
      ])
    }
  })
})

/** Reading before erasing, so that what one needs is not gone. */
function inOrder(list: Operation[]): Operation[] {
  return list.toSorted((a, b) => Number(a.method === 'DELETE') - Number(b.method === 'DELETE'))
}

/** Texts of a body that a person may have written: those with a blank. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return value.includes(' ') ? [value] : []
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}

/** The service before a simulated Graph, with every Page and conversation that the examples name. */
async function startWorld(prefix: string) {
  const conversations = new Set(
    operations
      .flatMap(({ parameters }) => parameters.map(({ example, schema }) => example ?? schema.example))
      .filter((example): example is string => /^\d+:\d+$/.test(String(example))),
  )
  const pageIds = [...new Set([...conversations].map((id) => id.split(':')[0] ?? ''))]
  const simulator = await startSimulator({
    port: 0,
    appSecret,
    pages: pageIds.map((id) => ({ id, accessToken: 'token-of-the-page' })),
  })
  onTestFinished(() => simulator.close())
  const service = await startService(
    configWith(redis.url, {
      redis: { url: redis.url, prefix },
      meta: { appSecrets: [appSecret], verifyToken: 'verify-token', graphUrl: simulator.url },
      pages: pageIds.map((id) => ({ id, name: 'Acme', accessToken: 'token-of-the-page', helpdesk: 'main' })),
      apiKeys: [{ id: 'all', key: apiKey, scopes: [...scopes] }],
      server: { publicUrl: 'https://desk.example' },
      attachments: { store: { folder: await tempFolder() }, allowPrivateNetwork: true },
    }),
  )
  simulator.pointAt(`${service.url}/webhooks/meta`)
  for (const id of conversations) {
    const [pageId = '', psid = ''] = id.split(':')
    await simulator.write({ pageId, psid, text: 'hello' })
    await poll(
      () => service.rest('GET', `/v1/inbox/conversations/${id}`),
      ({ status }) => status === 200,
    )
  }

  async function aDeadLetter(): Promise<Record<string, string>> {
    const list = async () => {
      const answer = await service.rest('GET', '/v1/dead-letters')
      return ((await answer.json()) as { deadLetters: { id: string }[] }).deadLetters.map(({ id }) => id)
    }
    const before = await list()
    await service.post(Buffer.from(`{"broken": ${Math.random()}`))
    const after = await poll(list, (ids) => ids.some((id) => !before.includes(id)))
    return { id: after.find((id) => !before.includes(id)) ?? '' }
  }

  async function aReply(): Promise<Record<string, string>> {
    const path = `/v1/conversations/${[...conversations][0]}/replies`
    return (await (await service.rest('POST', path, { text: 'hello' })).json()) as { id: string }
  }

  async function aFile(): Promise<Record<string, string>> {
    const cdn = await startFileServer()
    cdn.files.set('/picture.png', whole(picture, 'image/png'))
    const attachments = [{ type: 'image', payload: { url: `${cdn.url}/picture.png` } }]
    const psid = 'of-the-picture'
    await simulator.write({ pageId: pageIds[0] ?? '', psid, text: 'this', attachments })
    const [message] = await messages(service, 1, `${pageIds[0]}:${psid}`)
    const { pathname, searchParams } = new URL(message?.attachments?.[0]?.url ?? '')
    return { id: pathname.split('/').at(-1) ?? '', ...Object.fromEntries(searchParams) }
  }

  async function aDeletion(): Promise<Record<string, string>> {
    const signed_request = signedRequest('218471', appSecret, { nonce: Math.random() })
    const answer = await postForm(`${service.url}/webhooks/meta/data-deletion`, { signed_request })
    return { code: ((await answer.json()) as { confirmation_code: string }).confirmation_code }
  }

  // What must have been made or done before, by the beginning of a path. All else is in the examples.
  const things: Record<string, () => Promise<Record<string, string>>> = {
    '/v1/dead-letters/{id}': aDeadLetter,
    '/v1/replies/{id}': aReply,
    '/v1/privacy/deletions/{code}': aDeletion,
    '/v1/attachments/{id}': aFile,
  }

  /** An example may name an upload: then one of its kind is made, and named instead. */
  async function filled(example: unknown): Promise<unknown> {
    const text = JSON.stringify(example)
    const [, type, id] =
      /"(?:type|mediaType)":"(image|audio|video|file)","uploadId":"([^"]+)"/.exec(text ?? '') ?? []
    if (type === undefined || id === undefined) return example
    const form = new FormData()
    form.set('pageId', pageIds[0] ?? '')
    form.set('type', type)
    form.set(
      'file',
      new Blob(['bytes'], { type: type === 'file' ? 'application/pdf' : `${type}/mpeg` }),
      'file',
    )
    const headers = { authorization: `Bearer ${apiKey}` }
    const answer = await fetch(`${service.url}/v1/uploads`, { method: 'POST', headers, body: form })
    const upload = (await answer.json()) as { id: string }
    return JSON.parse(text.replace(id, upload.id))
  }

  return {
    filled,
    async given({ path }: Operation, example: unknown): Promise<Record<string, string>> {
      // Some answer a comment, which is another conversation than a person's.
      if (typeof example === 'object' && example !== null && 'as' in example) {
        return { conversationId: `${pageIds[0]}:comment:411_1` }
      }
      const make = Object.entries(things).find(([beginning]) => path.startsWith(beginning))?.[1]
      return make ? await make() : {}
    },
    call(operation: Operation, url: string, example: unknown, key: string | undefined): Promise<Response> {
      const { body, type } = bodyInit(operation, example)
      return fetch(`${service.url}${url}`, {
        method: operation.method,
        headers: {
          authorization: `Bearer ${apiKey}`,
          ...(type === undefined ? {} : { 'content-type': type }),
          ...(key === undefined ? {} : { 'idempotency-key': key }),
        },
        ...(body === undefined ? {} : { body }),
      })
    },
  }
}
