import { Agent, FormData, request } from 'undici'
import { z } from 'zod'
import { arrivedAfter } from '../domain/step-error.ts'
import { appSecretProof } from './signature.ts'
import { readUsage } from './usage.ts'
import type { Usage } from './usage.ts'

const errorBody = z.object({
  error: z.object({
    code: z.number(),
    error_subcode: z.number().nullish(),
    is_transient: z.boolean().nullish(),
  }),
})

export interface GraphCall {
  method: 'GET' | 'POST' | 'DELETE'
  /** Below the version, each part encoded by the caller: `pathOf('1234567890', 'messages')`. */
  path: string
  /** Page, user or app access token. */
  accessToken: string
  query?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  body?: object
  /** Sent as multipart, in place of a body. A file's content may be backed by one on disk, and is streamed. */
  form?: Readonly<Record<string, string | { content: Blob; name: string }>>
}

export type GraphAnswer =
  | { outcome: 'ok'; body: unknown; usage: Usage | null }
  | {
      outcome: 'error'
      status: number
      code: number
      subcode: number | null
      isTransient: boolean
      usage: Usage | null
    }
  /** No usable answer. `arrived: no` means that the request never left. */
  | { outcome: 'none'; code: string; arrived: 'no' | 'unknown' }

export interface GraphClient {
  /** Never throws. `signal` is the caller's deadline. */
  call(call: GraphCall, signal: AbortSignal): Promise<GraphAnswer>
  close(): Promise<void>
}

export interface GraphClientSettings {
  graphUrl: string
  graphVersion: string
  /** The current secret, for appsecret_proof. */
  appSecret: string
  timeoutMs: number
}

/** Ids come from configs and callers: encoded, they can name no other path. */
export function pathOf(...parts: string[]): string {
  return parts.map(encodeURIComponent).join('/')
}

/** One HTTP client for all Pages. The token travels in the Authorization header, never in a URL, where logs would keep it. */
export function graphClient(settings: GraphClientSettings): GraphClient {
  const agent = new Agent({ connect: { timeout: settings.timeoutMs }, connections: 128, pipelining: 1 })
  const base = settings.graphUrl.replace(/\/+$/, '')

  async function call(wanted: GraphCall, signal: AbortSignal): Promise<GraphAnswer> {
    if (signal.aborted) return { outcome: 'none', code: 'ABORTED', arrived: 'no' }
    const { method, path, accessToken, body, form } = wanted
    const proof = appSecretProof(accessToken, settings.appSecret)
    const query = new URLSearchParams({ ...wanted.query, appsecret_proof: proof })
    try {
      const response = await request(`${base}/${settings.graphVersion}/${path}?${query.toString()}`, {
        method,
        dispatcher: agent,
        signal,
        headers: {
          authorization: `Bearer ${accessToken}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: form ? multipart(form) : body === undefined ? null : JSON.stringify(body),
      })
      return readAnswer(response.statusCode, await response.body.text(), readUsage(response.headers))
    } catch (error) {
      const code = errorCode(error)
      return { outcome: 'none', code, arrived: arrivedAfter(code) }
    }
  }

  return { call, close: () => agent.close() }
}

function multipart(fields: NonNullable<GraphCall['form']>): FormData {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string') form.set(name, value)
    else form.set(name, value.content, value.name)
  }
  return form
}

function readAnswer(status: number, text: string, usage: Usage | null): GraphAnswer {
  const body = parse(text)
  // First, whatever the status: what has an error in it was not done.
  const failed = errorBody.safeParse(body)
  if (failed.success) {
    const { code, error_subcode, is_transient } = failed.data.error
    const isTransient = is_transient === true
    return { outcome: 'error', status, code, subcode: error_subcode ?? null, isTransient, usage }
  }
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body)
  if (status >= 200 && status < 300 && isObject) return { outcome: 'ok', body, usage }
  return { outcome: 'none', code: `HTTP_${status}`, arrived: 'unknown' }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A body that is no JSON tells nothing more than its status, which the caller keeps.
    return undefined
  }
}

function errorCode(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  return 'NO_ANSWER'
}
