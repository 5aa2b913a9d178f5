import type { HelpdeskAdapter } from '../helpdesk/adapter.ts'
import type { HelpdeskCallback } from '../helpdesk/callback.ts'
import type { SetupFinding } from '../helpdesk/setup.ts'
import { callbackPath, signCallback } from '../helpdesk/sign-callback.ts'
import { commandLine } from './deps.ts'
import { fault, ok, warning } from './report.ts'
import type { Finding } from './report.ts'

export interface HelpdeskDeps {
  fetch: typeof fetch
  now: () => number
  signal: AbortSignal
}

/** One helpdesk of the config. */
export interface ConfiguredHelpdesk {
  name: string
  helpdesk: HelpdeskAdapter
  publicUrl: string | undefined
}

/** What the vendor says of our account there, and whether its callbacks would reach us. Changes nothing. */
export async function checkHelpdesk(one: ConfiguredHelpdesk, deps: HelpdeskDeps): Promise<Finding[]> {
  const { helpdesk, name } = one
  const [there, callback] = await Promise.all([lookThere(one, deps), checkCallbacks(one, deps)])
  if (there.length + callback.length > 0) return [...there, ...callback]
  const isOurs = helpdesk.style === 'tickets'
  return [
    ok(`helpdesk.${name}`, isOurs ? 'It needs no account.' : 'Nothing of it can be looked at from here.'),
  ]
}

/** Makes what can be made, and says what is left. */
export async function setUpHelpdesk(one: ConfiguredHelpdesk, deps: HelpdeskDeps): Promise<SetupFinding[]> {
  const { setup } = ticketsOf(one.helpdesk) ?? {}
  if (!setup) return [{ state: 'ok', what: 'there is nothing to set up for this adapter' }]
  const found = await setup.setUp({ callbackUrl: callbackUrlOf(one), signal: deps.signal })
  const command = commandLine('setup', one.name)
  return found.map(({ mend, ...rest }) =>
    mend === undefined ? rest : { ...rest, mend: sentence(mend).replaceAll(setupWords, command) },
  )
}

/** How adapters name the command, since they know neither how it is called nor their name. */
const setupWords = 'deskbridge setup'

async function lookThere(one: ConfiguredHelpdesk, deps: HelpdeskDeps): Promise<Finding[]> {
  const { setup } = ticketsOf(one.helpdesk) ?? {}
  if (!setup) return []
  const found = await setup.check({ callbackUrl: callbackUrlOf(one), signal: deps.signal })
  return found.map((finding) => asFinding(one.name, finding))
}

function asFinding(name: string, { state, what, mend }: SetupFinding): Finding {
  const check = `helpdesk.${name}`
  const said = `${what}${/[.!?]$/.test(what) ? '' : '.'}`
  if (state === 'ok' || state === 'changed') return ok(check, sentence(said))
  const mending = {
    ...(mend === undefined ? {} : { remedy: sentence(mend).replaceAll(setupWords, 'setup') }),
    ...(mend?.includes(setupWords) ? { commands: [commandLine('setup', name)] } : {}),
  }
  // `what` may be a claim, such as "Omnichannel is enabled", which would read as if it held.
  return state === 'todo'
    ? warning(check, `To do: ${said}`, mending)
    : fault(check, `Not in order: ${said}`, mending)
}

/** Begins with a capital, unless the first word is the name of a key. */
function sentence(words: string): string {
  return words.replace(/^[a-z]+(?!\w)/, (word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
}

/** The address that a vendor is given; with the secret, where that stands in the path. */
export function callbackUrlOf({ name, helpdesk, publicUrl }: ConfiguredHelpdesk): string | undefined {
  const callback = ticketsOf(helpdesk)?.callback
  if (!callback || publicUrl === undefined) return undefined
  const { path, secret } = callbackPath(name, callback)
  return `${publicUrl}${path}${secret === null ? '' : `/${secret}`}`
}

const nobody = Buffer.from('{}')

/** Calls us as the vendor does: once with the config's secret, and once as a forger. What is said means nothing. */
async function checkCallbacks(one: ConfiguredHelpdesk, deps: HelpdeskDeps): Promise<Finding[]> {
  const callback = ticketsOf(one.helpdesk)?.callback
  if (!callback) return []
  const check = `helpdesk.${one.name}.callback`
  const url = callbackUrlOf(one)
  if (url === undefined) {
    const message = 'server.publicUrl is not set, so nobody knows whether its callbacks can reach us.'
    return [
      warning(check, message, {
        remedy: 'Add it under `server:`, such as publicUrl: https://desk.example.com.',
      }),
    ]
  }
  const shown = `${one.publicUrl}${callbackPath(one.name, callback).path}`
  const secret = callback.secrets[0] ?? ''
  const [signed, forged] = await Promise.all([
    post(url, signCallback({ scheme: callback.scheme, secret }, nobody, deps.now()), deps),
    post(
      forgedUrl(url, callback),
      signCallback({ scheme: callback.scheme, secret: 'x'.repeat(40) }, nobody, deps.now()),
      deps,
    ),
  ])
  if (typeof signed === 'string' || typeof forged === 'string') {
    const error = typeof signed === 'string' ? signed : String(forged)
    return [
      fault(check, `${shown} cannot be reached from this machine (${error}).`, {
        remedy: 'Is the api role up, and does the name lead to it? Look at DNS, the proxy and the firewall.',
      }),
    ]
  }
  return [judgeSigned(check, shown, signed), judgeForged(check, shown, forged)]
}

/** Nothing is asked of us with an empty body, so that it is either ignored or found to be none of the vendor's. */
function judgeSigned(check: string, shown: string, status: number): Finding {
  if (status === 200 || status === 422) return ok(check, `${shown} takes the secret of this config.`)
  if (status === 401) {
    return fault(check, `${shown} does not take the first of callbackSecrets.`, {
      remedy: 'Another config runs there: give it the same secret, and restart it. Is its clock right?',
    })
  }
  return fault(check, `${shown} answers a callback with ${status}.`, {
    remedy:
      status === 404
        ? 'Let the proxy pass /callbacks on to the api role, and restart it with this config.'
        : 'Is the api role up? See its log, and /readyz on the admin port.',
  })
}

function judgeForged(check: string, shown: string, status: number): Finding {
  if (status === 401 || status === 429) return ok(check, 'A forged callback is refused there.')
  return fault(
    check,
    `A forged callback was answered ${status}, and not 401: what answers at ${shown} is not deskbridge.`,
    {
      remedy: 'Let the proxy pass /callbacks on to the api role.',
    },
  )
}

function forgedUrl(url: string, { scheme, secrets }: HelpdeskCallback): string {
  const { secret } = callbackPath('', { scheme, secrets })
  return secret === null ? url : `${url.slice(0, -secret.length)}${'x'.repeat(40)}`
}

/** The status, or what came instead of an answer: a code only, since fetch's own words hold the URL and its secret. */
async function post(
  url: string,
  headers: Record<string, string>,
  deps: HelpdeskDeps,
): Promise<number | string> {
  const signal = AbortSignal.any([deps.signal, AbortSignal.timeout(10_000)])
  const request = {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: nobody,
  }
  try {
    const response = await deps.fetch(url, { ...request, redirect: 'manual', signal })
    await response.body?.cancel()
    return response.status
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error
    return cause instanceof Error && 'code' in cause && typeof cause.code === 'string'
      ? cause.code
      : 'no answer'
  }
}

function ticketsOf(helpdesk: HelpdeskAdapter) {
  return helpdesk.style === 'tickets' ? helpdesk : undefined
}
