import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import { helpdeskHttp } from '../http-client.ts'
import type { HelpdeskAnswer, HelpdeskCall, HelpdeskLimit } from '../http-client.ts'
import type { FrontSettings } from './settings.ts'

/** A call of Front. `by`: the channel's own right, or the API token of the settings, which must be there. */
export type FrontCall = Omit<HelpdeskCall, 'url' | 'headers'> & { path: string; by?: 'channel' | 'token' }

export type FrontApi = ReturnType<typeof frontApi>

/** How long a signed right is good for; Front's clock and ours may differ. */
const rightLasts = '10m'

export function frontApi(settings: FrontSettings, limit?: HelpdeskLimit) {
  const http = helpdeskHttp({ allowPrivateNetwork: settings.allowPrivateNetwork, limit })
  const base = settings.url.replace(/\/+$/, '')
  const key = new TextEncoder().encode(settings.appSecret)

  async function headers(by: FrontCall['by']): Promise<Record<string, string>> {
    const right = by === 'token' ? (settings.token ?? '') : await signRight()
    return { authorization: `Bearer ${right}`, accept: 'application/json' }
  }

  function signRight(): Promise<string> {
    return new SignJWT({})
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setIssuer(settings.appId)
      .setSubject(settings.channelId)
      .setJti(randomUUID())
      .setIssuedAt()
      .setExpirationTime(rightLasts)
      .sign(key)
  }

  return {
    channelPath: `/channels/${settings.channelId}`,
    async call({ path, by, ...rest }: FrontCall): Promise<HelpdeskAnswer> {
      return http.call({ ...rest, url: `${base}${path}`, headers: await headers(by) })
    },
    async stream(path: string, signal: AbortSignal) {
      return http.stream({
        method: 'GET',
        url: `${base}${path}`,
        headers: { ...(await headers('channel')), accept: '*/*' },
        signal,
      })
    },
    close: http.close,
  }
}
