import { StepError } from '../../domain/step-error.ts'
import type { Step, TicketMessage } from '../adapter.ts'
import type { HelpdeskHttp } from '../http-client.ts'
import { over } from './api.ts'
import type { ZammadApi, ZammadTicket } from './api.ts'
import { fetchFiles, lineOf } from './fetch-files.ts'
import { markOf } from './mark.ts'
import type { ZammadSettings } from './settings.ts'

const dayMs = 86_400_000

export interface AppendDeps {
  api: ZammadApi
  /** For customers' files: they are no calls of Zammad. */
  files: HelpdeskHttp
  settings: ZammadSettings
}

/** Answers the article's id. A ticket that waits is opened by what the customer says, as Zammad does with e-mail. */
export async function appendMessage(
  deps: AppendDeps,
  { ticket, customer }: { ticket: string; customer: string },
  message: TicketMessage,
  step: Step,
): Promise<string> {
  const { api, settings } = deps
  const isCustomer = message.from === 'customer'
  const now = await ticketNow(api, ticket, step.signal)
  if (isCustomer && settings.states.solved.includes(now.state)) await mayGoOn(api, now, step.signal)
  const article = isCustomer
    ? { type: settings.messageType, sender: 'Customer', internal: false, origin_by_id: Number(customer) }
    : { type: 'note', sender: 'Agent', internal: false }
  const id = (await told(api, ticket, step)) ?? (await post(deps, ticket, article, message, step))
  if (isCustomer && settings.states.pending.includes(now.state))
    await api.setState(ticket, settings.states.open, step.signal)
  return id
}

export async function addNote(api: ZammadApi, ticket: string, text: string, step: Step): Promise<string> {
  const known = await told(api, ticket, step)
  if (known !== undefined) return known
  const article = { type: 'note', sender: 'Agent', internal: true }
  return api.addArticle(written(ticket, article, text, step), step.signal)
}

/** A merged ticket takes articles, but nobody reads them there. */
async function ticketNow(api: ZammadApi, ticket: string, signal: AbortSignal): Promise<ZammadTicket> {
  const now = await api.ticket(ticket, signal)
  if (now.state === 'merged' || now.state === 'removed')
    throw over('TICKET_CLOSED', 'the ticket was merged into another one')
  return now
}

/** To agents Zammad forbids nothing, but the group may want new tickets for what comes after the end. */
async function mayGoOn(api: ZammadApi, now: ZammadTicket, signal: AbortSignal): Promise<void> {
  const group = await api.group(now.group_id, signal)
  const closedAt = Date.parse(now.last_close_at ?? now.close_at ?? '')
  const lasts = (group?.reopen_time_in_days ?? 0) * dayMs
  const tooLate = !(Date.now() - closedAt < lasts)
  const wish = group?.follow_up_possible
  if (wish === 'new_ticket' || (wish === 'new_ticket_after_certain_time' && tooLate))
    throw over('TICKET_CLOSED', 'the group wants a new ticket')
}

/** The article of an earlier try. */
async function told(api: ZammadApi, ticket: string, step: Step): Promise<string | undefined> {
  if (!step.repeat) return undefined
  const mark = markOf(step.idempotencyKey)
  const found = (await api.articles(ticket, step.signal)).find(({ message_id: id }) => id === mark)
  return found && String(found.id)
}

async function post(
  deps: AppendDeps,
  ticket: string,
  article: object,
  message: TicketMessage,
  step: Step,
): Promise<string> {
  const { api, settings } = deps
  const { attachments } = message
  const bytes = settings.maxFileMegabytes * 1024 * 1024
  const { files, lines } = await fetchFiles(deps.files, attachments, { bytes, signal: step.signal })
  const text = textOf(message)
  const withLines = (more: string[]) => [text, ...more].filter((line) => line !== '').join('\n')
  const plain = (more: string[]) => written(ticket, article, withLines(more), step)
  if (files.length === 0) return api.addArticle(plain(lines), step.signal)
  // An article needs words, also where the customer used none.
  const body = withLines(lines) || files.map(({ filename }) => filename).join(', ')
  try {
    const json = { ...written(ticket, article, body, step), attachments: files }
    return await api.addArticle(json, step.signal)
  } catch (error) {
    // A file that Zammad, or the proxy before it, will not have must not cost the text.
    if (!(error instanceof StepError) || error.facts.code !== 'HELPDESK_REFUSED') throw error
    return api.addArticle(plain(attachments.map((one) => lineOf(one))), step.signal)
  }
}

function written(ticket: string, article: object, body: string, { idempotencyKey }: Step): object {
  return {
    ticket_id: Number(ticket),
    ...article,
    body,
    content_type: 'text/plain',
    message_id: markOf(idempotencyKey),
  }
}

/** Agents elsewhere all come under the name of our user, and a thread's people under that of the thread. */
function textOf({ text, agentName, customerName }: TicketMessage): string {
  const who = agentName ?? customerName
  return who === undefined ? (text ?? '') : `${who}: ${text ?? ''}`.trim()
}
