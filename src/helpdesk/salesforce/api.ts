import { Readable } from 'node:stream'
import { z } from 'zod'
import { StepError } from '../../domain/step-error.ts'
import { readAnswer } from '../http-client.ts'
import type { HelpdeskAnswer, HelpdeskCall, HelpdeskHttp } from '../http-client.ts'
import type { SalesforceSettings } from './settings.ts'
import { loginRefused } from './tokens.ts'
import type { SalesforceTokens } from './tokens.ts'

/** A call of the REST API. `path` goes on behind `/services/data/v62.0/`. */
export type SalesforceCall = Pick<HelpdeskCall, 'method' | 'json' | 'bytes' | 'headers' | 'signal'> & {
  path: string
}

export interface SalesforceAnswer extends Pick<HelpdeskAnswer, 'status' | 'body'> {
  /** Salesforce's word for why it refuses for good, such as `NOT_FOUND`; without it the answer is a good one. */
  refused?: string
}

export interface SalesforceApi {
  /** Resolves on 2xx, and on what is refused for good; else throws a StepError that says when to come again. */
  ask(call: SalesforceCall): Promise<SalesforceAnswer>
  /** The same, and throws HELPDESK_REFUSED for what is refused. */
  call(call: SalesforceCall): Promise<SalesforceAnswer>
  /** What a SOQL query finds; of more than one page the first only. */
  query<T>(schema: z.ZodType<T>, soql: string, signal: AbortSignal): Promise<T[]>
  /** By the latest answer, hardly any of the day's calls are left. */
  nearlySpent(): boolean
  stream(call: SalesforceCall): Promise<{ headers: HelpdeskAnswer['headers']; body: Readable }>
}

/** Refusals that pass by themselves: another transaction holds the record, or has just written the same key. */
const passing = new Set(['UNABLE_TO_LOCK_ROW', 'DUPLICATE_VALUE', 'SERVER_UNAVAILABLE'])
/** The record is not there, or not any more. */
export const goneCodes: ReadonlySet<string> = new Set([
  'NOT_FOUND',
  'ENTITY_IS_DELETED',
  'INVALID_CROSS_REFERENCE_KEY',
  'INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY',
])

/** Salesforce says with 403 that the day's calls are used up, or too many run at once. ms. */
const limitRestMs = 60_000
const withoutCode = new Set([408, 425, 429])
/** What says why in its body. 300: several records have the key. */
const explained = [300, ...Array.from({ length: 100 }, (_, n) => 400 + n).filter((n) => !withoutCode.has(n))]
const explanation = z
  .array(z.object({ errorCode: z.string().regex(/^[A-Z0-9_]{1,80}$/) }))
  .min(1)
  .transform((errors) => errors[0]?.errorCode)

/** From this part of the day's calls on only messages are worth one. */
const spentPart = 0.95
/** How long what an answer said of that is believed, ms. */
const usageMs = 600_000

/** Salesforce with our token, which is made anew once when it has expired. */
export function salesforceApi(
  settings: Pick<SalesforceSettings, 'apiVersion'>,
  http: Pick<HelpdeskHttp, 'call' | 'stream'>,
  tokens: SalesforceTokens,
  now: () => number = Date.now,
): SalesforceApi {
  let spentAt: number | undefined

  /** Such as `api-usage=18/15000`. */
  function noteUsage(header: string | string[] | undefined): void {
    const [, used, of] = /api-usage=(\d+)\/(\d+)/.exec(String(header ?? '')) ?? []
    if (used !== undefined) spentAt = Number(used) >= Number(of) * spentPart ? now() : undefined
  }

  /** With a second token when the first has expired. */
  async function withToken<T extends { status: number }>(
    signal: AbortSignal,
    send: (at: string, authorization: string) => Promise<T>,
    spent: (answer: T) => void = () => {},
  ): Promise<T> {
    for (const last of [false, true]) {
      const token = await tokens.get(signal)
      const base = `${token.instance}/services/data/v${settings.apiVersion}/`
      const answer = await send(base, `Bearer ${token.access}`)
      if (answer.status !== 401) return answer
      tokens.drop(token)
      spent(answer)
      if (last) break
    }
    throw loginRefused('INVALID_SESSION_ID')
  }

  async function ask({ path, headers, ...call }: SalesforceCall): Promise<SalesforceAnswer> {
    const answer = await withToken(
      call.signal,
      (base, authorization) =>
        http.call({ ...call, url: base + path, headers: { ...headers, authorization }, also: explained }),
      () => {
        // It is used up; with a new token all of the step is done again.
        if (call.bytes?.body instanceof Readable) throw busy('INVALID_SESSION_ID')
      },
    )
    noteUsage(answer.headers['sforce-limit-info'])
    if (answer.status < 300) return answer
    const code = explanation.safeParse(answer.body).data
    if (code === 'REQUEST_LIMIT_EXCEEDED') throw busy(code, limitRestMs)
    if (code !== undefined && passing.has(code)) throw busy(code)
    return { ...answer, refused: code ?? (answer.status === 404 ? 'NOT_FOUND' : `status ${answer.status}`) }
  }

  async function call(wanted: SalesforceCall): Promise<SalesforceAnswer> {
    const answer = await ask(wanted)
    if (answer.refused !== undefined) throw refusedFor(answer.refused)
    return answer
  }

  return {
    ask,
    call,
    nearlySpent: () => spentAt !== undefined && now() - spentAt < usageMs,
    async query(schema, soql, signal) {
      const path = `query?q=${encodeURIComponent(soql)}`
      const answer = await call({ method: 'GET', path, signal })
      return readAnswer(z.object({ records: z.array(schema) }), answer).records
    },
    stream: ({ path, headers, ...wanted }) =>
      withToken(
        wanted.signal,
        (base, authorization) =>
          http.stream({
            ...wanted,
            url: base + path,
            headers: { ...headers, authorization },
            also: [401],
          }),
        ({ body }) => body.destroy(),
      ),
  }
}

export function refusedFor(code: string): StepError {
  return new StepError(`Salesforce refused it (${code})`, {
    code: 'HELPDESK_REFUSED',
    verdict: 'permanent',
    arrived: 'no',
  })
}

export function ticketGone(): StepError {
  return new StepError('the case is gone', { code: 'TICKET_GONE', verdict: 'permanent', arrived: 'no' })
}

export function ticketClosed(): StepError {
  return new StepError('the case takes nothing any more', {
    code: 'TICKET_CLOSED',
    verdict: 'permanent',
    arrived: 'no',
  })
}

export function busy(code: string, afterMs?: number): StepError {
  return new StepError(`Salesforce asks us to come again (${code})`, {
    code: 'HELPDESK_BUSY',
    verdict: 'retry',
    arrived: 'no',
    ...(afterMs === undefined ? {} : { retryAfterMs: afterMs }),
  })
}
