import { createHash, timingSafeEqual } from 'node:crypto'

export type ChallengeAnswer = { ok: true; challenge: string } | { ok: false; fault: 'token' | 'challenge' }

/** Answers the GET by which Meta checks that the webhook is ours. The challenge is echoed only when it is digits. */
export function verifyChallenge(query: Record<string, unknown>, verifyToken: string): ChallengeAnswer {
  const token = query['hub.verify_token']
  if (query['hub.mode'] !== 'subscribe' || typeof token !== 'string') return { ok: false, fault: 'token' }
  // Hashing first makes the lengths equal, so that the comparison takes the same time for every guess.
  const same = timingSafeEqual(sha256(token), sha256(verifyToken))
  if (!same) return { ok: false, fault: 'token' }
  const challenge = query['hub.challenge']
  if (typeof challenge !== 'string' || !/^\d{1,64}$/.test(challenge)) return { ok: false, fault: 'challenge' }
  return { ok: true, challenge }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
