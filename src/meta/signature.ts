import { createHmac, timingSafeEqual } from 'node:crypto'

// The header must match before anything is decoded: Buffer.from('zz', 'hex') silently gives fewer bytes,
// and timingSafeEqual throws on unequal lengths. Node joins a header that came twice with ", ", which fails here too.
const headerShape = /^sha256=[0-9a-f]{64}$/

export const signatureHeader = 'x-hub-signature-256'

export function hasSignatureShape(header: unknown): header is string {
  return typeof header === 'string' && headerShape.test(header)
}

/**
 * Says whether Meta signed these bytes with one of our app secrets.
 * The MAC is over the raw bytes as they came: Meta escapes non-ASCII as `\uXXXX` on the wire, so a body that was
 * parsed and written again no longer matches. Every secret is tried, without early exit, so that time tells nothing.
 * https://developers.facebook.com/docs/graph-api/webhooks/getting-started#event-notifications
 */
export function isSignedByMeta(body: Uint8Array, header: unknown, appSecrets: readonly string[]): boolean {
  if (!hasSignatureShape(header)) return false
  const given = Buffer.from(header.slice('sha256='.length), 'hex')
  let matches = 0
  for (const secret of appSecrets) {
    const expected = createHmac('sha256', secret).update(body).digest()
    matches |= Number(timingSafeEqual(given, expected))
  }
  return matches === 1
}

/** Meta's proof that a call with this Page token comes from someone who knows the app secret. Hex. */
export function appSecretProof(accessToken: string, appSecret: string): string {
  return createHmac('sha256', appSecret).update(accessToken).digest('hex')
}
