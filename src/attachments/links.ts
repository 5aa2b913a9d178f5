import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'

export interface AttachmentLinks {
  /** The link that opens this file until then, for whoever has it. The same arguments give the same link. */
  urlOf(id: string, expiresAt: number): string
  /** `expires` is in seconds, as the link says it. Forged: not one of ours, whatever it says. */
  check(link: { id: string; expires: number; signature: string }, now: number): 'valid' | 'expired' | 'forged'
}

/**
 * Signed links. Their keys are derived from secrets that are there anyway: the first signs, all of them open, so that
 * links outlive a rotation for as long as the older secret is named.
 */
export function attachmentLinks(settings: { baseUrl: string; secrets: readonly string[] }): AttachmentLinks {
  const keys = settings.secrets.map((secret) => linkKey(secret))

  return {
    urlOf(id, expiresAt) {
      const expires = Math.floor(expiresAt / 1000)
      const signature = sign(keys[0]!, id, expires).toString('base64url')
      return `${settings.baseUrl}/v1/attachments/${id}?expires=${expires}&signature=${signature}`
    },
    check({ id, expires, signature }, now) {
      const given = Buffer.from(signature, 'base64url')
      let isOurs = false
      for (const key of keys) {
        const expected = sign(key, id, expires)
        // All keys are tried, so that the time tells nothing.
        if (given.length === expected.length && timingSafeEqual(given, expected)) isOurs = true
      }
      if (!isOurs) return 'forged'
      return expires * 1000 > now ? 'valid' : 'expired'
    },
  }
}

/** Its own key: what is signed with the secret elsewhere can never be taken for a link. */
function linkKey(secret: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', 'deskbridge attachment links', 32))
}

function sign(key: Buffer, id: string, expires: number): Buffer {
  return createHmac('sha256', key).update(`${id}.${expires}`).digest()
}
