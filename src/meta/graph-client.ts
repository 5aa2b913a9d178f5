import { Agent, request } from 'undici'
import { z } from 'zod'
import { arrivedAfter } from '../domain/step-error.ts'
import { appSecretProof } from './signature.ts'

const errorBody = z.object({
  error: z.object({
    code: z.number(),
    error_subcode: z.number().nullish(),
    is_transient: z.boolean().nullish(),
  }),
})
const sentBody = z.object({ message_id: z.string().min(1) })

export type GraphAnswer =
  | { outcome: 'sent'; mid: string }
  | { outcome: 'error'; status: number; code: number; subcode: number | null; isTransient: boolean }
  /** No usable answer. `arrived: no` means that the request never left. */
  | { outcome: 'none'; code: string; arrived: 'no' | 'unknown' }

export interface GraphClient {
  /** Never throws. `signal` is the caller's deadline. */
  sendText(message: OutgoingText, signal: AbortSignal): Promise<GraphAnswer>
  close(): Promise<void>
}

export interface OutgoingText {
  pageId: string
  accessToken: string
  psid: string
  text: string
  /** Comes back in the echo; below 1000 characters. */
  metadata: string
}

export interface GraphClientSettings {
  graphUrl: string
  graphVersion: string
  /** The current secret, for appsecret_proof. */
  appSecret: string
  timeoutMs: number
}

/** One HTTP client for all Pages. The token travels in the Authorization header, never in a URL, where logs would keep it. */
export function graphClient(settings: GraphClientSettings): GraphClient {
  const agent = new Agent({ connect: { timeout: settings.timeoutMs }, connections: 128, pipelining: 1 })
  const base = settings.graphUrl.replace(/\/+$/, '')

  async function sendText(message: OutgoingText, signal: AbortSignal): Promise<GraphAnswer> {
    if (signal.aborted) return { outcome: 'none', code: 'ABORTED', arrived: 'no' }
    const proof = appSecretProof(message.accessToken, settings.appSecret)
    const path = `${settings.graphVersion}/${encodeURIComponent(message.pageId)}/messages`
    try {
      const response = await request(`${base}/${path}?appsecret_proof=${proof}`, {
        method: 'POST',
        dispatcher: agent,
        signal,
        headers: { authorization: `Bearer ${message.accessToken}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          recipient: { id: message.psid },
          messaging_type: 'RESPONSE',
          message: { text: message.text, metadata: message.metadata },
        }),
      })
      return readAnswer(response.statusCode, await response.body.text())
    } catch (error) {
      const code = errorCode(error)
      return { outcome: 'none', code, arrived: arrivedAfter(code) }
    }
  }

  return { sendText, close: () => agent.close() }
}

function readAnswer(status: number, text: string): GraphAnswer {
  const body = parse(text)
  if (status >= 200 && status < 300) {
    const sent = sentBody.safeParse(body)
    if (sent.success) return { outcome: 'sent', mid: sent.data.message_id }
  }
  const failed = errorBody.safeParse(body)
  if (!failed.success) return { outcome: 'none', code: `HTTP_${status}`, arrived: 'unknown' }
  const { code, error_subcode, is_transient } = failed.data.error
  return {
    outcome: 'error',
    status,
    code,
    subcode: error_subcode ?? null,
    isTransient: is_transient === true,
  }
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
