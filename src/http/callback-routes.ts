import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { CallbackFault } from '../helpdesk/callback.ts'
import type { HelpdeskCallback, ProvenCallback } from '../helpdesk/callback.ts'
import { callbackSchemes } from '../helpdesk/callback-schemes.ts'
import { hasProofShape, verifyCallback } from '../helpdesk/verify-callback.ts'
import type { UnprovenCallback } from '../helpdesk/verify-callback.ts'
import type { AcceptCallback } from '../routing/accept-callback.ts'
import { HttpProblem } from './problems.ts'

export interface CallbackDeps {
  /** How helpdesks call us, by their names in the config. */
  callbacks: ReadonlyMap<string, HelpdeskCallback>
  acceptCallback: AcceptCallback
  badSignaturesPerMinute: number
  /** Why Redis would lose what we acknowledge, if it would. */
  notDurable: () => string | undefined
  onCallback: (helpdesk: string, result: 'accepted' | 'unsigned' | 'invalid' | 'refused') => void
  now: () => number
}

type Params = { helpdesk: string; secret?: string }
type CallbackRequest = FastifyRequest<{ Params: Params }>

/** What vendors send is below 1 MiB; files come as links. */
const bodyLimit = 4 * 1024 * 1024

/** The helpdesks' side: a callback is answered when what it tells is durable, and no vendor is called meanwhile. */
export async function callbackRoutes(app: FastifyInstance, deps: CallbackDeps): Promise<void> {
  // Signatures are over the raw bytes, and vendors are free with their content types.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, (_request, body, done) => done(null, body))
  // In memory and per process, as for the webhook: a forged call must not cost a write to Redis.
  await app.register(rateLimit, {
    global: false,
    max: deps.badSignaturesPerMinute,
    timeWindow: 60_000,
    cache: 10_000,
  })
  const countBad = app.createRateLimit()

  async function refuse(request: CallbackRequest, why: string): Promise<never> {
    deps.onCallback(request.params.helpdesk, 'unsigned')
    const counted = await countBad(request)
    if (!counted.isAllowed && counted.isExceeded) {
      const detail = 'too many callbacks from this address that were not proven'
      throw new HttpProblem('TOO_MANY_REQUESTS', detail, { retryAfterSeconds: counted.ttlInSeconds })
    }
    throw new HttpProblem('SIGNATURE_INVALID', why)
  }

  // What cannot be proven is refused before its body is read: a forger must not fill our memory.
  const onRequest = async (request: CallbackRequest) => {
    const callback = callbackOf(deps, request.params)
    const came = unproven(request)
    // Of a secret the body says nothing.
    const { proof } = callbackSchemes[callback.scheme]
    const known = proof === 'secret' && verifyCallback(callback, { ...came, body: noBytes }, deps.now())
    if (!hasProofShape(callback.scheme, came) || (known !== false && known !== 'proven'))
      await refuse(request, whatProves(callback))
  }

  // Vendors look whether somebody is there, and say good-bye. Whether a secret is right no answer to that may tell.
  const isThere = async ({ params: { helpdesk } }: CallbackRequest, reply: FastifyReply) => {
    callbackOf(deps, { helpdesk })
    return reply.code(200).send()
  }
  const refuseMethod = async ({ params: { helpdesk } }: CallbackRequest, reply: FastifyReply) => {
    callbackOf(deps, { helpdesk })
    void reply.header('allow', 'POST, HEAD')
    throw new HttpProblem('METHOD_NOT_ALLOWED', 'helpdesks call this with POST')
  }

  const take = async (request: CallbackRequest, reply: FastifyReply) => {
    const { helpdesk } = request.params
    const callback = callbackOf(deps, request.params)
    const body = Buffer.isBuffer(request.body) ? request.body : noBytes
    const verdict = verifyCallback(callback, { ...unproven(request), body }, deps.now())
    if (verdict === 'stale') {
      await refuse(request, 'it was signed more than 5 minutes ago, or ahead; set the clocks on both sides')
    }
    if (verdict !== 'proven') await refuse(request, whatProves(callback))
    const proven: ProvenCallback = { headers: request.headers, query: queryOf(request), body: undefined }
    try {
      proven.body = parsed(body)
      const events = callback.parse(proven)
      const fault = deps.notDurable()
      if (fault !== undefined) throw new HttpProblem('STORE_UNAVAILABLE', fault, { retryAfterSeconds: 1 })
      const replies = await deps.acceptCallback(helpdesk, events)
      deps.onCallback(helpdesk, 'accepted')
      const answer = callback.answer?.(proven, replies)
      return reply.code(answer?.status ?? 200).send(answer?.body ?? '')
    } catch (error) {
      if (error instanceof CallbackFault) {
        deps.onCallback(helpdesk, 'invalid')
        throw new HttpProblem('INVALID', error.message)
      }
      deps.onCallback(helpdesk, 'refused')
      throw error
    }
  }

  const schema = { hide: true }
  for (const url of ['/callbacks/:helpdesk', '/callbacks/:helpdesk/:secret']) {
    app.post<{ Params: Params }>(url, { schema, onRequest }, take)
    app.head<{ Params: Params }>(url, { schema }, isThere)
    app.route<{ Params: Params }>({
      method: others,
      url,
      schema,
      onRequest: refuseMethod,
      handler: refuseMethod,
    })
  }
}

const others = ['GET', 'PUT', 'PATCH', 'DELETE']

const noBytes = Buffer.alloc(0)

/** A secret in the path has a path of its own; nothing else has. */
function callbackOf({ callbacks }: CallbackDeps, { helpdesk, secret }: Params): HelpdeskCallback {
  const callback = callbacks.get(helpdesk)
  if (!callback) throw new HttpProblem('NOT_FOUND', 'no helpdesk of this name calls us')
  if (secret !== undefined && callback.scheme !== 'path')
    throw new HttpProblem('NOT_FOUND', 'callbacks of this helpdesk end with its name')
  return callback
}

function unproven({ headers, params }: CallbackRequest): UnprovenCallback {
  return { headers, pathSecret: params.secret }
}

function whatProves({ scheme }: HelpdeskCallback): string {
  const row = callbackSchemes[scheme]
  if (row.header === null) return 'its path must end with a callback secret of the config'
  return row.proof === 'secret'
    ? `the header ${row.header} must be a callback secret of the config`
    : `the header ${row.header} must be the signature of the body with a callback secret of the config`
}

/** Undefined when there is nothing. */
function parsed(body: Buffer): unknown {
  if (body.length === 0) return undefined
  try {
    return JSON.parse(body.toString())
  } catch {
    // The parser's own message quotes what it could not read.
    throw new CallbackFault('the body must be JSON')
  }
}

function queryOf({ query }: FastifyRequest): ProvenCallback['query'] {
  const pairs = Object.entries(query as Record<string, unknown>)
  return Object.fromEntries(
    pairs.map(([name, value]) => [name, typeof value === 'string' ? value : undefined]),
  )
}
