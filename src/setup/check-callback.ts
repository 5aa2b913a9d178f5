import { randomInt } from 'node:crypto'
import { fault, ok, warning } from './report.ts'
import type { Finding } from './report.ts'
import { callbackUrl } from './subscriptions.ts'

export interface CallbackDeps {
  fetch: typeof fetch
  signal: AbortSignal
}

/** Calls the webhook from outside, as Meta does when it is set up, and once as a forger would. */
export async function checkCallback(
  publicUrl: string | undefined,
  verifyToken: string,
  deps: CallbackDeps,
): Promise<Finding[]> {
  if (publicUrl === undefined) {
    return [
      warning(
        'callback.url',
        'server.publicUrl is not set, so nobody knows whether Meta can reach the webhook.',
        {
          remedy:
            'Add it under `server:`, such as publicUrl: https://desk.example.com (without /webhooks/meta).',
        },
      ),
    ]
  }
  const url = callbackUrl(publicUrl)
  const [verified, refused] = await Promise.all([verification(url, verifyToken, deps), forgery(url, deps)])
  // What cannot be reached is told once.
  const findings = verified.message === refused.message ? [verified] : [verified, refused]
  if (!publicUrl.startsWith('https://')) {
    findings.unshift(
      fault('callback.https', `${publicUrl} is not https, and Meta calls nothing else.`, {
        remedy: 'Put a proxy with a certificate of a known authority before the service.',
      }),
    )
  }
  return findings
}

async function verification(url: string, verifyToken: string, deps: CallbackDeps): Promise<Finding> {
  const check = 'callback.verify'
  const challenge = String(randomInt(1, 2 ** 47))
  const query = new URLSearchParams({
    'hub.mode': 'subscribe',
    'hub.verify_token': verifyToken,
    'hub.challenge': challenge,
  })
  const answer = await call(`${url}?${query.toString()}`, { method: 'GET' }, deps)
  if ('error' in answer) return unreachable(check, url, answer.error)
  if (answer.status === 200 && answer.body === challenge) {
    return ok(check, `${url} answers Meta's verification (asked from this machine).`)
  }
  if (answer.status === 403) {
    return fault(check, `${url} refuses the verify token of this config.`, {
      remedy: 'Another config runs there: give it the same meta.verifyToken, and restart it.',
    })
  }
  return fault(
    check,
    `${url} answers Meta's verification with ${answer.status}, and not with the challenge.`,
    {
      remedy: elsewhere(answer.status),
    },
  )
}

async function forgery(url: string, deps: CallbackDeps): Promise<Finding> {
  const check = 'callback.signature'
  const request = {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` },
    body: '{"object":"page","entry":[]}',
  }
  const answer = await call(url, request, deps)
  if ('error' in answer) return unreachable(check, url, answer.error)
  if (answer.status === 401) return ok(check, 'A badly signed delivery is refused there.')
  if (answer.status === 429) {
    return warning(check, 'The webhook refuses badly signed calls of this machine for the moment (429).', {
      remedy: 'Somebody posts badly signed calls there; wait a minute and look again.',
    })
  }
  if (answer.status >= 200 && answer.status < 300) {
    return fault(
      check,
      `A badly signed delivery was answered ${answer.status}: what answers there is not deskbridge.`,
      {
        remedy: 'Such an answer loses every message. Let the proxy pass /webhooks/meta on to the api role.',
      },
    )
  }
  return fault(check, `A badly signed delivery was answered ${answer.status}, and not 401.`, {
    remedy: elsewhere(answer.status),
  })
}

function elsewhere(status: number): string {
  if (status >= 300 && status < 400)
    return 'Meta follows no redirect: set server.publicUrl to where it leads.'
  if (status === 404 || status === 405) return 'Let the proxy pass /webhooks/meta on to the api role.'
  if (status >= 500) return 'Is the api role up? See its log, and /readyz on the admin port.'
  return 'Something before the service answers: a firewall, a login page? Let /webhooks/meta through.'
}

function unreachable(check: string, url: string, error: string): Finding {
  return fault(check, `${url} cannot be reached from this machine (${error}).`, {
    remedy: /CERT|TLS|VERIFY/.test(error)
      ? 'Meta takes only certificates of a known authority: get one, with its whole chain.'
      : 'Is the api role up, and does the name lead to it? Look at DNS, the proxy and the firewall.',
  })
}

type Answer = { status: number; body: string } | { error: string }

async function call(url: string, request: RequestInit, deps: CallbackDeps): Promise<Answer> {
  const signal = AbortSignal.any([deps.signal, AbortSignal.timeout(10_000)])
  try {
    const response = await deps.fetch(url, { ...request, redirect: 'manual', signal })
    // A login page may be long; the challenge is not.
    const body = (await response.text()).slice(0, 100)
    return { status: response.status, body }
  } catch (error) {
    return { error: errorCode(error) }
  }
}

/** The code only: fetch's own words hold the URL, and with it the verify token. */
function errorCode(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code
  return cause instanceof Error && cause.name === 'TimeoutError' ? 'no answer within 10 s' : 'no answer'
}
