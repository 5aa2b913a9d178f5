import { Agent, request } from 'undici'
import type { Dispatcher, FormData } from 'undici'
import type { Readable } from 'node:stream'
import type { z } from 'zod'
import { StepError, arrivedAfter } from '../domain/step-error.ts'
import { ipLiteralIsPrivate, notAllowed, publicLookup } from './address-guard.ts'

export { FormData } from 'undici'

export interface HelpdeskRequest {
  url: string
  headers: Record<string, string>
  body: string
  signal: AbortSignal
}

/** A call of a vendor's API. At most one of `json`, `form` and `bytes` is there. */
export interface HelpdeskCall {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  url: string
  headers?: Record<string, string>
  json?: unknown
  form?: FormData
  bytes?: { type: string; body: Uint8Array | Readable }
  /** Statuses beside 2xx that are an answer and no failure, such as 404 of a look-up. */
  also?: readonly number[]
  signal: AbortSignal
}

export interface HelpdeskAnswer {
  status: number
  headers: Record<string, string | string[] | undefined>
  /** What the body holds as JSON; undefined when it holds none. */
  body: unknown
}

export interface HelpdeskHttp {
  /** Resolves on 2xx; else throws a StepError that says whether to retry. Never follows redirects. */
  post(request: HelpdeskRequest): Promise<void>
  /** Like `post`, and reads what was answered, up to 4 MiB. Waits for no budget: a spent one is HELPDESK_BUSY. */
  call(call: HelpdeskCall): Promise<HelpdeskAnswer>
  /** The body as a stream, for files; the caller reads or destroys it. */
  stream(call: HelpdeskCall): Promise<Omit<HelpdeskAnswer, 'body'> & { body: Readable }>
  close(): Promise<void>
}

/** What the account may still do, shared by all workers. Throws HELPDESK_BUSY when that is nothing. */
export interface HelpdeskLimit {
  take(call: Pick<HelpdeskCall, 'method' | 'url'>): Promise<void>
  /** Reads the vendor's own headers, of each answer. */
  note(answer: Pick<HelpdeskAnswer, 'status' | 'headers'>): Promise<void>
}

const maxAnswerBytes = 64 * 1024
const maxReadBytes = 4 * 1024 * 1024

export function helpdeskHttp(settings: {
  allowPrivateNetwork: boolean
  connections?: number
  limit?: HelpdeskLimit | undefined
}): HelpdeskHttp {
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

  /** Of tries that changed something already, by their signals. */
  const begun = new WeakSet<AbortSignal>()

  /** A try that finds the budget spent half-way is none that never was: whoever repeats it must look first. */
  async function take(call: HelpdeskCall): Promise<void> {
    try {
      await settings.limit?.take(call)
    } catch (error) {
      if (!(error instanceof StepError) || !error.facts.untried || !begun.has(call.signal)) throw error
      const { untried: _untried, ...facts } = error.facts
      throw new StepError(error.message, { ...facts, arrived: 'unknown' }, { cause: error })
    }
    if (call.method !== 'GET') begun.add(call.signal)
  }

  async function send(call: HelpdeskCall): Promise<Dispatcher.ResponseData> {
    const { method, url, signal } = call
    if (ipLiteralIsPrivate(url) && !settings.allowPrivateNetwork) throw notAllowed()
    await take(call)
    let response: Dispatcher.ResponseData
    try {
      response = await request(url, { method, dispatcher: agent, signal, ...content(call) })
    } catch (error) {
      throw noAnswer(error)
    }
    const { statusCode: status, headers } = response
    try {
      await settings.limit?.note({ status, headers })
      if ((status < 200 || status > 299) && call.also?.includes(status) !== true)
        throw refusal(status, retryAfterMs(headers['retry-after']))
    } catch (error) {
      await response.body.dump({ limit: maxAnswerBytes }).catch(() => {})
      throw error
    }
    return response
  }

  async function call(wanted: HelpdeskCall): Promise<HelpdeskAnswer> {
    const { statusCode: status, headers, body } = await send(wanted)
    return { status, headers, body: parsed(await readText(body)) }
  }

  async function stream(wanted: HelpdeskCall) {
    const { statusCode: status, headers, body } = await send(wanted)
    return { status, headers, body }
  }

  return { post, call, stream, close: () => agent.close() }
}

/** What an answer must hold to be used. A vendor that says something else may have done what was asked. */
export function readAnswer<T>(schema: z.ZodType<T>, { body }: Pick<HelpdeskAnswer, 'body'>): T {
  const read = schema.safeParse(body)
  if (read.success) return read.data
  const path = read.error.issues[0]?.path.join('.') ?? ''
  throw new StepError(`the helpdesk's answer lacks ${path === '' ? 'what it should hold' : path}`, {
    code: 'HELPDESK_GARBAGE',
    verdict: 'retry',
    arrived: 'unknown',
  })
}

function content({ json, form, bytes, headers = {} }: HelpdeskCall) {
  if (json !== undefined)
    return { headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(json) }
  if (bytes) return { headers: { 'content-type': bytes.type, ...headers }, body: bytes.body }
  return { headers, body: form ?? null }
}

async function readText(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > maxReadBytes) break
      chunks.push(chunk)
    }
  } catch (error) {
    throw noAnswer(error)
  }
  return Buffer.concat(chunks).toString()
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
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
