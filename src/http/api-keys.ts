import { hash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { HttpProblem } from './problems.ts'

export interface ApiKey {
  id: string
  /** `sha256:` and 64 hexadecimal digits. */
  keyHash: string
  scopes: readonly string[]
  /** Its own limit, calls per minute. */
  perMinute?: number | undefined
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The API key of the call; null before it was checked. */
    apiKey: ApiKey | null
    /** Id of the API key, once it was checked. */
    apiKeyId: string
  }
  interface FastifyContextConfig {
    /** The API key must have one of these. */
    scopes?: readonly string[]
  }
}

/**
 * Lets a request pass when its Bearer key has one of the scopes that its route names. Keys are compared as hashes, all
 * of them, so that neither length nor position tells anything by time. A route that names no scope is our own fault and
 * ends the start.
 */
export function requireScopes(app: FastifyInstance, keys: readonly ApiKey[]): void {
  const known = keys.map((key) => ({ key, digest: Buffer.from(key.keyHash.replace('sha256:', ''), 'hex') }))
  app.decorateRequest('apiKey', null)
  app.decorateRequest('apiKeyId', '')

  app.addHook('onRoute', ({ method, url, config }) => {
    if (!config?.scopes?.length) throw new Error(`${String(method)} ${url} names no scope in its config`)
  })

  app.addHook('onRequest', async (request) => {
    const token = bearer(request)
    const given = hash('sha256', token ?? '', 'buffer')
    let found: ApiKey | undefined
    for (const { key, digest } of known) if (timingSafeEqual(digest, given)) found = key
    if (token === undefined || !found) {
      throw new HttpProblem('UNAUTHORIZED', 'send the header Authorization: Bearer <API key>')
    }
    request.apiKey = found
    request.apiKeyId = found.id
    needScope(request, ...(request.routeOptions.config.scopes ?? []))
  })
}

/** For what only some bodies of a route need. Throws 403 when the key of the call has none of these. */
export function needScope(request: FastifyRequest, ...wanted: readonly string[]): void {
  if (request.apiKey?.scopes.some((scope) => wanted.includes(scope))) return
  throw new HttpProblem('FORBIDDEN', `this needs the scope ${wanted.join(' or ')}`)
}

/** The secret that the call came with. */
export function bearer(request: FastifyRequest): string | undefined {
  return /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
}
