import { StepError, stepFacts } from '../../domain/step-error.ts'
import type { MessageRef, Step, TicketMessage } from '../adapter.ts'
import type { TicketChange, ZendeskApi, ZendeskTicket } from './api.ts'
import { commentOf, findTold, marker } from './find-told.ts'
import { inComments, messageText } from './message-text.ts'
import { uploadFiles } from './upload-files.ts'

export interface AppendDeps {
  api: ZendeskApi
  maxBytes: number
}

/** As a TicketRef holds it. */
export interface ZendeskRef {
  ticket: string
  user: string
}

/**
 * Messages as comments, in order: each run of one author is one update, since an account has only a hundred of those in a
 * minute. A repeat adds what is not there yet.
 */
export async function appendAll(
  { api, maxBytes }: AppendDeps,
  { ticket, user }: ZendeskRef,
  messages: TicketMessage[],
  step: Step,
): Promise<MessageRef | undefined> {
  const { idempotencyKey: key, signal } = step
  const told = step.repeat ? await findTold(api, ticket, key, signal, messages[0]?.eventId) : undefined
  // The first is known by the step's key alone, the others by their events.
  const missing = messages.filter(({ eventId }, n) => !told || (n > 0 && !told.events.has(eventId)))
  const parts = await Promise.all(
    missing.map(async (message) => {
      const { tokens, left } = await uploadFiles(api, message.attachments, { maxBytes, signal })
      return { message, tokens, text: messageText(message, left) }
    }),
  )
  let comment = told?.comment
  let now: ZendeskTicket | undefined
  for (const [n, group] of inComments(parts).entries()) {
    const from = group[0]?.message.from
    const change: TicketChange = {
      comment: {
        body: group.map(({ text }) => text).join('\n\n'),
        public: true,
        ...(from === 'customer' ? { author_id: Number(user) } : {}),
        ...withUploads(group.flatMap(({ tokens }) => tokens)),
      },
      metadata: marker(
        key,
        group.map(({ message }) => message.eventId),
      ),
    }
    const updated = await (n === 0 && !told
      ? api.updateTicket(ticket, change, signal)
      : afterEffect(api.updateTicket(ticket, change, signal)))
    comment = commentOf(updated.audit) ?? comment
    now = updated.ticket
  }
  if (messages.some(({ from, standby }) => from === 'customer' && !standby)) {
    const seen = now ?? (await api.ticket(ticket, signal))
    if (seen) await afterEffect(wake(api, seen, signal))
  }
  return comment
}

/** Zendesk brings a ticket back when a customer mails, but not when we say that they wrote. */
async function wake(api: ZendeskApi, { id, status }: ZendeskTicket, signal: AbortSignal): Promise<void> {
  if (!['pending', 'hold', 'solved'].includes(status)) return
  try {
    await api.updateTicket(String(id), { status: 'open' }, signal)
  } catch (error) {
    // The words are there, whatever keeps the ticket as it is.
    if (stepFacts(error).verdict !== 'permanent') throw error
  }
}

function withUploads(uploads: string[]): { uploads?: string[] } {
  return uploads.length > 0 ? { uploads } : {}
}

/** A part of the step is done: whatever becomes of the rest, the next try must look first. */
async function afterEffect<T>(rest: Promise<T>): Promise<T> {
  try {
    return await rest
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    const { untried: _untried, ...facts } = error.facts
    throw new StepError(error.message, { ...facts, arrived: 'unknown' }, { cause: error })
  }
}
