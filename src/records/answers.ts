import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import type { Redis } from 'ioredis'

/** What a request with an Idempotency-Key was answered. */
export interface Answer {
  status: number
  contentType: string | null
  body: string | null
}

/** The right to answer the request of this key; whoever holds a stale one changes nothing. */
export interface Claim {
  key: string
  held: string
  fingerprint: string
  seal: Buffer
}

export type Claimed =
  | { state: 'first'; claim: Claim }
  | { state: 'running' }
  | { state: 'answered'; answer: Answer }
  /** The key was used for another request. */
  | { state: 'reused' }

export interface KeyedRequest {
  /** The caller's API key itself, so that other callers' keys are other keys. */
  secret: string
  idempotencyKey: string
  /** All that tells it from others. */
  request: string
}

/** How long an answer is given again, ms. */
export const answerMs = 24 * 3_600_000
/** How long nobody else may try after a request that died half-way, ms. Renewed while it runs. */
export const claimMs = 10_000

/**
 * Answers by Idempotency-Key. A crash leaves a claim that ends by itself; the request is then tried again as if it was
 * the first, so what it does must follow from the key, too.
 *
 * Nothing of it can be read in Redis: names and fingerprints are keyed hashes, and answers are sealed, all with the
 * caller's API key, of which we have no more than a hash. Whoever erases a person need not look for them here.
 */
export interface Answers {
  /** Claims the key for this request, or says what is known of it. One round trip. */
  claim(request: KeyedRequest): Promise<Claimed>
  /** Holds a claim for another `claimMs`. */
  renew(claim: Claim): Promise<void>
  /** Keeps the answer for `answerMs`. One round trip. */
  keep(claim: Claim, answer: Answer): Promise<void>
  /** Forgets the request, so that the same one may be tried again at once. One round trip. */
  release(claim: Claim): Promise<void>
}

interface Kept {
  fingerprint: string
  /** Tells claims apart; gone once there is an answer. */
  token?: string
  sealed?: string
}

// A claim that ran out and was taken by another must not be touched. One that nobody took may still be answered.
const finish = `
local now = redis.call('GET', KEYS[1])
if now and now ~= ARGV[1] then return 0 end
if ARGV[2] == '' then return redis.call('DEL', KEYS[1]) end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`

export function answers(redis: Redis, settings: { prefix: string }): Answers {
  async function claim({ secret, idempotencyKey, request }: KeyedRequest): Promise<Claimed> {
    const derive = (use: string, text: string) =>
      createHmac('sha256', secret)
        .update(JSON.stringify([use, text]))
        .digest()
    const key = `${settings.prefix}:answer:${derive('name', idempotencyKey).toString('base64url')}`
    const fingerprint = derive('fingerprint', request).toString('base64url')
    const seal = derive('seal', idempotencyKey)
    const token = randomBytes(9).toString('base64url')
    const held = JSON.stringify({ fingerprint, token } satisfies Kept)
    const was = await redis.set(key, held, 'PX', claimMs, 'NX', 'GET')
    if (was === null) return { state: 'first', claim: { key, held, fingerprint, seal } }
    const kept = JSON.parse(was) as Kept
    if (kept.fingerprint !== fingerprint) return { state: 'reused' }
    if (kept.sealed === undefined) return { state: 'running' }
    return { state: 'answered', answer: JSON.parse(unsealed(kept.sealed, seal)) as Answer }
  }

  async function renew({ key, held }: Claim): Promise<void> {
    await redis.eval(finish, 1, key, held, held, claimMs)
  }

  async function keep({ key, held, fingerprint, seal }: Claim, answer: Answer): Promise<void> {
    const kept = JSON.stringify({ fingerprint, sealed: sealed(JSON.stringify(answer), seal) } satisfies Kept)
    await redis.eval(finish, 1, key, held, kept, answerMs)
  }

  async function release({ key, held }: Claim): Promise<void> {
    await redis.eval(finish, 1, key, held, '')
  }

  return { claim, renew, keep, release }
}

const cipher = 'aes-256-gcm'
const ivBytes = 12
const tagBytes = 16

function sealed(text: string, seal: Buffer): string {
  const iv = randomBytes(ivBytes)
  const sealing = createCipheriv(cipher, seal, iv)
  const inside = Buffer.concat([sealing.update(text, 'utf8'), sealing.final()])
  return Buffer.concat([iv, sealing.getAuthTag(), inside]).toString('base64')
}

function unsealed(text: string, seal: Buffer): string {
  const bytes = Buffer.from(text, 'base64')
  const opening = createDecipheriv(cipher, seal, bytes.subarray(0, ivBytes), { authTagLength: tagBytes })
  opening.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes))
  return opening.update(bytes.subarray(ivBytes + tagBytes), undefined, 'utf8') + opening.final('utf8')
}
