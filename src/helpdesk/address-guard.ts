import { lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'
import { StepError } from '../domain/step-error.ts'

/** Whether an IP address is one that the internet can reach; loopback, private, link-local and cloud metadata are not. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.process(address)
  // ::/96, the old IPv4-compatible form, is unicast to ipaddr.js.
  if (parsed instanceof ipaddr.IPv6 && parsed.match(ipaddr.IPv6.parseCIDR('::/96'))) return false
  return parsed.range() === 'unicast'
}

/** The host of a URL when it is an IP literal, without the brackets of IPv6. A literal is never looked up, so the guard below would not see it. */
export function ipLiteral(url: string): string | undefined {
  const host = URL.parse(url)?.hostname.replace(/^\[|\]$/g, '')
  return host !== undefined && ipaddr.isValid(host) ? host : undefined
}

/** Such a URL is refused before anything is looked up. */
export function ipLiteralIsPrivate(url: string): boolean {
  const literal = ipLiteral(url)
  return literal !== undefined && !isPublicAddress(literal)
}

/**
 * DNS look-up that refuses private addresses at connect time, so that a name which resolves to one, now or later,
 * cannot make us call into the own network (SSRF).
 */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, '', 0)
    const allowed = addresses.filter(({ address }) => isPublicAddress(address))
    const first = allowed[0]
    if (!first) return callback(notAllowed(), '', 0)
    if (options.all) return callback(null, allowed)
    return callback(null, first.address, first.family)
  })
}

export function notAllowed(): StepError {
  return new StepError(
    'the helpdesk has a private address; set allowPrivateNetwork: true in its settings if that is meant',
    { code: 'ADDRESS_NOT_ALLOWED', verdict: 'retry', arrived: 'no', destinationDown: true },
  )
}
