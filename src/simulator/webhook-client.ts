import { setTimeout as wait } from 'node:timers/promises'
import { sign } from './delivery.ts'

/** What the webhook said to one delivery, after all tries. No status: it never answered. */
export type WebhookAnswer = { status?: number; body: string; tries: number; error?: string }

/** In place of an answer, when Meta has no reason to call. */
export const NOT_SUBSCRIBED: WebhookAnswer = { body: '', tries: 0, error: 'not subscribed to this field' }

export type WebhookClient = {
  /** Posts a delivery, and again while it is not answered 200, as Meta does. */
  post(bytes: Buffer): Promise<WebhookAnswer>
  /** The check Meta makes when the webhook is set up. */
  verify(verifyToken: string, challenge: string, url?: string): Promise<WebhookAnswer & { verified: boolean }>
}

// Meta waits 5 s, tries again at once a few times, and less often after that.
const ANSWER_TIMEOUT_MS = 5_000

export function createWebhookClient(deps: {
  webhookUrl: () => string | undefined
  appSecret: string
  redeliverAfterMs: readonly number[]
  closing: AbortSignal
  log: (line: string) => void
}): WebhookClient {
  const { webhookUrl, appSecret, redeliverAfterMs, closing, log } = deps

  async function call(url: string | undefined, request: RequestInit): Promise<WebhookAnswer> {
    if (url === undefined) return { body: '', tries: 0, error: 'the simulator has no webhookUrl' }
    try {
      const signal = AbortSignal.any([closing, AbortSignal.timeout(ANSWER_TIMEOUT_MS)])
      const response = await fetch(url, { ...request, redirect: 'manual', signal })
      return { status: response.status, body: await response.text(), tries: 1 }
    } catch (error) {
      return { body: '', tries: 1, error: reason(error) }
    }
  }

  return {
    async post(bytes) {
      const headers = {
        'content-type': 'application/json',
        'user-agent': 'facebookexternalua',
        'x-hub-signature-256': sign(bytes, appSecret),
      }
      // The URL is looked up anew for every try: the webhook may have moved meanwhile.
      const attempt = () => call(webhookUrl(), { method: 'POST', headers, body: new Uint8Array(bytes) })
      let answer = await attempt()
      for (const [index, pause] of redeliverAfterMs.entries()) {
        if (answer.status === 200 || answer.tries === 0 || closing.aborted) break
        log(`delivery not answered 200 but ${answer.status ?? answer.error}, again in ${pause} ms`)
        const waited = await wait(pause, true, { signal: closing, ref: false }).catch(() => false)
        if (!waited) break
        answer = { ...(await attempt()), tries: index + 2 }
      }
      return answer
    },

    async verify(verifyToken, challenge, base = webhookUrl()) {
      const query = new URLSearchParams({
        'hub.mode': 'subscribe',
        'hub.verify_token': verifyToken,
        'hub.challenge': challenge,
      })
      const answer = await call(base && `${base}?${query.toString()}`, { method: 'GET' })
      return { ...answer, verified: answer.status === 200 && answer.body === challenge }
    },
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}
