import { createHmac } from 'node:crypto'
import type { CallbackScheme } from '../../src/helpdesk/callback-schemes.ts'

export const hmac = (
  algorithm: string,
  encoding: 'hex' | 'base64',
  parts: (string | Buffer)[],
  key: string,
) => parts.reduce((mac, part) => mac.update(part), createHmac(algorithm, key)).digest(encoding)

export interface Sent {
  headers: Record<string, string | string[] | undefined>
  pathSecret: string | undefined
}

/** What each vendor sends for these bytes, written down apart from the table that is tested. */
export const vendors: Record<CallbackScheme, (body: Buffer, key: string, at: number) => Sent> = {
  chatwoot: (bytes, key, at) => ({
    headers: {
      'x-chatwoot-timestamp': String(Math.floor(at / 1000)),
      'x-chatwoot-signature': `sha256=${hmac('sha256', 'hex', [`${Math.floor(at / 1000)}.`, bytes], key)}`,
    },
    pathSecret: undefined,
  }),
  zendesk: (bytes, key, at) => {
    const time = new Date(at).toISOString().replace('.000Z', 'Z')
    return {
      headers: {
        'x-zendesk-webhook-signature-timestamp': time,
        'x-zendesk-webhook-signature': hmac('sha256', 'base64', [time, bytes], key),
      },
      pathSecret: undefined,
    }
  },
  sunshine: (_bytes, key: string) => ({ headers: { 'x-api-key': key }, pathSecret: undefined }),
  front: (bytes, key, at) => ({
    headers: {
      'x-front-request-timestamp': String(at),
      'x-front-signature': hmac('sha256', 'base64', [`${at}:`, bytes], key),
    },
    pathSecret: undefined,
  }),
  intercom: (bytes, key) => ({
    headers: { 'x-hub-signature': `sha1=${hmac('sha1', 'hex', [bytes], key)}` },
    pathSecret: undefined,
  }),
  zammad: (bytes, key) => ({
    headers: { 'x-hub-signature': `sha1=${hmac('sha1', 'hex', [bytes], key)}` },
    pathSecret: undefined,
  }),
  rocketchat: (_bytes, key: string) => ({
    headers: { 'x-rocketchat-livechat-token': key },
    pathSecret: undefined,
  }),
  path: (_bytes, key: string) => ({ headers: {}, pathSecret: key }),
}
