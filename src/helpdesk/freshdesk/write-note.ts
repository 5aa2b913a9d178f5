import { StepError } from '../../domain/step-error.ts'
import type { MessageRef, Step, TicketMessage } from '../adapter.ts'
import { FormData } from '../http-client.ts'
import type { HelpdeskHttp } from '../http-client.ts'
import { afterEffect, permanent } from './api.ts'
import type { FreshdeskApi } from './api.ts'
import { fetchFiles, tellAttachment } from '../customer-files.ts'
import type { FetchedFile } from '../customer-files.ts'
import { markOf, marked } from './mark.ts'
import { status } from './status.ts'

export interface Writing {
  api: FreshdeskApi
  /** For customers' files: they are not counted as calls of Freshdesk. */
  files: HelpdeskHttp
  maxFileBytes: number
  agentId: number
  closedTickets: 'reopen' | 'followUp'
}

export interface Ref {
  ticket: string
  contact: string
}

/** A public note of the customer's. A ticket that was solved is opened again, since notes alone do not do so. */
export async function writeAsCustomer(
  writing: Writing,
  { ticket, contact }: Ref,
  message: TicketMessage,
  step: Step,
): Promise<MessageRef> {
  const { api, closedTickets } = writing
  const now = await api.ticket(ticket, step.signal)
  if (now.status === status.closed && closedTickets === 'followUp')
    throw permanent('TICKET_CLOSED', 'the ticket is closed')
  const way = { incoming: true, private: false, user_id: Number(contact) }
  const made = (await findNote(writing, ticket, step)) ?? (await write())
  if (now.status === status.resolved || now.status === status.closed)
    await afterEffect(api.change(ticket, { status: status.open }, step.signal))
  return made

  async function write(): Promise<MessageRef> {
    const { attachments, customerName, text } = message
    const words = customerName === undefined ? (text ?? '') : `${customerName}: ${text ?? ''}`.trim()
    const mark = markOf(step.idempotencyKey)
    const body = (lines: string[]) => marked([words, ...lines].filter((line) => line !== '').join('\n'), mark)
    const limits = { bytes: writing.maxFileBytes, signal: step.signal }
    const { files, told } = await fetchFiles(writing.files, attachments, limits)
    const asJson = (lines: string[]) => ({ json: { body: body(lines), ...way } })
    if (files.length === 0) return api.addNote(ticket, asJson(told), step.signal)
    try {
      return await api.addNote(ticket, { form: formOf({ body: body(told), ...way }, files) }, step.signal)
    } catch (error) {
      // Files that Freshdesk will not have must not cost the text.
      if (!(error instanceof StepError) || error.facts.code !== 'HELPDESK_REFUSED') throw error
      return api.addNote(ticket, asJson(attachments.map((one) => tellAttachment(one))), step.signal)
    }
  }
}

/** A private note of our own agent: also for what somebody answered elsewhere, which Freshdesk must not send. */
export async function writeAsAgent(
  writing: Writing,
  ticket: string,
  text: string,
  step: Step,
): Promise<MessageRef> {
  const json = { body: marked(text, markOf(step.idempotencyKey)), incoming: false, private: true }
  return (await findNote(writing, ticket, step)) ?? writing.api.addNote(ticket, { json }, step.signal)
}

export function wordsOfAgent({ agentName, text, attachments }: TicketMessage): string {
  const said = `${agentName ?? 'Answered elsewhere'}: ${text ?? ''}`.trim()
  return [said, ...attachments.map((one) => tellAttachment(one))].join('\n')
}

/** What an earlier try of this step wrote. An agent's answer may quote the mark, and is not it. */
async function findNote(
  { api, agentId }: Writing,
  ticket: string,
  { idempotencyKey, repeat, signal }: Step,
): Promise<MessageRef | undefined> {
  if (repeat !== true) return undefined
  const mark = markOf(idempotencyKey)
  for await (const { id, body, body_text: text, incoming, user_id: user } of api.said(ticket, signal)) {
    if (!incoming && user !== agentId) continue
    if (`${body ?? ''} ${text ?? ''}`.includes(mark)) return String(id)
  }
  return undefined
}

function formOf(fields: Record<string, string | boolean | number>, files: FetchedFile[]): FormData {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, String(value))
  for (const { content, name } of files) form.append('attachments[]', content, name)
  return form
}
