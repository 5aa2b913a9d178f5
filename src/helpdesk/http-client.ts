import { Agent, request } from 'undici'
import { StepError, arrivedAfter } from '../domain/step-error.ts'
import { publicLookup } from './address-guard.ts'

export interface HelpdeskRequest {
  url: string
  headers: Record<string, string>
  body: string
  signal: AbortSignal
}

export interface HelpdeskHttp {
  /** Resolves on 2xx; else throws a StepError that says whether to retry. Never follows redirects. */
  post(request: HelpdeskRequest): Promise<void>
  close(): Promise<void>
}

const maxAnswerBytes = 64 * 1024
export function helpdeskHttp(settings: { allowPrivateNetwork: boolean; connections?: number }): HelpdeskHttp {
  const agent = new Agent({
    connections: settings.connections ?? 128,
    pipelining: 1,
    connect: { timeout: 3000, ...(settings.allowPrivateNetwork ? {} : { lookup: publicLookup }) },
  })

  async function post({ url, headers, body, signal }: HelpdeskRequest): Promise<void> {
    let status: number
    let retryAfter: string | string[] | undefined
    try {
      const response = await request(url, { method: 'POST', dispatcher: agent, headers, body, signal })
      status = response.statusCode
      retryAfter = response.headers['retry-after']
      // The answer's text says nothing that we use, but it must be read for the connection to be used again.
      await response.body.dump({ limit: maxAnswerBytes })
    } catch (error) {
      throw noAnswer(error)
    }
    if (status < 200 || status > 299) throw refusal(status, retryAfterMs(retryAfter))
  }

  return { post, close: () => agent.close() }
}

function noAnswer(error: unknown): StepError {
  if (error instanceof StepError) return error
  // An abort's code is a number of the DOM's, which says nothing to anybody.
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'ABORTED'
  return new StepError(
    `the helpdesk gave no answer (${code})`,
    { code: 'HELPDESK_SILENT', verdict: 'retry', arrived: arrivedAfter(code), destinationDown: true },
    { cause: error },
  )
}

function refusal(status: number, afterMs: number | undefined): StepError {
  const later = afterMs === undefined ? {} : { retryAfterMs: afterMs }
  if (status === 425 || status === 429) {
    return new StepError(`the helpdesk asked us to slow down (${status})`, {
      code: 'HELPDESK_BUSY',
      verdict: 'retry',
      arrived: 'no',
      ...later,
    })
  }
  if (status === 408 || status >= 500) {
    return new StepError(`the helpdesk failed (${status})`, {
      code: 'HELPDESK_FAILED',
      verdict: 'retry',
      arrived: 'unknown',
      destinationDown: true,
      ...later,
    })
  }
  return new StepError(`the helpdesk refused it (${status})`, {
    code: 'HELPDESK_REFUSED',
    verdict: 'permanent',
    arrived: 'no',
  })
}

/** Retry-After in seconds or as a date, as ms from now. */
export function retryAfterMs(header: string | string[] | undefined, now = Date.now()): number | undefined {
  if (typeof header !== 'string') return undefined
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now
  return Number.isFinite(ms) ? Math.max(ms, 0) : undefined
}
