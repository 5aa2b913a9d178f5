import { z } from 'zod'
import { StepError } from '../../domain/step-error.ts'
import type { HelpdeskCall, HelpdeskHttp } from '../http-client.ts'
import { readAnswer } from '../http-client.ts'
import type { RtSettings } from './settings.ts'

const id = z.union([z.string(), z.number()]).transform(String)
const requestor = z.object({ id, RealName: z.string().nullish() })
const customField = z.object({ name: z.string(), values: z.array(z.unknown()) })

const tickets = z.object({
  items: z.array(
    z.object({
      id,
      Status: z.string(),
      Subject: z.string().nullish(),
      // RT says "" for what we may not see.
      Requestor: z.array(requestor).catch([]),
      CustomFields: z.array(customField).catch([]),
    }),
  ),
})
const found = z.object({ items: z.array(z.object({ id })) })
const created = z.object({ id })

export type RtTicket = z.infer<typeof tickets>['items'][number]

export interface RtFile {
  FileName: string
  FileType: string
  /** Base64. */
  FileContent: string
}

export interface RtMessage {
  subject: string
  text: string
  files: RtFile[]
}

export type RtClient = ReturnType<typeof rtClient>

/** The calls of REST2 that we make. */
export function rtClient(settings: RtSettings, http: Pick<HelpdeskHttp, 'call' | 'stream'>) {
  const base = `${settings.url.replace(/\/+$/, '')}/REST/2.0`
  const headers = { accept: 'application/json', authorization: authorization(settings) }

  function call(
    method: HelpdeskCall['method'],
    path: string,
    signal: AbortSignal,
    more: { query?: Record<string, string>; json?: object; also?: readonly number[] } = {},
  ) {
    const { query, ...rest } = more
    const url = `${base}${path}${query ? `?${new URLSearchParams(query).toString()}` : ''}`
    return http.call({ method, url, headers, signal, ...rest })
  }

  const get = (
    path: string,
    query: Record<string, string>,
    signal: AbortSignal,
    also: readonly number[] = [],
  ) => call('GET', path, signal, { query, also })

  /** By a search, which tells the customer's name, too. TICKET_GONE also when it was merged or moved out of our sight. */
  async function ticket(ref: string, signal: AbortSignal): Promise<RtTicket> {
    const query = {
      query: `id = ${ref}`,
      fields: 'Status,Subject,Requestor,CustomFields',
      'fields[Requestor]': 'RealName',
    }
    const [seen] = readAnswer(tickets, await get('/tickets', query, signal)).items
    if (!seen) throw permanent('the ticket is gone', 'TICKET_GONE')
    return seen
  }

  /** The first, which may be the only one, of what a search of ours finds. */
  async function find(what: 'tickets' | 'transactions', query: string, signal: AbortSignal) {
    const answer = await get(`/${what}`, { query, orderby: 'id', per_page: '1' }, signal)
    return readAnswer(found, answer).items[0]?.id
  }

  return {
    get,
    ticket,
    find,
    async create(json: object, signal: AbortSignal): Promise<string> {
      return readAnswer(created, await call('POST', '/ticket', signal, { json })).id
    },
    /** Answers the id of the transaction. */
    async write(
      ref: string,
      how: 'correspond' | 'comment',
      { subject, text, files }: RtMessage,
      signal: AbortSignal,
    ): Promise<string> {
      const attached = files.length > 0 ? { Attachments: files } : {}
      const json = { Subject: subject, Content: text, ContentType: 'text/plain', ...attached }
      const { headers: answered } = await call('POST', `/ticket/${ref}/${how}`, signal, { json })
      const made = /\/transaction\/(\d+)$/.exec(String(answered['location'] ?? ''))?.[1]
      if (made !== undefined) return made
      throw new StepError("the helpdesk's answer lacks the transaction's place", {
        code: 'HELPDESK_GARBAGE',
        verdict: 'retry',
        arrived: 'unknown',
      })
    },
    /** Says 200 also when nothing was changed, and why in the user's language: look whether it came about. */
    async change(ref: string, json: object, signal: AbortSignal): Promise<void> {
      await call('PUT', `/ticket/${ref}`, signal, { json })
    },
    /** Needs the right AdminUsers; without it nothing is changed. */
    async rename(user: string, name: string, signal: AbortSignal): Promise<void> {
      const path = `/user/${encodeURIComponent(user)}`
      await call('PUT', path, signal, { json: { RealName: name }, also: [403, 404] })
    },
    streamAttachment: (attachment: string, signal: AbortSignal) =>
      http.stream({ method: 'GET', url: `${base}/attachment/${attachment}`, headers, signal }),
  }
}

export function permanent(message: string, code: string): StepError {
  return new StepError(message, { code, verdict: 'permanent', arrived: 'no' })
}

function authorization({ user, token, password }: RtSettings): string {
  if (token !== undefined) return `token ${token}`
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}
