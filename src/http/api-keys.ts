import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import { HttpProblem } from './problems.ts'

export interface ApiKey {
  id: string
  key: string
  scopes: readonly string[]
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Id of the API key, once a scope was required. */
    apiKeyId: string
  }
  interface FastifyContextConfig {
    /** The API key must have one of these. */
    scopes?: readonly string[]
  }
}

/**
 * Lets a request pass when its Bearer key has one of the scopes that its route names. Keys are compared as hashes, all
 * of them, so that neither length nor position tells anything by time.
 */
export function requireScope(keys: readonly ApiKey[]): onRequestAsyncHookHandler {
  const hashed = keys.map((key) => ({ ...key, digest: sha256(key.key) }))
  return async (request) => {
    const wanted = request.routeOptions.config.scopes ?? []
    const token = bearer(request)
    const given = sha256(token ?? '')
    let found: ApiKey | undefined
    for (const key of hashed) if (timingSafeEqual(key.digest, given)) found = key
    if (token === undefined || !found) {
      throw new HttpProblem('UNAUTHORIZED', 'send the header Authorization: Bearer <API key>')
    }
    if (!found.scopes.some((scope) => wanted.includes(scope))) {
      throw new HttpProblem('FORBIDDEN', `this needs the scope ${wanted.join(' or ')}`)
    }
    request.apiKeyId = found.id
  }
}

function bearer(request: FastifyRequest): string | undefined {
  return /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
