import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'

/** A file that an agent sends, as its link says it. */
export interface LinkedFile {
  helpdesk: string
  /** What the adapter's `file` takes. */
  ref: string
  name: string | null
}

export interface AgentFileLinks {
  /** The link that opens this file for Meta until then, ms. */
  urlOf(file: LinkedFile, expiresAt: number): string
  read(helpdesk: string, token: string, now: number): LinkedFile | 'expired' | 'forged'
  /** The file that a link of ours names, also of one that has expired; undefined when it is none of ours. */
  ofUrl(url: string): LinkedFile | undefined
}

/**
 * Signed links to what only we can fetch from a helpdesk. Their keys are derived from secrets that are there anyway: the
 * first signs, all of them open, so that links outlive a rotation for as long as the older secret is named.
 */
export function agentFileLinks(settings: { publicUrl: string; secrets: readonly string[] }): AgentFileLinks {
  const keys = settings.secrets.map(linkKey)

  const beginning = `${settings.publicUrl}/files/`

  const links: AgentFileLinks = {
    urlOf({ helpdesk, ref, name }, expiresAt) {
      const text = JSON.stringify([Math.floor(expiresAt / 1000), ref, name])
      const token = `${Buffer.from(text).toString('base64url')}.${sign(keys[0]!, helpdesk, text)}`
      return `${beginning}${encodeURIComponent(helpdesk)}/${token}`
    },
    read(helpdesk, token, now) {
      const [encoded = '', given = '', ...more] = token.split('.')
      const text = Buffer.from(encoded, 'base64url').toString()
      let isOurs = false
      for (const key of keys) {
        const expected = Buffer.from(sign(key, helpdesk, text))
        // All keys are tried, so that the time tells nothing.
        if (given.length === expected.length && timingSafeEqual(Buffer.from(given), expected)) isOurs = true
      }
      if (!isOurs || more.length > 0) return 'forged'
      const [expires, ref, name] = JSON.parse(text) as [number, string, string | null]
      return expires * 1000 > now ? { helpdesk, ref, name } : 'expired'
    },
    ofUrl(url) {
      const [helpdesk = '', token = ''] = url.startsWith(beginning)
        ? url.slice(beginning.length).split('/')
        : []
      const file = links.read(helpdesk, token, -Infinity)
      return typeof file === 'string' ? undefined : file
    },
  }
  return links
}

/** Its own key: what is signed with the secret elsewhere can never be taken for a link. */
function linkKey(secret: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', 'deskbridge agent file links', 32))
}

function sign(key: Buffer, helpdesk: string, text: string): string {
  return createHmac('sha256', key).update(`${helpdesk}\n${text}`).digest('base64url')
}
