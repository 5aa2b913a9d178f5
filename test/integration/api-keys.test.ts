import { hash } from 'node:crypto'
import { fastify } from 'fastify'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import { newKey } from '../../src/commands/new-key.ts'
import { needScope, requireScopes } from '../../src/http/api-keys.ts'
import type { ApiKey } from '../../src/http/api-keys.ts'
import { handleErrors } from '../../src/http/error-handler.ts'
import { useRedis } from '../support/redis.ts'
import { configWith, startService } from '../support/service.ts'
import type { Service } from '../support/service.ts'

const redis = useRedis()
const path = '/v1/inbox/conversations'

function start(prefix: string, apiKeys: object[], sections: Record<string, unknown> = {}) {
  return startService(configWith(redis.url, { redis: { url: redis.url, prefix }, apiKeys, ...sections }), {
    role: 'api',
  })
}

/** A key as an operator makes it: the secret, and what the config holds. */
function madeKey(id: string, ...more: string[]) {
  const { lines } = newKey(['new', '--id', id, '--scopes', 'conversations:read', ...more])
  const key = /dbk_\S+/.exec(lines.join('\n'))?.[0] ?? ''
  const [line] = parse(lines.find((one) => one.startsWith('  - ')) ?? '') as [Record<string, unknown>]
  return { key, line }
}

async function statuses(service: Service, key: string, count = 1): Promise<number[]> {
  const answers: number[] = []
  for (let n = 0; n < count; n++) {
    const answer = await service.rest('GET', path, undefined, { authorization: `Bearer ${key}` })
    answers.push(answer.status)
  }
  return answers
}

describe('API keys', () => {
  it('that `key new` made open the door, and neither their hash nor a part of them does', async () => {
    const { key, line } = madeKey('desk')
    const service = await start('made', [line])
    expect(await statuses(service, key)).toEqual([200])
    const hashed = String(line['keyHash'])
    const others = [hashed, hashed.replace('sha256:', ''), key.slice(0, -1), `${key}A`, key.toUpperCase()]
    for (const other of others) expect(await statuses(service, other)).toEqual([401])
  })

  it('rotate without a gap: two are active at once, each with its name and limit', async () => {
    const old = {
      id: 'desk',
      key: 'the-old-key-0123456789abcdef',
      scopes: ['conversations:read'],
      perMinute: 2,
    }
    const { key, line } = madeKey('desk-2', '--per-minute', '3')
    const service = await start('rotation', [old, line], { rateLimit: { restPerMinute: 1 } })
    expect(await statuses(service, old.key, 3)).toEqual([200, 200, 429])
    expect(await statuses(service, key, 4)).toEqual([200, 200, 200, 429])
  })

  it('without a limit of their own have that of the config', async () => {
    const { key, line } = madeKey('desk')
    const service = await start('default-limit', [line], { rateLimit: { restPerMinute: 2 } })
    expect(await statuses(service, key, 3)).toEqual([200, 200, 429])
  })

  it('stand in no log line, neither as they are nor as a hash, also when they are wrong', async () => {
    const { key, line } = madeKey('desk')
    const service = await start('logs', [line])
    await statuses(service, key)
    await statuses(service, `${key}wrong`)
    await service.stop()
    const log = JSON.stringify(service.lines)
    expect(service.lines.length).toBeGreaterThan(2)
    for (const secret of [key, hash('sha256', key), hash('sha256', key, 'base64')]) {
      expect(log).not.toContain(secret)
    }
  })
})

describe('a route', () => {
  const keyOf = (id: string, ...scopes: string[]): ApiKey => ({
    id,
    keyHash: `sha256:${hash('sha256', id)}`,
    scopes,
  })

  function server(...keys: ApiKey[]) {
    const app = fastify()
    handleErrors(app, {
      log: { info: () => {}, warn: () => {}, error: () => {} },
      isStoreError: () => false,
    })
    requireScopes(app, keys)
    onTestFinished(() => app.close())
    return app
  }

  it('that names no scope ends the start, instead of being open or shut to all', () => {
    const app = server()
    expect(() => app.get('/open', () => 'hello')).toThrow('GET /open names no scope')
    expect(() => app.get('/empty', { config: { scopes: [] } }, () => 'hello')).toThrow('names no scope')
  })

  it('may ask for a further scope, for some bodies only', async () => {
    const app = server(keyOf('plain', 'a'), keyOf('both', 'a', 'b'))
    app.post('/things', { config: { scopes: ['a'] } }, (request) => {
      if (request.headers['x-raw'] !== undefined) needScope(request, 'b')
      return { by: request.apiKeyId }
    })
    const call = async (id: string, headers: Record<string, string> = {}) => {
      const answer = await app.inject({
        method: 'POST',
        url: '/things',
        headers: { authorization: `Bearer ${id}`, ...headers },
      })
      return [answer.statusCode, answer.json<{ by?: string; detail?: string }>()]
    }
    expect(await call('plain')).toEqual([200, { by: 'plain' }])
    expect(await call('plain', { 'x-raw': '1' })).toMatchObject([403, { detail: 'this needs the scope b' }])
    expect(await call('both', { 'x-raw': '1' })).toEqual([200, { by: 'both' }])
  })

  it('knows every key of many, the first as well as the last', async () => {
    const ids = Array.from({ length: 50 }, (_, n) => `key-${n}`)
    const app = server(...ids.map((id) => keyOf(id, 'a')))
    app.get('/who', { config: { scopes: ['a'] } }, (request) => ({ id: request.apiKeyId }))
    for (const id of ids) {
      const answer = await app.inject({ url: '/who', headers: { authorization: `bearer ${id}` } })
      expect(answer.json()).toEqual({ id })
    }
    for (const authorization of ['', 'Bearer', 'Bearer ', 'Basic key-1', 'key-1', 'Bearer key-1 key-2']) {
      const { statusCode } = await app.inject({ url: '/who', headers: { authorization } })
      expect([authorization, statusCode]).toEqual([authorization, 401])
    }
  })
})
