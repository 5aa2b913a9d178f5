import { z } from 'zod'
import { StepError } from '../../domain/step-error.ts'
import { readAnswer } from '../http-client.ts'
import type { HelpdeskAnswer, HelpdeskCall, HelpdeskHttp } from '../http-client.ts'
import type { FreshdeskSettings } from './settings.ts'

const id = z.number().int().positive()
const idAnswer = z.object({ id })
const contactsAnswer = z.array(idAnswer)
const conflict = z.object({
  errors: z.array(z.object({ additional_info: z.object({ user_id: id.optional() }).nullish() })),
})
const ticket = z.object({
  id,
  status: z.number().int(),
  tags: z.array(z.string()).nullish(),
  deleted: z.boolean().nullish(),
  spam: z.boolean().nullish(),
  updated_at: z.string(),
  description: z.string().nullish(),
  description_text: z.string().nullish(),
})
const attachment = z.object({
  id,
  name: z.string().nullish(),
  content_type: z.string().nullish(),
  attachment_url: z.string().nullish(),
})
const conversation = z.object({
  id,
  body: z.string().nullish(),
  body_text: z.string().nullish(),
  incoming: z.boolean(),
  private: z.boolean(),
  user_id: id.nullish(),
  source: z.number().int().nullish(),
  created_at: z.string(),
  attachments: z.array(attachment).nullish(),
})
const agentAnswer = z.object({ id, contact: z.object({ name: z.string().nullish() }).nullish() })
const fieldsAnswer = z.array(z.object({ name: z.string() }))

export type FreshdeskTicket = z.infer<typeof ticket>
export type FreshdeskConversation = z.infer<typeof conversation>
export type FreshdeskApi = ReturnType<typeof freshdeskApi>

type Body = Pick<HelpdeskCall, 'json' | 'form'>

/** Freshdesk's own limit. */
export const perPage = 100
/** No ticket is read further than this. */
const mostPages = 50

/** The calls that we make, API version 2. A ticket that is gone fails with TICKET_GONE. */
export function freshdeskApi(settings: FreshdeskSettings, http: HelpdeskHttp) {
  const base = `${settings.url.replace(/\/+$/, '')}/api/v2`
  const key = Buffer.from(`${settings.apiKey}:X`).toString('base64')
  const headers = { authorization: `Basic ${key}` }

  function ask(
    method: HelpdeskCall['method'],
    path: string,
    body: Body & Pick<HelpdeskCall, 'also'>,
    signal: AbortSignal,
  ): Promise<HelpdeskAnswer> {
    return http.call({ method, url: `${base}${path}`, headers, ...body, signal })
  }

  /** What is deleted is 404 or 405; what was put into the archive is elsewhere, 301. */
  async function inTicket(
    method: HelpdeskCall['method'],
    ticketId: string,
    rest: string,
    body: Body,
    signal: AbortSignal,
  ): Promise<HelpdeskAnswer> {
    const path = `/tickets/${encodeURIComponent(ticketId)}${rest}`
    const answer = await ask(method, path, { ...body, also: [301, 404, 405] }, signal)
    if (answer.status < 300) return answer
    if (answer.status === 301) throw permanent('TICKET_CLOSED', 'the ticket is in the archive')
    throw gone()
  }

  async function conversations(ticketId: string, page: number, signal: AbortSignal) {
    const query = `?per_page=${perPage}&page=${page}`
    const answer = await inTicket('GET', ticketId, `/conversations${query}`, {}, signal)
    return readAnswer(z.array(conversation), answer)
  }

  async function findContact(externalId: string, signal: AbortSignal): Promise<string | undefined> {
    const path = `/contacts?unique_external_id=${encodeURIComponent(externalId)}`
    const [found] = readAnswer(contactsAnswer, await ask('GET', path, {}, signal))
    return found && String(found.id)
  }

  return {
    /** The contact with this external id, made where there is none. */
    async contact(externalId: string, name: string, signal: AbortSignal): Promise<string> {
      const known = await findContact(externalId, signal)
      if (known !== undefined) return known
      const json = { name: name.slice(0, 255), unique_external_id: externalId }
      const answer = await ask('POST', '/contacts', { json, also: [409] }, signal)
      if (answer.status !== 409) return String(readAnswer(idAnswer, answer).id)
      // Somebody was quicker, or the contact is deleted and still has the id.
      const owner = readAnswer(conflict, answer).errors.find((error) => error.additional_info?.user_id)
      const taken = owner?.additional_info?.user_id
      if (taken === undefined) throw permanent('HELPDESK_REFUSED', 'Freshdesk will not have the contact')
      await ask('PUT', `/contacts/${taken}/restore`, { also: [400, 404, 405] }, signal)
      return String(taken)
    },

    async renameContact(contact: string, name: string, signal: AbortSignal): Promise<void> {
      // Who was deleted there needs no name.
      const json = { name: name.slice(0, 255) }
      await ask('PUT', `/contacts/${encodeURIComponent(contact)}`, { json, also: [404, 405] }, signal)
    },

    async openTicket(json: object, signal: AbortSignal): Promise<string> {
      return String(readAnswer(idAnswer, await ask('POST', '/tickets', { json }, signal)).id)
    },

    /** The latest of a contact's, with what stands in them. */
    async ticketsOf(contact: string, signal: AbortSignal): Promise<FreshdeskTicket[]> {
      const query = `requester_id=${contact}&include=description&order_by=created_at&order_type=desc`
      const answer = await ask('GET', `/tickets?${query}&per_page=${perPage}`, {}, signal)
      return readAnswer(z.array(ticket), answer)
    },

    /** Whatever was changed since, oldest change first. */
    async changedSince(since: string, page: number, signal: AbortSignal): Promise<FreshdeskTicket[]> {
      const query = `updated_since=${since}&order_by=updated_at&order_type=asc`
      const answer = await ask('GET', `/tickets?${query}&per_page=${perPage}&page=${page}`, {}, signal)
      return readAnswer(z.array(ticket), answer)
    },

    async ticket(ticketId: string, signal: AbortSignal): Promise<FreshdeskTicket> {
      const read = readAnswer(ticket, await inTicket('GET', ticketId, '', {}, signal))
      if (read.deleted === true || read.spam === true) throw gone()
      return read
    },

    async change(ticketId: string, json: object, signal: AbortSignal): Promise<void> {
      readAnswer(idAnswer, await inTicket('PUT', ticketId, '', { json }, signal))
    },

    async addNote(ticketId: string, body: Body, signal: AbortSignal): Promise<string> {
      return String(readAnswer(idAnswer, await inTicket('POST', ticketId, '/notes', body, signal)).id)
    },

    /** All that was said in a ticket, oldest first. */
    async *said(ticketId: string, signal: AbortSignal): AsyncGenerator<FreshdeskConversation> {
      for (let page = 1; page <= mostPages; page++) {
        const some = await conversations(ticketId, page, signal)
        yield* some
        if (some.length < perPage) return
      }
    },

    /** Undefined where we may not know, or there is no such agent. */
    async agentName(agent: number, signal: AbortSignal): Promise<string | undefined> {
      const answer = await ask('GET', `/agents/${agent}`, { also: [403, 404] }, signal)
      if (answer.status >= 300) return undefined
      return readAnswer(agentAnswer, answer).contact?.name ?? undefined
    },

    async me(signal: AbortSignal): Promise<number> {
      return readAnswer(agentAnswer, await ask('GET', '/agents/me', {}, signal)).id
    },

    async ticketFields(signal: AbortSignal): Promise<string[]> {
      return readAnswer(fieldsAnswer, await ask('GET', '/ticket_fields', {}, signal)).map(({ name }) => name)
    },
  }
}

function gone(): StepError {
  return permanent('TICKET_GONE', 'the ticket is gone from Freshdesk')
}

export function permanent(code: string, message: string): StepError {
  return new StepError(message, { code, verdict: 'permanent', arrived: 'no' })
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
