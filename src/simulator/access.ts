import { z } from 'zod'
import { GraphRefusal, noSuchObject, readShape } from './graph-error.ts'
import { proofOf, type Page, type Pages, type Token } from './pages.ts'

/** Who calls Graph? Tokens come in the Authorization header, where no log keeps them; the proof with each call. */

export type Caller = { headers: { authorization?: string | undefined }; query: unknown; body?: unknown }

export type Access = {
  /** The Page whose token this is. */
  page(caller: Caller): Page
  /** The app itself, by `<app id>|<app secret>`. */
  app(caller: Caller): void
}

const proofSchema = z.looseObject({ appsecret_proof: z.string().optional() })

export function createAccess(deps: {
  pages: Pages
  appId: number
  appSecret: string
  now: () => number
}): Access {
  const { pages, appId, appSecret, now } = deps
  const appToken = `${appId}|${appSecret}`
  const appProof = proofOf(appToken, appSecret)

  return {
    page(caller) {
      const value = bearer(caller)
      const known = value === undefined ? undefined : pages.ofToken(value)
      if (!known) throw invalidToken()
      const { page, token } = known
      const dead = whyDead(token, now())
      if (dead !== undefined) throw invalidToken(dead)
      const proof = sentProof(caller)
      if (proof === undefined) throw badProof('API calls from the server require an appsecret_proof argument')
      if (proof !== token.proof) throw badProof('Invalid appsecret_proof provided in the API argument')
      return page
    },

    app(caller) {
      if (bearer(caller) !== appToken) throw invalidToken()
      const proof = sentProof(caller)
      if (proof !== undefined && proof !== appProof) {
        throw badProof('Invalid appsecret_proof provided in the API argument')
      }
    },
  }
}

/** The subcode of a token that works no more, null for one without a subcode; undefined when it works. */
export function whyDead(token: Token, now: number): number | null | undefined {
  if (token.deadWith !== undefined) return token.deadWith
  return token.expiresAt !== 0 && token.expiresAt * 1000 <= now ? 463 : undefined
}

/** A Page names itself by its id, its linked Page's, or `me`. */
export function checkNode(node: string, page: Page): void {
  if (node !== 'me' && node !== page.id && node !== page.linkedPageId) throw noSuchObject(node)
}

function bearer({ headers }: Caller): string | undefined {
  return /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1]
}

function sentProof({ query, body }: Caller): string | undefined {
  return (
    readShape(proofSchema, query ?? {}).appsecret_proof ?? proofSchema.safeParse(body).data?.appsecret_proof
  )
}

function invalidToken(subcode: number | null = null): GraphRefusal {
  return new GraphRefusal({
    message: subcode === null ? 'Invalid OAuth access token.' : 'Error validating access token',
    code: 190,
    ...(subcode !== null && { error_subcode: subcode }),
  })
}

function badProof(message: string): GraphRefusal {
  return new GraphRefusal({ message, type: 'GraphMethodException', code: 100 })
}
