import type { Readable } from 'node:stream'
import { StepError } from '../../domain/step-error.ts'
import { helpdeskHttp } from '../http-client.ts'
import type { HelpdeskAnswer, HelpdeskCall, HelpdeskHttp, HelpdeskLimit } from '../http-client.ts'
import type { ZendeskMessagingSettings } from './settings.ts'

type ApiCall = Omit<HelpdeskCall, 'url' | 'method'>

export interface SunshineApi {
  /** The base of all paths, such as `https://acme.zendesk.com/sc`. */
  base: string
  /** Paths are those below the app. */
  call(method: HelpdeskCall['method'], path: string, call: ApiCall): Promise<HelpdeskAnswer>
  /** The same below a conversation. Fails with TICKET_CLOSED and TICKET_GONE where that is why. */
  inConversation(
    method: HelpdeskCall['method'],
    conversation: string,
    path: string,
    call: ApiCall,
  ): Promise<HelpdeskAnswer>
  /** With our credentials. */
  stream: HelpdeskHttp['stream']
  /** For links of others: no credentials, no budget. */
  open: HelpdeskHttp['stream']
  close(): Promise<void>
}

export function sunshineApi(settings: ZendeskMessagingSettings, limit?: HelpdeskLimit): SunshineApi {
  const http = helpdeskHttp({ ...settings, limit })
  const outside = helpdeskHttp(settings)
  const base = settings.url.replace(/\/+$/, '')
  const key = Buffer.from(`${settings.keyId}:${settings.keySecret}`).toString('base64')
  const credentials = { authorization: `Basic ${key}` }

  async function call(method: HelpdeskCall['method'], path: string, more: ApiCall): Promise<HelpdeskAnswer> {
    const url = `${base}/v2/apps/${settings.appId}${path}`
    return http.call({ ...more, method, url, headers: { ...credentials, ...more.headers } })
  }

  return {
    base,
    call,
    async inConversation(method, conversation, path, more) {
      const also = [...(more.also ?? []), 404, 423]
      const answer = await call(method, `/conversations/${conversation}${path}`, { ...more, also })
      if (answer.status === 404) throw permanent('TICKET_GONE', 'the conversation was deleted')
      // Thirty thousand messages are all that one takes.
      if (answer.status === 423) throw permanent('TICKET_CLOSED', 'the conversation takes nothing any more')
      return answer
    },
    stream: (wanted) => http.stream({ ...wanted, headers: { ...credentials, ...wanted.headers } }),
    open: outside.stream,
    async close() {
      await Promise.all([http.close(), outside.close()])
    },
  }
}

/** Leaves a body unread. What it says to that is no error of anybody. */
export function leave(body: Readable): void {
  body.on('error', () => {})
  body.destroy()
}

/** A part of the step is done: whatever becomes of the rest, the next try must look first. */
export async function afterEffect<T>(rest: Promise<T>): Promise<T> {
  try {
    return await rest
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    const { untried: _untried, ...facts } = error.facts
    throw new StepError(error.message, { ...facts, arrived: 'unknown' }, { cause: error })
  }
}

function permanent(code: string, message: string): StepError {
  return new StepError(message, { code, verdict: 'permanent', arrived: 'no' })
}
