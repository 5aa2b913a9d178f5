import { hash } from 'node:crypto'
import { describe, expect, it, onTestFinished } from 'vitest'
import { answerMs } from '../../src/records/answers.ts'
import { startKeyedServer } from '../support/keyed-server.ts'
import type { CallOptions } from '../support/keyed-server.ts'
import { poll } from '../support/poll.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis()
const startServer = (prefix: string) => startKeyedServer(redis.url, prefix)

describe('a request with an Idempotency-Key', () => {
  it('is done once and answered the same: status, body and type', async () => {
    const { call, done } = await startServer('same')
    const first = await call('/things/a')
    expect(first).toMatchObject({ status: 201, body: '{"id":"a-1"}', replayed: null })
    expect(await call('/things/a')).toEqual({ ...first, replayed: 'true' })
    const put = await call('/things/b', { method: 'PUT', key: 'p' })
    expect(await call('/things/b', { method: 'PUT', key: 'p' })).toEqual({ ...put, replayed: 'true' })
    expect(await call('/empty', { key: 'e' })).toMatchObject({ status: 204, replayed: null })
    expect(await call('/empty', { key: 'e' })).toMatchObject({ status: 204, body: '', replayed: 'true' })
    expect(done).toEqual(['a', 'b', 'empty'])
  })

  it('is another one with another key, by another API key, or without any', async () => {
    const { call, done } = await startServer('others')
    await call('/things/a')
    for (const options of [{ key: 'K' }, { by: 'bot' }, { key: null }, { key: null }]) {
      expect(await call('/things/a', options)).toMatchObject({ status: 201, replayed: null })
    }
    expect(done).toHaveLength(5)
    expect(await call('/things/a', { method: 'GET' })).toMatchObject({ status: 201, replayed: null })
  })

  it('is refused when the key was used for another request', async () => {
    const { call, done } = await startServer('reused')
    await call('/things/a', { body: { text: 'one' } })
    const others: [string, CallOptions][] = [
      ['/things/a', { body: { text: 'two' } }],
      ['/things/b', { body: { text: 'one' } }],
      ['/things/a?x=1', { body: { text: 'one' } }],
      ['/things/a', { body: { text: 'one' }, method: 'PUT' }],
      ['/slow', { body: { text: 'one' } }],
    ]
    for (const [path, options] of others) {
      const answer = await call(path, options)
      expect([path, answer.status, JSON.parse(answer.body)]).toMatchObject([
        path,
        422,
        { code: 'IDEMPOTENCY_KEY_REUSED' },
      ])
    }
    expect(await call('/things/a', { body: { text: 'one' } })).toMatchObject({
      status: 201,
      replayed: 'true',
    })
    expect(done).toEqual(['a'])
  })

  it('meets 409 while the first one runs, and its answer afterwards', async () => {
    const { call, done, gate } = await startServer('running')
    const first = call('/slow')
    await poll(
      () => Promise.resolve(done.length),
      (count) => count === 1,
    )
    const early = await call('/slow')
    expect([early.status, early.retryAfter, JSON.parse(early.body)]).toMatchObject([
      409,
      '1',
      { code: 'IDEMPOTENCY_IN_PROGRESS' },
    ])
    expect(await call('/slow', { body: { text: 'else' } })).toMatchObject({ status: 422 })
    gate.resolve()
    expect(await first).toMatchObject({ status: 200, body: '{"id":"slow-1"}' })
    expect(await call('/slow')).toMatchObject({ status: 200, body: '{"id":"slow-1"}', replayed: 'true' })
    expect(done).toEqual(['slow'])
  })

  it('is answered from memory also when the first caller hung up', async () => {
    const { call, done, gate } = await startServer('hung-up')
    const caller = new AbortController()
    const first = call('/slow', { signal: caller.signal })
    await poll(
      () => Promise.resolve(done.length),
      (count) => count === 1,
    )
    caller.abort()
    await expect(first).rejects.toThrow('aborted')
    gate.resolve()
    const again = await poll(
      () => call('/slow'),
      ({ status }) => status !== 409,
    )
    expect(again).toMatchObject({ status: 200, body: '{"id":"slow-1"}', replayed: 'true' })
    expect(done).toEqual(['slow'])
  })

  it.each([
    'INTERNAL',
    'STORE_UNAVAILABLE',
    'TOO_MANY_REQUESTS',
    'FORBIDDEN',
    'IDEMPOTENCY_IN_PROGRESS',
  ] as const)('may be tried again after %s', async (code) => {
    const { call, failures, done } = await startServer(`passing-${code}`)
    failures.push(code)
    expect((await call('/things/a')).status).toBeGreaterThan(400)
    expect(await call('/things/a')).toMatchObject({ status: 201, body: '{"id":"a-2"}', replayed: null })
    expect(done).toHaveLength(2)
  })

  it.each(['NOT_FOUND', 'INVALID'] as const)('keeps the answer %s', async (code) => {
    const { call, failures, done } = await startServer(`lasting-${code}`)
    failures.push(code)
    const first = await call('/things/a')
    expect(first).toMatchObject({ type: 'application/problem+json', replayed: null })
    expect(await call('/things/a')).toEqual({ ...first, replayed: 'true' })
    expect(done).toHaveLength(1)
  })

  it('leaves its key free when it was refused before it was tried', async () => {
    const { call } = await startServer('refused')
    expect((await call('/checked', { body: { wrong: 1 } })).status).toBe(400)
    expect((await call('/checked', { by: 'nobody', body: { text: 'a' } })).status).toBe(401)
    expect(await call('/checked', { body: { text: 'a' } })).toMatchObject({ status: 200, replayed: null })
    expect(await redis.keys('refused:*')).toHaveLength(1)
  })

  it('needs a key of 1 to 255 characters', async () => {
    const { call, done } = await startServer('length')
    for (const key of ['', 'x'.repeat(256)]) {
      const answer = await call('/things/a', { key })
      expect([answer.status, JSON.parse(answer.body)]).toMatchObject([
        422,
        { code: 'INVALID', errors: [{ path: 'headers.idempotency-key' }] },
      ])
    }
    expect((await call('/things/a', { key: 'x'.repeat(255) })).status).toBe(201)
    expect(done).toHaveLength(1)
  })

  it('is told by its key alone when it is a form', async () => {
    const { call, done } = await startServer('form')
    const type = 'multipart/form-data; boundary=b'
    expect(await call('/things/a', { type, body: 'one' })).toMatchObject({ status: 201 })
    expect(await call('/things/a', { type, body: 'two' })).toMatchObject({ status: 201, replayed: 'true' })
    expect(done).toHaveLength(1)
  })

  it('has a very long answer not kept, which the log tells; its claim ends by itself', async () => {
    const { call, warnings } = await startServer('long')
    expect((await call('/long')).status).toBe(200)
    expect(warnings).toEqual(['answer not kept'])
    expect((await call('/long')).status).toBe(409)
  })
})

describe('what Redis is asked for', () => {
  it('is two commands with a key, one for a repeat, none without; all for a day, and no word of the caller', async () => {
    const { call, connection } = await startServer('cost')
    // Its socket as Redis names it, to tell its commands from those that run inside scripts.
    const address = /\baddr=(\S+)/.exec(await connection.client('INFO'))?.[1]
    const monitor = await redis.client.monitor()
    onTestFinished(() => monitor.disconnect())
    const commands: string[] = []
    monitor.on('monitor', (_time: string, [command = '']: string[], source: string) => {
      if (source === address || command === 'mark') commands.push(command.toLowerCase())
    })
    const count = async () => {
      await connection.echo('mark')
      await poll(
        () => Promise.resolve(commands),
        (list) => list.includes('echo'),
      )
      return commands.splice(0).filter((command) => command !== 'echo')
    }
    await call('/things/a', { key: null })
    expect(await count()).toEqual([])
    await call('/things/a', { key: 'a secret of the caller', body: { text: 'dear Ada' } })
    expect(await count()).toEqual(['set', 'eval'])
    await call('/things/a', { key: 'a secret of the caller', body: { text: 'dear Ada' } })
    expect(await count()).toEqual(['set'])
    const [name = '', ...others] = await redis.keys('cost:*')
    expect(others).toEqual([])
    const kept = `${name} ${await redis.client.get(name)}`
    expect(kept).not.toMatch(/secret|Ada|things|a-\d|201/)
    // Nor can it be guessed by trying what callers may have used as their key.
    for (const digest of ['hex', 'base64', 'base64url'] as const) {
      expect(kept).not.toContain(hash('sha256', 'a secret of the caller', digest))
    }
    const left = await redis.client.pttl(name)
    expect(left).toBeGreaterThan(answerMs - 60_000)
    expect(left).toBeLessThanOrEqual(answerMs)
  })
})
