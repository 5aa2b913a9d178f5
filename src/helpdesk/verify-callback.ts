import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import { callbackSchemes, callbackToleranceMs } from './callback-schemes.ts'
import type { CallbackScheme, HmacScheme, SecretScheme } from './callback-schemes.ts'

/** What came, before anything of it is believed. */
export interface UnprovenCallback {
  headers: Record<string, string | string[] | undefined>
  /** The last part of the path, where there is one. */
  pathSecret: string | undefined
}

/** `missing`: it has not even the shape of a proof · `wrong`: no secret of ours made it · `stale`: one did, long ago. */
export type CallbackVerdict = 'proven' | 'missing' | 'wrong' | 'stale'

const timestampShapes = {
  s: /^\d{1,14}$/,
  ms: /^\d{1,14}$/,
  iso: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/,
} as const

/** Longer than any secret may be. */
const longestSecret = 512

/** Whether it is worth to read the body: a forger must not fill our memory. */
export function hasProofShape(scheme: CallbackScheme, callback: UnprovenCallback): boolean {
  const row: HmacScheme | SecretScheme = callbackSchemes[scheme]
  if (row.proof === 'secret') return givenSecret(row.header, callback) !== undefined
  return signatureOf(row, callback) !== undefined && timestampOf(row, callback) !== undefined
}

/**
 * Says whether the helpdesk sent these bytes. All secrets are tried, without early exit, and compared in constant time,
 * so that time tells nothing. `now` is in ms.
 */
export function verifyCallback(
  { scheme, secrets }: { scheme: CallbackScheme; secrets: readonly string[] },
  callback: UnprovenCallback & { body: Uint8Array },
  now: number,
): CallbackVerdict {
  const row: HmacScheme | SecretScheme = callbackSchemes[scheme]
  if (row.proof === 'secret') {
    const given = givenSecret(row.header, callback)
    if (given === undefined) return 'missing'
    return oneMatches(secrets, digest(given), digest) ? 'proven' : 'wrong'
  }
  const signature = signatureOf(row, callback)
  const timestamp = timestampOf(row, callback)
  if (signature === undefined || timestamp === undefined) return 'missing'
  const sign = (secret: string) => Buffer.from(callbackMac(row, secret, timestamp.text, callback.body))
  if (!oneMatches(secrets, Buffer.from(signature), sign)) return 'wrong'
  return row.timestamp === undefined || Math.abs(now - timestamp.at) <= callbackToleranceMs
    ? 'proven'
    : 'stale'
}

/** The signature itself, without the prefix. */
export function callbackMac(row: HmacScheme, secret: string, timestamp: string, body: Uint8Array): string {
  const mac = createHmac(row.algorithm, secret)
  for (const part of row.signed) mac.update(part === 'body' ? body : part === 'timestamp' ? timestamp : part)
  return mac.digest(row.encoding)
}

/** An empty secret is nobody's. */
function oneMatches(secrets: readonly string[], given: Buffer, make: (secret: string) => Buffer): boolean {
  let matches = 0
  for (const secret of secrets) {
    const expected = make(secret)
    const isSame = expected.length === given.length && timingSafeEqual(expected, given)
    matches |= Number(isSame && secret !== '')
  }
  return matches === 1
}

/** Of equal length, whatever the secrets' are. */
function digest(secret: string): Buffer {
  return hash('sha256', secret, 'buffer')
}

function givenSecret(header: string | null, { headers, pathSecret }: UnprovenCallback): string | undefined {
  const given = header === null ? pathSecret : headers[header]
  return typeof given === 'string' && given !== '' && given.length <= longestSecret ? given : undefined
}

/**
 * As it was written behind its prefix. Its shape is checked before anything else, and the texts are compared, not what
 * they decode to: `Buffer.from` takes upper case, too few digits and more. Node joins a header that came twice with ", ".
 */
function signatureOf(row: HmacScheme, { headers }: UnprovenCallback): string | undefined {
  const given = headers[row.header]
  if (typeof given !== 'string' || !given.startsWith(row.prefix)) return undefined
  const text = given.slice(row.prefix.length)
  return shapeOf(row).test(text) ? text : undefined
}

function shapeOf({ algorithm, encoding }: HmacScheme): RegExp {
  if (encoding === 'hex') return algorithm === 'sha1' ? /^[0-9a-f]{40}$/ : /^[0-9a-f]{64}$/
  return algorithm === 'sha1' ? /^[A-Za-z0-9+/]{27}=$/ : /^[A-Za-z0-9+/]{43}=$/
}

/** What was signed as the time, and what it means in ms. Without one in the scheme: now and nothing. */
function timestampOf(
  { timestamp }: HmacScheme,
  { headers }: UnprovenCallback,
): { text: string; at: number } | undefined {
  if (timestamp === undefined) return { text: '', at: 0 }
  const text = headers[timestamp.header]
  if (typeof text !== 'string' || !timestampShapes[timestamp.unit].test(text)) return undefined
  const at = timestamp.unit === 'iso' ? Date.parse(text) : msOf(Number(text))
  return Number.isFinite(at) ? { text, at } : undefined
}

/** Documents are vague about the unit, and no time of ours is both: in ms, these seconds would be before 1974. */
function msOf(time: number): number {
  return time < 1e11 ? time * 1000 : time
}
