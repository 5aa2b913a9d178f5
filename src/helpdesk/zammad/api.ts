import { z } from 'zod'
import { StepError } from '../../domain/step-error.ts'
import { readAnswer } from '../http-client.ts'
import type { HelpdeskAnswer, HelpdeskCall, HelpdeskHttp } from '../http-client.ts'
import type { ZammadSettings } from './settings.ts'

const id = z.number().int().positive()
const createdAnswer = z.object({ id, customer_id: id })
const ticketAnswer = z.object({
  id,
  state: z.string(),
  group_id: id,
  close_at: z.string().nullish(),
  last_close_at: z.string().nullish(),
})
const ticketsAnswer = z.array(z.object({ id, customer_id: id }))
const articleAnswer = z.object({ id })
const articlesAnswer = z.array(z.object({ id, message_id: z.string().nullish() }))
const groupAnswer = z.object({
  follow_up_possible: z.string().nullish(),
  reopen_time_in_days: z.number().nullish(),
})
const changedAnswer = z.object({ id })
const errorAnswer = z.object({ error: z.string() })

export type ZammadTicket = z.infer<typeof ticketAnswer>
export type ZammadGroup = z.infer<typeof groupAnswer>
export type ZammadApi = ReturnType<typeof zammadApi>

type Ask = Pick<HelpdeskCall, 'json' | 'also'> & { signal: AbortSignal }

/** The calls that we make. A ticket that is gone fails with TICKET_GONE, one that may not be gone on with TICKET_CLOSED. */
export function zammadApi({ url, token }: Pick<ZammadSettings, 'url' | 'token'>, http: HelpdeskHttp) {
  const base = `${url.replace(/\/+$/, '')}/api/v1`
  const headers = { authorization: `Token token=${token}` }

  function call(method: HelpdeskCall['method'], path: string, ask: Ask): Promise<HelpdeskAnswer> {
    return http.call({ method, url: `${base}${path}`, headers, ...ask })
  }

  /** A 404 may also mean that Zammad is not there any more: then no new ticket would help. */
  async function inTicket(method: HelpdeskCall['method'], path: string, ask: Ask): Promise<HelpdeskAnswer> {
    const answer = await call(method, path, { ...ask, also: [404, 422] })
    if (answer.status === 404) {
      readAnswer(changedAnswer, await call('GET', '/users/me', { signal: ask.signal }))
      throw over('TICKET_GONE', 'the ticket is gone from Zammad')
    }
    if (answer.status !== 422) return answer
    const { error } = errorAnswer.safeParse(answer.body).data ?? { error: '' }
    if (/follow-up on a closed ticket/i.test(error))
      throw over('TICKET_CLOSED', 'Zammad takes nothing more in this ticket')
    throw over('HELPDESK_REFUSED', 'the helpdesk refused it (422)')
  }

  return {
    call,

    openFile(ref: string, signal: AbortSignal) {
      return http.stream({ method: 'GET', url: `${base}/ticket_attachment/${ref}`, headers, signal })
    },

    /** With the customer, whom Zammad finds by the login or makes anew. */
    async createTicket(json: object, also: number[], signal: AbortSignal) {
      const answer = await call('POST', '/tickets', { json, also, signal })
      if (answer.status > 299) return undefined
      const { id: ticket, customer_id: customer } = readAnswer(createdAnswer, answer)
      return `${ticket} ${customer}`
    },

    /** The latest of a customer's tickets, from the database and not from the search index, which is late. */
    async ticketsOf(login: string, signal: AbortSignal) {
      const query = new URLSearchParams({
        'condition[customer.login][operator]': 'is',
        'condition[customer.login][value]': login,
        sort_by: 'created_at',
        order_by: 'desc',
        limit: '10',
        expand: 'true',
      })
      const answer = await call('GET', `/tickets/search?${query.toString()}`, { signal })
      return readAnswer(ticketsAnswer, answer)
    },

    async ticket(ticket: string, signal: AbortSignal): Promise<ZammadTicket> {
      return readAnswer(ticketAnswer, await inTicket('GET', `/tickets/${ticket}?expand=true`, { signal }))
    },

    async setState(ticket: string, state: string, signal: AbortSignal) {
      readAnswer(changedAnswer, await inTicket('PUT', `/tickets/${ticket}`, { json: { state }, signal }))
    },

    async articles(ticket: string, signal: AbortSignal) {
      const answer = await inTicket('GET', `/ticket_articles/by_ticket/${ticket}`, { signal })
      return readAnswer(articlesAnswer, answer)
    },

    async addArticle(json: object, signal: AbortSignal): Promise<string> {
      return String(
        readAnswer(articleAnswer, await inTicket('POST', '/ticket_articles', { json, signal })).id,
      )
    },

    /** Undefined where the token may not read groups, as with older versions. */
    async group(group: number, signal: AbortSignal): Promise<ZammadGroup | undefined> {
      const answer = await call('GET', `/groups/${group}`, { also: [403, 404], signal })
      return answer.status > 299 ? undefined : readAnswer(groupAnswer, answer)
    },

    async addTag(ticket: string, item: string, signal: AbortSignal) {
      const json = { object: 'Ticket', o_id: Number(ticket), item }
      readAnswer(z.boolean(), await call('POST', '/tags/add', { json, signal }))
    },

    /** A customer who is gone needs no name. */
    async nameCustomer(customer: string, json: object, signal: AbortSignal) {
      const answer = await call('PUT', `/users/${customer}`, { json, also: [404], signal })
      if (answer.status !== 404) readAnswer(changedAnswer, answer)
    },
  }
}

export function over(code: 'TICKET_GONE' | 'TICKET_CLOSED' | 'HELPDESK_REFUSED', message: string): StepError {
  return new StepError(message, { code, verdict: 'permanent', arrived: 'no' })
}
