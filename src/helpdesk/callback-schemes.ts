/** How a helpdesk proves that a callback is its own. Every scheme is a row; `verify-callback.ts` reads them. */
export type CallbackScheme = keyof typeof callbackSchemes

export interface HmacScheme {
  proof: 'hmac'
  algorithm: 'sha1' | 'sha256'
  header: string
  prefix: '' | 'sha1=' | 'sha256='
  encoding: 'hex' | 'base64'
  /** What is signed, in order; texts stand for themselves. */
  signed: readonly ('timestamp' | 'body' | '.' | ':')[]
  timestamp?: { header: string; unit: 's' | 'ms' | 'iso' }
  /** Names a delivery, which comes again under the same id. */
  delivery?: string
}

/** No signature: whoever knows the secret is believed. */
export interface SecretScheme {
  proof: 'secret'
  /** A header that holds it; else it is the last part of the path. */
  header: string | null
}

/** Older signatures than this are refused, ms. */
export const callbackToleranceMs = 300_000

export const callbackSchemes = {
  chatwoot: {
    proof: 'hmac',
    algorithm: 'sha256',
    header: 'x-chatwoot-signature',
    prefix: 'sha256=',
    encoding: 'hex',
    signed: ['timestamp', '.', 'body'],
    timestamp: { header: 'x-chatwoot-timestamp', unit: 's' },
    delivery: 'x-chatwoot-delivery',
  },
  zendesk: {
    proof: 'hmac',
    algorithm: 'sha256',
    header: 'x-zendesk-webhook-signature',
    prefix: '',
    encoding: 'base64',
    signed: ['timestamp', 'body'],
    timestamp: { header: 'x-zendesk-webhook-signature-timestamp', unit: 'iso' },
    delivery: 'x-zendesk-webhook-invocation-id',
  },
  sunshine: { proof: 'secret', header: 'x-api-key' },
  front: {
    proof: 'hmac',
    algorithm: 'sha256',
    header: 'x-front-signature',
    prefix: '',
    encoding: 'base64',
    signed: ['timestamp', ':', 'body'],
    timestamp: { header: 'x-front-request-timestamp', unit: 'ms' },
  },
  intercom: {
    proof: 'hmac',
    algorithm: 'sha1',
    header: 'x-hub-signature',
    prefix: 'sha1=',
    encoding: 'hex',
    signed: ['body'],
  },
  zammad: {
    proof: 'hmac',
    algorithm: 'sha1',
    header: 'x-hub-signature',
    prefix: 'sha1=',
    encoding: 'hex',
    signed: ['body'],
    delivery: 'x-zammad-delivery',
  },
  rocketchat: { proof: 'secret', header: 'x-rocketchat-livechat-token' },
  path: { proof: 'secret', header: null },
} as const satisfies Record<string, HmacScheme | SecretScheme>
