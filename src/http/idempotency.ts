import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Log } from '../domain/log.ts'
import { claimMs } from '../records/answers.ts'
import type { Answer, Answers, Claim, Claimed } from '../records/answers.ts'
import { bearer } from './api-keys.ts'
import { HttpProblem } from './problems.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** What this request holds while it runs, when it came with an Idempotency-Key. */
    idempotency: { claim: Claim; renewal: NodeJS.Timeout } | null
  }
}

/** Answers are ids and codes; whatever is longer, in characters, is no such answer and would fill Redis. */
const longestAnswer = 65_536

/** Answers that a caller must be able to get past by asking again: ours to mend, a matter of time, or of rights. */
function isPassing(status: number): boolean {
  return status >= 500 || status === 429 || status === 409 || status === 403
}

/**
 * Answers a POST or PUT that comes again with the same Idempotency-Key as it was answered the first time. The model is
 * draft-ietf-httpapi-idempotency-key-header. Without the header it asks Redis for nothing.
 */
export function replayAnswers(
  app: FastifyInstance,
  deps: {
    answers: Answers
    log: Log
    /** How often a claim is renewed, ms. */
    renewMs?: number
    /** How long a repeat waits for the answer to the first one before it is told to come again, ms. */
    patienceMs?: number
  },
): void {
  const { answers, log, renewMs = claimMs / 3, patienceMs = 1000 } = deps
  const warn = (error: unknown) =>
    log.warn({ err: error instanceof Error ? error.message : 'unknown' }, 'answer not kept')
  app.decorateRequest('idempotency', null)

  /** The same request twice at the same moment is mostly a matter of milliseconds: better one answer than an error. */
  async function claimSoon(wanted: Parameters<Answers['claim']>[0]): Promise<Claimed> {
    const until = performance.now() + patienceMs
    for (let pause = 10; ; pause = Math.min(pause * 2, 200)) {
      const claimed = await answers.claim(wanted)
      if (claimed.state !== 'running' || performance.now() + pause > until) return claimed
      await wait(pause)
    }
  }

  // After the checks of key, limit and body: what they refuse was not tried, and holds no key.
  app.addHook('preHandler', async (request, reply) => {
    const idempotencyKey = readKey(request)
    if (idempotencyKey === undefined) return
    const secret = bearer(request) ?? ''
    const claimed = await claimSoon({ secret, idempotencyKey, request: describeRequest(request) })
    if (claimed.state === 'reused') {
      throw new HttpProblem('IDEMPOTENCY_KEY_REUSED', 'use a new Idempotency-Key for a new request')
    }
    if (claimed.state === 'running') {
      const detail = 'the first request with this Idempotency-Key is still running; ask again in a moment'
      throw new HttpProblem('IDEMPOTENCY_IN_PROGRESS', detail, { retryAfterSeconds: 1 })
    }
    if (claimed.state === 'answered') return replay(reply, claimed.answer)
    // An upload may run for longer than a claim holds; one that ends with its process must not hold for long.
    const renewal = setInterval(() => void answers.renew(claimed.claim).catch(warn), renewMs)
    request.idempotency = { claim: claimed.claim, renewal }
  })

  app.addHook('onSend', async (request, reply, payload) => {
    if (!request.idempotency) return
    const { claim, renewal } = request.idempotency
    clearInterval(renewal)
    request.idempotency = null
    const body = payload ?? null
    const answer = { ...describeAnswer(reply), body: body as string | null }
    try {
      if (isPassing(reply.statusCode)) await answers.release(claim)
      else if (body === null || isShort(body)) await answers.keep(claim, answer)
      else throw new Error('it is too long')
    } catch (error) {
      // Its effect stands, so the caller is told of it, even if a repeat will not be recognised by this.
      warn(error)
    }
  })
}

function readKey(request: FastifyRequest): string | undefined {
  if (request.method !== 'POST' && request.method !== 'PUT') return undefined
  const key = request.headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key === 'string' && key !== '' && key.length <= 255) return key
  throw new HttpProblem('INVALID', 'see errors for the fields and their limits', {
    errors: [{ path: 'headers.idempotency-key', message: 'must have 1 to 255 characters' }],
  })
}

/** All that makes the request this one. The body of a form is a stream, and stays out. */
function describeRequest(request: FastifyRequest): string {
  const { method, routeOptions, params, query, body, headers } = request
  const isForm = headers['content-type']?.startsWith('multipart/') === true
  return JSON.stringify([method, routeOptions.url, params, query, isForm ? null : body])
}

function describeAnswer(reply: FastifyReply): Omit<Answer, 'body'> {
  const contentType = reply.getHeader('content-type')
  return { status: reply.statusCode, contentType: typeof contentType === 'string' ? contentType : null }
}

function isShort(body: unknown): boolean {
  return typeof body === 'string' && body.length <= longestAnswer
}

function replay(reply: FastifyReply, answer: Answer): FastifyReply {
  if (answer.contentType !== null) void reply.type(answer.contentType)
  return reply
    .code(answer.status)
    .header('idempotency-replayed', 'true')
    .serializer((body: string) => body)
    .send(answer.body)
}
