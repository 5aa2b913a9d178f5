import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { parseJson } from './parse-json.ts'

/** What Meta says of a person, in the form field `signed_request` of its data deletion and deauthorize callbacks. */
export interface SignedRequest {
  /** App-scoped: the person as the whole app sees them. No PSID, and nothing tells which PSIDs are theirs. */
  userId: string
  /** ms since the epoch; null when Meta did not say. */
  issuedAt: number | null
  /** Follows from the signature: the same for the same request, and nobody can guess it. */
  mark: string
}

/**
 * `shape`: it is no signed_request · `signature`: no secret of ours made it · `payload`: Meta signed it, and this version
 * does not understand it · `expired`: Meta's own time for it is over
 */
export type SignedRequestFault = 'shape' | 'signature' | 'payload' | 'expired'

export type ReadSignedRequest =
  { ok: true; request: SignedRequest } | { ok: false; fault: SignedRequestFault }

// The signature is 32 bytes; some see it with its padding. Buffer.from() passes over whatever is no base64url, so the
// shape is checked first. The payload's padding, if any, is part of what is signed.
const shape = /^([A-Za-z0-9_-]{43})=?\.([A-Za-z0-9_-]{1,4096}={0,2})$/

/** Meta's clock may be ahead of ours by so much, or behind, ms. */
const skewMs = 5 * 60_000

/** 0 where Meta writes that there is no end. */
const seconds = z.union([
  z.int().nonnegative(),
  z
    .string()
    .regex(/^\d{1,12}$/)
    .transform(Number),
])

const payloadShape = z.object({
  algorithm: z.string().refine((name) => name.toUpperCase() === 'HMAC-SHA256'),
  user_id: z.union([z.string(), z.int().nonnegative().transform(String)]).refine(isId),
  issued_at: seconds.nullish(),
  expires: seconds.nullish(),
})

/**
 * Says what Meta signed with one of our app secrets. The MAC is over the payload as it is encoded, so it is compared
 * before anything is decoded. Every secret is tried, without early exit, so that time tells nothing.
 * https://developers.facebook.com/docs/development/create-an-app/app-dashboard/data-deletion-callback
 */
export function readSignedRequest(
  text: unknown,
  appSecrets: readonly string[],
  now: number,
): ReadSignedRequest {
  const [, signature, payload] = (typeof text === 'string' ? shape.exec(text) : null) ?? []
  if (signature === undefined || payload === undefined) return { ok: false, fault: 'shape' }
  const given = Buffer.from(signature, 'base64url')
  let matches = 0
  for (const secret of appSecrets) {
    matches |= Number(timingSafeEqual(given, createHmac('sha256', secret).update(payload).digest()))
  }
  if (matches === 0) return { ok: false, fault: 'signature' }
  const read = payloadShape.safeParse(decode(payload))
  if (!read.success) return { ok: false, fault: 'payload' }
  const { user_id: userId, issued_at: issued, expires } = read.data
  if (expires && expires * 1000 + skewMs < now) return { ok: false, fault: 'expired' }
  const mark = hash('sha256', given, 'base64url')
  return { ok: true, request: { userId, issuedAt: issued ? issued * 1000 : null, mark } }
}

function decode(payload: string): unknown {
  try {
    return parseJson(Buffer.from(payload, 'base64url').toString())
  } catch {
    return undefined
  }
}

function isId(text: string): boolean {
  return /^[A-Za-z0-9_-]{1,100}$/.test(text)
}
