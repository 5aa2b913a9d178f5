import type { Readable } from 'node:stream'
import { z } from 'zod'
import { StepError } from '../../domain/step-error.ts'
import { helpdeskHttp, readAnswer } from '../http-client.ts'
import type { HelpdeskAnswer, HelpdeskCall, HelpdeskHttp, HelpdeskLimit } from '../http-client.ts'
import type { ZendeskSettings } from './settings.ts'

type ApiCall = Omit<HelpdeskCall, 'url' | 'method'>

/** What of a ticket is used. `pending` and `hold` wait for the customer or for somebody else. */
const ticketSchema = z.object({ id: z.number(), status: z.string(), requester_id: z.number() })
const eventSchema = z.looseObject({ id: z.number().optional(), type: z.string().optional() })
export const auditSchema = z.object({
  metadata: z.object({ custom: z.record(z.string(), z.unknown()).optional() }).nullish(),
  events: z.array(eventSchema),
})

export type ZendeskTicket = z.infer<typeof ticketSchema>
export type ZendeskAudit = z.infer<typeof auditSchema>

export const ticketAnswer = z.object({ ticket: ticketSchema })
const updateAnswer = z.object({ ticket: ticketSchema, audit: auditSchema })
const countAnswer = z.object({ count: z.object({ value: z.number() }) })

/** A ticket takes no comment beyond these. */
const maxComments = 5000

export interface ZendeskApi {
  /** The base of all paths, such as `https://acme.zendesk.com`. */
  origin: string
  call(method: HelpdeskCall['method'], path: string, call: ApiCall): Promise<HelpdeskAnswer>
  /** Undefined when it is deleted. */
  ticket(id: string, signal: AbortSignal): Promise<ZendeskTicket | undefined>
  /** Fails with TICKET_CLOSED and TICKET_GONE where that is why. */
  updateTicket(
    id: string,
    change: TicketChange,
    signal: AbortSignal,
  ): Promise<{ ticket: ZendeskTicket; audit: ZendeskAudit }>
  /** Those that are there stay. Fails like an update. */
  addTags(id: string, tags: string[], signal: AbortSignal): Promise<void>
  /** With our credentials. */
  stream: HelpdeskHttp['stream']
  /** For links of others: no credentials, no budget. */
  open: HelpdeskHttp['stream']
  close(): Promise<void>
}

export interface TicketChange {
  comment?: { body: string; public: boolean; author_id?: number; uploads?: string[] }
  status?: 'open' | 'solved'
  metadata?: Record<string, string>
}

export function zendeskApi(settings: ZendeskSettings, limit?: HelpdeskLimit): ZendeskApi {
  const http = helpdeskHttp({ ...settings, limit })
  const outside = helpdeskHttp(settings)
  const origin = settings.url.replace(/\/+$/, '')
  const name = `${settings.email}/token:${settings.apiToken}`
  const credentials = { authorization: `Basic ${Buffer.from(name).toString('base64')}` }

  async function call(method: HelpdeskCall['method'], path: string, more: ApiCall): Promise<HelpdeskAnswer> {
    const answer = await http.call({
      ...more,
      method,
      url: `${origin}/api/v2${path}`,
      headers: { ...credentials, ...more.headers },
      also: [409, ...(more.also ?? [])],
    })
    // Two updates of one thing met; the vendor did not do ours.
    if (answer.status === 409)
      throw new StepError('the helpdesk was changing it at that moment (409)', {
        code: 'HELPDESK_BUSY',
        verdict: 'retry',
        arrived: 'no',
        retryAfterMs: 1000,
      })
    return answer
  }

  async function ticket(id: string, signal: AbortSignal): Promise<ZendeskTicket | undefined> {
    const answer = await call('GET', `/tickets/${id}`, { signal, also: [404] })
    return answer.status === 404 ? undefined : readAnswer(ticketAnswer, answer).ticket
  }

  async function updateTicket(id: string, change: TicketChange, signal: AbortSignal) {
    const answer = await put(`/tickets/${id}`, { ticket: change }, signal)
    if (answer.status !== 422) return readAnswer(updateAnswer, answer)
    const seen = await stillOpen(id, signal)
    const { comment } = change
    if (comment && (await isFull(id, signal))) throw closed()
    // Agents merge customers: then the one we know is gone, and the ticket names another.
    if (comment?.author_id === undefined || comment.author_id === seen.requester_id) throw refused()
    const mended = { ...change, comment: { ...comment, author_id: seen.requester_id } }
    const second = await put(`/tickets/${id}`, { ticket: mended }, signal)
    if (second.status === 422) throw refused()
    return readAnswer(updateAnswer, second)
  }

  async function addTags(id: string, tags: string[], signal: AbortSignal): Promise<void> {
    const answer = await put(`/tickets/${id}/tags`, { tags }, signal)
    if (answer.status !== 422) return
    await stillOpen(id, signal)
    throw refused()
  }

  async function put(path: string, json: object, signal: AbortSignal): Promise<HelpdeskAnswer> {
    const answer = await call('PUT', path, { json, signal, also: [404, 422] })
    if (answer.status === 404) throw gone()
    return answer
  }

  /** What is refused may be refused since the ticket is over. */
  async function stillOpen(id: string, signal: AbortSignal): Promise<ZendeskTicket> {
    const seen = await ticket(id, signal)
    if (!seen || seen.status === 'deleted') throw gone()
    if (seen.status === 'closed') throw closed()
    return seen
  }

  async function isFull(id: string, signal: AbortSignal): Promise<boolean> {
    const answer = await call('GET', `/tickets/${id}/comments/count`, { signal })
    return readAnswer(countAnswer, answer).count.value >= maxComments
  }

  return {
    origin,
    call,
    ticket,
    updateTicket,
    addTags,
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

export function gone(): StepError {
  return permanent('TICKET_GONE', 'the ticket was deleted')
}

function closed(): StepError {
  return permanent('TICKET_CLOSED', 'the ticket takes nothing any more')
}

function refused(): StepError {
  return permanent('HELPDESK_REFUSED', 'the helpdesk refused it (422)')
}

function permanent(code: string, message: string): StepError {
  return new StepError(message, { code, verdict: 'permanent', arrived: 'no' })
}
