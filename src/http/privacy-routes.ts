import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Log } from '../domain/log.ts'
import { readSignedRequest } from '../meta/signed-request.ts'
import type { SignedRequestFault } from '../meta/signed-request.ts'
import { deletionCode, isDeletionCode } from '../records/deletions.ts'
import type { DeletionKind, Deletions } from '../records/deletions.ts'
import { deletionPage } from './deletion-page.ts'
import { HttpProblem } from './problems.ts'

export interface PrivacyDeps {
  appSecrets: readonly string[]
  /** Where this port is reached from outside; undefined when the config does not say. */
  publicUrl: string | undefined
  /** Bad signatures, and codes that nobody was given. */
  badSignaturesPerMinute: number
  deletions: Pick<Deletions, 'receive' | 'get'>
  /** Why Redis would lose what we acknowledge, if it would. */
  notDurable: () => string | undefined
  /** Begins to erase whoever has this id at a Page, if anybody has. Never fails, and is not waited for. */
  eraseKnown: (userId: string, code: string) => void
  onRequest: (kind: DeletionKind, result: 'received' | 'repeated' | 'refused') => void
  log: Log
  now: () => number
}

/** A signed_request has a few hundred bytes. */
const bodyLimit = 16 * 1024

const kinds: Readonly<Record<string, DeletionKind>> = {
  '/webhooks/meta/data-deletion': 'deletion',
  '/webhooks/meta/deauthorize': 'deauthorization',
}

/** Meta's side of privacy: people who want their data deleted or leave the app, and what became of it. */
export async function privacyRoutes(app: FastifyInstance, deps: PrivacyDeps): Promise<void> {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string', bodyLimit }, (_request, body, done) =>
    done(null, new URLSearchParams(String(body)).get('signed_request')),
  )
  // In memory and per process, as for the webhook.
  await app.register(rateLimit, {
    global: false,
    max: deps.badSignaturesPerMinute,
    timeWindow: 60_000,
    cache: 10_000,
  })
  const countBad = app.createRateLimit()

  /** Throws the problem, or 429 once the address has caused too many. */
  async function refuse(request: FastifyRequest, problem: HttpProblem): Promise<never> {
    const counted = await countBad(request)
    if (!counted.isAllowed && counted.isExceeded) {
      const detail = 'too many bad calls from this address'
      throw new HttpProblem('TOO_MANY_REQUESTS', detail, { retryAfterSeconds: counted.ttlInSeconds })
    }
    throw problem
  }

  for (const [path, kind] of Object.entries(kinds)) {
    app.post(path, { schema: { hide: true } }, async (request) => {
      const read = readSignedRequest(request.body, deps.appSecrets, deps.now())
      if (!read.ok) {
        deps.onRequest(kind, 'refused')
        return refuse(request, problemOf(read.fault))
      }
      const { userId, mark } = read.request
      const code = deletionCode(kind, mark)
      await keep(deps, kind, userId, code)
      if (kind === 'deauthorization') return {}
      deps.eraseKnown(userId, code)
      // Meta calls us by HTTPS at a name of ours; only behind a proxy that hides it the config must say which.
      const origin = deps.publicUrl ?? `https://${request.host}`
      return { url: `${origin}/privacy/deletions/${code}`, confirmation_code: code }
    })
  }

  app.get<{ Params: { code: string } }>(
    '/privacy/deletions/:code',
    { schema: { hide: true } },
    async (request, reply) => {
      const { code } = request.params
      const found = isDeletionCode(code) ? await deps.deletions.get(code) : undefined
      if (found?.kind !== 'deletion') {
        return refuse(request, new HttpProblem('NOT_FOUND', 'nobody was given this code, or it is too old'))
      }
      const { status, receivedAt, doneAt } = found
      void reply.headers({
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        vary: 'accept',
      })
      if (wantsJson(request)) return { code, status, receivedAt: iso(receivedAt), doneAt: iso(doneAt) }
      return reply.type('text/html; charset=utf-8').send(deletionPage(found))
    },
  )
}

async function keep(deps: PrivacyDeps, kind: DeletionKind, userId: string, code: string): Promise<void> {
  const fault = deps.notDurable()
  if (fault !== undefined) throw new HttpProblem('STORE_UNAVAILABLE', fault, { retryAfterSeconds: 1 })
  const isNew = await deps.deletions.receive({ code, kind, userId, receivedAt: deps.now() })
  deps.onRequest(kind, isNew ? 'received' : 'repeated')
  if (!isNew) return
  if (kind === 'deletion') {
    const text = 'a person asked to have their data deleted; see GET /v1/privacy/deletions'
    deps.log.warn({ code: 'DELETION_REQUESTED', deletion: code }, text)
  } else deps.log.info({ code: 'DEAUTHORIZED', deletion: code }, 'a person took the app out of their account')
}

function problemOf(fault: SignedRequestFault): HttpProblem {
  switch (fault) {
    case 'signature':
      return new HttpProblem('SIGNATURE_INVALID', 'signed_request is not signed with an app secret of ours')
    case 'expired':
      return new HttpProblem('SIGNATURE_INVALID', 'signed_request has expired')
    case 'payload':
      return new HttpProblem('BAD_REQUEST', 'signed_request does not say whom it is about, or in another way')
    case 'shape':
      return new HttpProblem('BAD_REQUEST', 'send the form field signed_request as Meta does')
  }
}

function wantsJson({ headers }: FastifyRequest): boolean {
  const accept = headers.accept ?? ''
  return accept.includes('application/json') && !accept.includes('text/html')
}

function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}
