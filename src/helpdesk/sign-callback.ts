import { callbackSchemes } from './callback-schemes.ts'
import type { CallbackScheme, HmacScheme, SecretScheme } from './callback-schemes.ts'
import { callbackMac } from './verify-callback.ts'

/**
 * The headers by which a helpdesk proves a callback, for whoever wants to see whether its proof is taken. `now` is in
 * ms. Of a secret in the path there are none.
 */
export function signCallback(
  { scheme, secret }: { scheme: CallbackScheme; secret: string },
  body: Uint8Array,
  now: number,
): Record<string, string> {
  const row: HmacScheme | SecretScheme = callbackSchemes[scheme]
  if (row.proof === 'secret') return row.header === null ? {} : { [row.header]: secret }
  const { timestamp, header, prefix } = row
  const time = timestamp === undefined ? '' : timeText(timestamp.unit, now)
  return {
    ...(timestamp === undefined ? {} : { [timestamp.header]: time }),
    [header]: prefix + callbackMac(row, secret, time, body),
  }
}

/** Where a helpdesk calls us, without a secret, and the secret that stands behind it where the scheme has none else. */
export function callbackPath(
  helpdesk: string,
  { scheme, secrets }: { scheme: CallbackScheme; secrets: readonly string[] },
): { path: string; secret: string | null } {
  const row: HmacScheme | SecretScheme = callbackSchemes[scheme]
  const isInPath = row.proof === 'secret' && row.header === null
  return { path: `/callbacks/${helpdesk}`, secret: isInPath ? (secrets[0] ?? null) : null }
}

function timeText(unit: 's' | 'ms' | 'iso', now: number): string {
  if (unit === 'iso') return new Date(now).toISOString()
  return String(unit === 's' ? Math.floor(now / 1000) : now)
}
