import { hash } from 'node:crypto'
import { fastify } from 'fastify'
import { onTestFinished } from 'vitest'
import { requireScopes } from '../../src/http/api-keys.ts'
import { handleErrors } from '../../src/http/error-handler.ts'
import { replayAnswers } from '../../src/http/idempotency.ts'
import { HttpProblem } from '../../src/http/problems.ts'
import type { ProblemCode } from '../../src/http/problems.ts'
import { ingestConnection, isReadyWithin, isStoreError } from '../../src/queue/connections.ts'
import { answers } from '../../src/records/answers.ts'

const config = { scopes: ['write'] }

/** A server with keyed routes that do what a test wants to see repeated or not. It ends with the test. */
export async function startKeyedServer(redisUrl: string, prefix: string, renewMs?: number) {
  const connection = ingestConnection(redisUrl)
  connection.on('error', () => {})
  await isReadyWithin(connection, 5000)
  const app = fastify({ forceCloseConnections: true })
  const warnings: string[] = []
  const log = {
    info: () => {},
    error: () => {},
    warn: (_fields: object, text: string) => warnings.push(text),
  }
  const done: string[] = []
  const gate = Promise.withResolvers<void>()
  const failures: ProblemCode[] = []

  handleErrors(app, { log, isStoreError })
  requireScopes(
    app,
    ['desk', 'bot'].map((id) => ({ id, keyHash: `sha256:${hash('sha256', id)}`, scopes: ['write'] })),
  )
  replayAnswers(app, {
    answers: answers(connection, { prefix }),
    log,
    // A test that wants a 409 shall not have to wait for it.
    patienceMs: 0,
    ...(renewMs === undefined ? {} : { renewMs }),
  })
  app.addContentTypeParser('multipart/form-data', { parseAs: 'string' }, (_request, body, next) =>
    next(null, { form: body }),
  )
  app.route({
    method: ['POST', 'PUT', 'GET'],
    url: '/things/:name',
    config,
    handler: (request, reply) => {
      const { name } = request.params as { name: string }
      done.push(name)
      const failure = failures.shift()
      if (failure !== undefined) throw new HttpProblem(failure, 'as planned')
      return reply.code(201).send({ id: `${name}-${done.length}` })
    },
  })
  app.post('/slow', { config }, async () => {
    done.push('slow')
    await gate.promise
    return { id: `slow-${done.length}` }
  })
  app.post('/empty', { config }, (_request, reply) => {
    done.push('empty')
    return reply.code(204).send()
  })
  app.post('/long', { config }, () => ({ id: `${done.push('long')}`.padEnd(70_000) }))
  const schema = { body: { type: 'object', required: ['text'] } }
  app.post('/checked', { config, schema }, () => ({ id: `checked-${done.push('checked')}` }))

  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  onTestFinished(async () => {
    gate.resolve()
    await app.close()
    connection.disconnect()
  })
  async function call(path: string, options: CallOptions = {}) {
    const { method = 'POST', key = 'k', body = {}, by = 'desk', signal, type = 'application/json' } = options
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${by}`,
        ...(method === 'GET' ? {} : { 'content-type': type }),
        ...(key === null ? {} : { 'idempotency-key': key }),
      },
      body: method === 'GET' ? null : typeof body === 'string' ? body : JSON.stringify(body),
      signal: signal ?? null,
    })
    return {
      status: answer.status,
      replayed: answer.headers.get('idempotency-replayed'),
      retryAfter: answer.headers.get('retry-after'),
      type: answer.headers.get('content-type'),
      body: await answer.text(),
    }
  }
  return { call, done, gate, failures, warnings, connection }
}

export interface CallOptions {
  method?: string
  key?: string | null
  body?: object | string
  by?: string
  signal?: AbortSignal
  type?: string
}
