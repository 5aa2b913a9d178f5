import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Trace } from '../domain/stage.ts'
import { hasSignatureShape, isSignedByMeta, signatureHeader } from '../meta/signature.ts'
import { verifyChallenge } from '../meta/verify-challenge.ts'
import { HttpProblem } from './problems.ts'

export interface WebhookDeps {
  appSecrets: readonly string[]
  verifyToken: string
  bodyLimit: number
  badSignaturesPerMinute: number
  /** Resolves when the delivery is durable. */
  journal: (body: Buffer, receivedAt: number) => Promise<void>
  /** Why nothing may be taken at present. */
  refusal: () => string | undefined
  onDelivery: (result: 'accepted' | 'unsigned' | 'refused') => void
  trace: Trace
}

/** Meta's side: a delivery is answered 200 when Redis has confirmed it, and never before. */
export async function webhookRoutes(app: FastifyInstance, deps: WebhookDeps): Promise<void> {
  // The signature is over the raw bytes, so only here the body stays a buffer.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer', bodyLimit: deps.bodyLimit },
    (_request, body, done) => done(null, body),
  )
  // In memory and per process: a forged call must not cost a write to Redis.
  await app.register(rateLimit, {
    global: false,
    max: deps.badSignaturesPerMinute,
    timeWindow: 60_000,
    cache: 10_000,
  })
  const countBad = app.createRateLimit()

  app.get('/webhooks/meta', { schema: { hide: true } }, async (request, reply) => {
    const answer = verifyChallenge(request.query as Record<string, unknown>, deps.verifyToken)
    if (answer.ok)
      return reply.type('text/plain').header('x-content-type-options', 'nosniff').send(answer.challenge)
    if (answer.fault === 'challenge')
      throw new HttpProblem('BAD_REQUEST', 'hub.challenge must be 1 to 64 digits')
    throw new HttpProblem('VERIFY_TOKEN_WRONG', 'hub.verify_token must be the verifyToken of the config')
  })

  /** Answers a call that Meta did not sign: 401, and 429 once its address has sent too many. */
  async function refuse(request: FastifyRequest): Promise<never> {
    deps.onDelivery('unsigned')
    const counted = await countBad(request)
    if (!counted.isAllowed && counted.isExceeded) {
      const detail = 'too many badly signed calls from this address'
      throw new HttpProblem('TOO_MANY_REQUESTS', detail, { retryAfterSeconds: counted.ttlInSeconds })
    }
    throw new HttpProblem('SIGNATURE_INVALID', 'X-Hub-Signature-256 must be sha256= and the HMAC of the body')
  }

  // What cannot be a signature is refused before its body is read: a forger must not fill our memory.
  const onRequest = async (request: FastifyRequest) => {
    if (!hasSignatureShape(request.headers[signatureHeader])) await refuse(request)
  }

  app.post('/webhooks/meta', { schema: { hide: true }, onRequest }, async (request, reply) => {
    const receivedAt = Date.now()
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
    deps.trace('receive', { bytes: body.length })
    if (!isSignedByMeta(body, request.headers[signatureHeader], deps.appSecrets)) return refuse(request)
    deps.trace('verify', { bytes: body.length })
    const refusal = deps.refusal()
    if (refusal !== undefined) {
      deps.onDelivery('refused')
      throw new HttpProblem('STORE_UNAVAILABLE', refusal, { retryAfterSeconds: 1 })
    }
    try {
      await deps.journal(body, receivedAt)
    } catch (cause) {
      deps.onDelivery('refused')
      const detail = 'the write was not confirmed; send it again'
      throw new HttpProblem('STORE_UNAVAILABLE', detail, { retryAfterSeconds: 1, cause })
    }
    deps.onDelivery('accepted')
    return reply.type('text/plain').send('EVENT_RECEIVED')
  })
}
