import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { problems } from '../../src/http/problems.ts'
import { scopes } from '../../src/config/schema.ts'
import { poll } from '../support/poll.ts'
import { useRedis } from '../support/redis.ts'
import { configWith, conversation, deliveryOf, message, startService } from '../support/service.ts'

interface Operation {
  operationId: string
  requestBody?: { content: Record<string, { schema: { example?: unknown } }> }
  responses: Record<string, unknown>
}

const document = parse(readFileSync('openapi.yaml', 'utf8')) as {
  openapi: string
  paths: Record<string, Record<string, Operation>>
}
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
)

const redis = useRedis()

const sample: Record<string, string> = { conversationId: encodeURIComponent(conversation), id: '0-0' }

function fill(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => sample[name] ?? name)
}

describe('openapi.yaml', () => {
  it('names every route of the running service, and only routes that it has', async () => {
    const expected = [
      'DELETE /v1/dead-letters/{id}',
      'GET /v1/conversations/{conversationId}',
      'GET /v1/dead-letters',
      'GET /v1/dead-letters/{id}',
      'GET /v1/inbox/conversations',
      'GET /v1/inbox/conversations/{conversationId}',
      'GET /v1/replies/{id}',
      'POST /v1/conversations/{conversationId}/replies',
      'POST /v1/dead-letters/{id}/replay',
      'POST /v1/inbox/conversations/{conversationId}/replies',
    ]
    expect(operations.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual(expected)
    const service = await startService(configWith(redis.url, { redis: { url: redis.url, prefix: 'routes' } }))
    for (const { method, path } of operations) {
      const answer = await fetch(`${service.url}${fill(path)}`, { method })
      // Without a key every real route says 401; a path that is none says 404.
      expect([method, path, answer.status]).toEqual([method, path, 401])
    }
  })

  it('tells every status that a route answers with, and the shape of each problem', async () => {
    const service = await startService(
      configWith(redis.url, { redis: { url: redis.url, prefix: 'statuses' } }),
    )
    await service.post(deliveryOf(message('hello')))
    await poll(
      () => service.rest('GET', `/v1/inbox/conversations/${conversation}`),
      ({ status }) => status === 200,
    )
    for (const { method, path, operation } of operations) {
      const example = operation.requestBody?.content['application/json']?.schema.example
      const bodies = method === 'POST' && operation.requestBody ? [example, { text: '' }] : [undefined]
      for (const body of bodies) {
        const answer = await service.rest(method, fill(path), body)
        expect(Object.keys(operation.responses), `${method} ${path}`).toContain(String(answer.status))
        if (answer.status >= 400) {
          expect(answer.headers.get('content-type')).toBe('application/problem+json')
          expect(await answer.json()).toMatchObject({
            status: answer.status,
            code: expect.any(String),
            detail: expect.any(String),
          })
        }
      }
    }
  })

  it('gives an example that the running service takes', async () => {
    const service = await startService(
      configWith(redis.url, { redis: { url: redis.url, prefix: 'examples' } }),
    )
    const examples = operations.flatMap(({ path, operation }) => {
      const example = operation.requestBody?.content['application/json']?.schema.example
      return operation.requestBody ? [{ path, example }] : []
    })
    expect(examples.length).toBeGreaterThan(0)
    for (const { path, example } of examples) {
      expect(example).toBeDefined()
      expect((await service.rest('POST', fill(path), example)).status).toBe(202)
    }
  })

  it('lists a problem code for every status above 399', () => {
    const known = new Set<number>(Object.values(problems).map(({ status }) => status))
    for (const { operation } of operations) {
      for (const status of Object.keys(operation.responses).map(Number)) {
        if (status >= 400) expect(known).toContain(status)
      }
    }
    expect(scopes.length).toBeGreaterThan(0)
  })
})
