import { createPrivateKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'
import { z } from 'zod'
import { StepError } from '../../domain/step-error.ts'
import { readAnswer } from '../http-client.ts'
import type { HelpdeskHttp } from '../http-client.ts'
import type { SalesforceSettings } from './settings.ts'
import { longId } from './soql.ts'

export interface SalesforceToken {
  access: string
  /** Where the API of this org is, without a slash at its end. */
  instance: string
  /** Whose token it is: the id of our user, 18 characters. */
  userId: string
}

export interface SalesforceTokens {
  /** Logs in when there is no token yet. Callers that come meanwhile share that call. */
  get(signal: AbortSignal): Promise<SalesforceToken>
  /** Salesforce does not take this one any more; the next `get` logs in, unless somebody already did. */
  drop(token: SalesforceToken): void
  /** Our user, as soon as anybody has logged in. */
  userId(): string | undefined
}

/** One call for all who wait for it. */
interface Login {
  work: Promise<SalesforceToken>
  waiting: number
  stop: AbortController
}

/** A login belongs to all who wait for it, so that it has a time of its own, ms. */
const loginMs = 10_000
/** How long an assertion can be used. Salesforce takes at most five minutes, s. */
const assertionSeconds = 180

const tokenAnswer = z.object({
  access_token: z.string().min(1),
  instance_url: z.string(),
  id: z.string().regex(/\/id\/\w{15,18}\/\w{15,18}$/),
})
const tokenRefusal = z.object({ error: z.string().regex(/^\w{1,60}$/) })

export function salesforceTokens(
  settings: Pick<SalesforceSettings, 'url' | 'login' | 'allowPrivateNetwork'>,
  http: Pick<HelpdeskHttp, 'call'>,
): SalesforceTokens {
  let current: SalesforceToken | undefined
  let pending: Login | undefined

  async function logIn(stop: AbortSignal): Promise<SalesforceToken> {
    const form = new URLSearchParams(await credentials(settings.login))
    const answer = await http.call({
      method: 'POST',
      url: new URL('/services/oauth2/token', settings.url).href,
      bytes: { type: 'application/x-www-form-urlencoded', body: Buffer.from(form.toString()) },
      also: [400, 401, 403],
      signal: AbortSignal.any([stop, AbortSignal.timeout(loginMs)]),
    })
    if (answer.status >= 400) throw loginRefused(tokenRefusal.safeParse(answer.body).data?.error)
    const read = readAnswer(tokenAnswer, answer)
    current = {
      access: read.access_token,
      instance: instanceOf(read.instance_url, settings),
      userId: longId(read.id.slice(read.id.lastIndexOf('/') + 1)),
    }
    return current
  }

  function begin(): Login {
    const stop = new AbortController()
    const login = { work: logIn(stop.signal), waiting: 0, stop }
    const over = () => forget(login)
    login.work.then(over, over)
    return login
  }

  function forget(login: Login): void {
    if (pending === login) pending = undefined
  }

  return {
    async get(signal) {
      if (current) return current
      const shared = (pending ??= begin())
      shared.waiting++
      try {
        return await raced(shared.work, signal)
      } finally {
        shared.waiting--
        // When nobody waits any more, a login that hangs must not be what the next one waits for.
        if (shared.waiting === 0) {
          shared.stop.abort()
          forget(shared)
        }
      }
    },
    drop(token) {
      if (current === token) current = undefined
    },
    userId: () => current?.userId,
  }
}

async function credentials(login: SalesforceSettings['login']): Promise<Record<string, string>> {
  const { clientId, username, privateKey, clientSecret, audience } = login
  if (clientSecret !== undefined)
    return { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }
  const assertion = await new SignJWT()
    .setProtectedHeader({ alg: 'RS256' })
    .setIssuer(clientId)
    .setSubject(username ?? '')
    .setAudience(audience)
    .setExpirationTime(`${assertionSeconds}s`)
    .sign(readKey(privateKey ?? ''))
  return { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }
}

function readKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem.replaceAll(String.raw`\n`, '\n'))
  } catch {
    // What OpenSSL says of a key may show some of it.
    throw new StepError(
      'login.privateKey cannot be read; it must be an RSA key as PEM, without a passphrase',
      {
        code: 'HELPDESK_LOGIN_REFUSED',
        verdict: 'retry',
        arrived: 'no',
        destinationDown: true,
      },
    )
  }
}

/**
 * Our token goes wherever the answer says that the API is: only by https to a name. Which address that name has is
 * judged with each call, as for every helpdesk.
 */
export function instanceOf(
  url: string,
  { allowPrivateNetwork }: Pick<SalesforceSettings, 'allowPrivateNetwork'>,
): string {
  const parsed = URL.parse(url)
  const plain = parsed?.username === '' && parsed.password === '' && parsed.pathname === '/'
  if (parsed && plain && (parsed.protocol === 'https:' || allowPrivateNetwork)) return parsed.origin
  throw new StepError('Salesforce names an instance that is no https address', {
    code: 'HELPDESK_GARBAGE',
    verdict: 'retry',
    arrived: 'no',
  })
}

/** Retried, since nothing that waits is to blame: it goes on when somebody has mended the login. */
export function loginRefused(error: string | undefined): StepError {
  const why = error === undefined ? '' : ` (${error})`
  return new StepError(
    `Salesforce refuses our login${why}; check the app, its certificate and our user, then run doctor`,
    { code: 'HELPDESK_LOGIN_REFUSED', verdict: 'retry', arrived: 'no', destinationDown: true },
  )
}

/** One caller's time may be over while the login goes on for the others. */
async function raced<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const over = Promise.withResolvers<never>()
  const abort = () =>
    over.reject(
      new StepError('Salesforce gave no token in time', {
        code: 'HELPDESK_SILENT',
        verdict: 'retry',
        arrived: 'unknown',
        destinationDown: true,
      }),
    )
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([work, over.promise])
  } finally {
    signal.removeEventListener('abort', abort)
    // Nobody may be left to hear of it.
    work.catch(() => {})
    over.promise.catch(() => {})
  }
}
