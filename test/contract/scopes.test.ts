import { describe, expect, it } from 'vitest'
import { scopes } from '../../src/config/schema.ts'
import { answerFault, bodyExamples, bodyInit, operations, urlOf } from '../support/openapi.ts'
import type { Operation } from '../support/openapi.ts'
import { useRedis } from '../support/redis.ts'
import { configWith, startService } from '../support/service.ts'

const redis = useRedis()

const keyed = operations.filter(({ isPublic }) => !isPublic)

/** One key for each scope there is, and nothing else. */
const keys = scopes.map((scope) => ({ id: scope, key: `key-for-${scope}-0123456789abcdef`, scopes: [scope] }))

function call(
  url: string,
  operation: Operation,
  key: string | undefined,
  example: unknown = bodyExamples(operation)[0],
): Promise<Response> {
  const { body, type } = bodyInit(operation, example)
  return fetch(`${url}${urlOf(operation)}`, {
    method: operation.method,
    headers: {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(type === undefined ? {} : { 'content-type': type }),
    },
    ...(body === undefined ? {} : { body }),
  })
}

describe('every operation of openapi.yaml', () => {
  it('names scopes, and only such as a key can have', () => {
    expect(keyed.length).toBeGreaterThan(9)
    for (const { name, security } of keyed) {
      expect(security, name).not.toEqual([])
      for (const wanted of security) {
        expect(wanted, name).not.toEqual([])
        expect(scopes, name).toEqual(expect.arrayContaining(wanted))
      }
    }
  })

  it('asks for no key only where it is named here', () => {
    const named = operations.filter(({ isPublic }) => isPublic).map(({ name }) => name)
    expect(named).toEqual(['GET /v1/attachments/{id}'])
  })

  it('opens to a key with one of its scopes, and to no other', async () => {
    const service = await startService(
      configWith(redis.url, { redis: { url: redis.url, prefix: 'scopes' }, apiKeys: keys }),
    )
    for (const operation of operations.filter(({ isPublic }) => isPublic)) {
      const answer = await call(service.url, operation, undefined)
      expect([operation.name, answer.status]).not.toEqual([operation.name, 401])
      expect(await answerFault(operation, answer), operation.name).toBeNull()
    }
    const seen = { open: 0, shut: 0 }
    for (const operation of keyed) {
      for (const key of [undefined, 'a-key-that-nobody-has', `${keys[0]?.key}x`, 'dbk_']) {
        const answer = await call(service.url, operation, key)
        expect([operation.name, key, answer.status]).toEqual([operation.name, key, 401])
        expect(await answerFault(operation, answer), operation.name).toBeNull()
      }
      const examples = bodyExamples(operation)
      for (const { id, key } of keys) {
        const where = `${operation.name} with ${id}`
        const answers: number[] = []
        for (const example of examples.length > 0 ? examples : [undefined]) {
          const answer = await call(service.url, operation, key, example)
          expect(await answerFault(operation, answer), where).toBeNull()
          answers.push(answer.status)
        }
        if (operation.security.some((wanted) => wanted.every((scope) => scope === id))) {
          // A scope may be for some bodies only; then one of the examples is such a body.
          expect([where, answers.some((status) => ![401, 403, 500].includes(status)), answers]).toEqual([
            where,
            true,
            answers,
          ])
          seen.open++
        } else {
          expect([where, new Set(answers)]).toEqual([where, new Set([403])])
          seen.shut++
        }
      }
    }
    expect(seen.open).toBeGreaterThanOrEqual(keyed.length)
    expect(seen.shut).toBeGreaterThan(seen.open)
  })

  it('answers 429 when the key is over its limit', async () => {
    const apiKeys = [{ id: 'few', key: 'key-of-few-0123456789abcdef', scopes: [...scopes], perMinute: 1 }]
    const service = await startService(
      configWith(redis.url, { redis: { url: redis.url, prefix: 'limited' }, apiKeys }),
    )
    const [first] = keyed
    await call(service.url, first!, apiKeys[0]!.key)
    for (const operation of keyed) {
      const answer = await call(service.url, operation, apiKeys[0]!.key)
      expect([operation.name, answer.status]).toEqual([operation.name, 429])
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(await answerFault(operation, answer), operation.name).toBeNull()
    }
  })
})
