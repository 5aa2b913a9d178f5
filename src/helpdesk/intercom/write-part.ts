import { z } from 'zod'
import { stepFacts } from '../../domain/step-error.ts'
import type { Step, TicketMessage } from '../adapter.ts'
import { readAnswer } from '../http-client.ts'
import { plainText } from '../plain-text.ts'
import { afterEffect } from './intercom-api.ts'
import type { IntercomApi } from './intercom-api.ts'
import { asHtml, messageParts, withLinks } from './message-parts.ts'

const id = z.union([z.string(), z.number()]).transform(String)

export const partsAnswer = z.object({
  conversation_parts: z.object({
    conversation_parts: z.array(
      z.object({
        id,
        redacted: z.boolean().nullish(),
        body: z.string().nullish(),
        created_at: z.number().nullish(),
        author: z.object({ id: id.nullish() }).nullish(),
      }),
    ),
  }),
})

type Parts = z.infer<typeof partsAnswer>['conversation_parts']['conversation_parts']

/** One part as it is to be written: who says what, and when. */
interface WantedPart {
  author: { type: 'user'; contactId: string } | { type: 'admin'; adminId: string; isNote: boolean }
  body: string
  urls: string[]
  /** ms. */
  at: number
}

export interface IntercomTicket {
  conversationId: string
  contactId: string
}

/** Of how many parts this process knows which step wrote them. */
const mostParts = 5000

export type PartWriter = ReturnType<typeof partWriter>

/**
 * Writes parts of conversations, each once. Intercom takes no key and no id of ours, so that a repeat looks for a part
 * of the same author, second and words. Where this process wrote such a part under another key, it is another one.
 */
export function partWriter(api: IntercomApi, adminId: string) {
  const writtenBy = new Map<string, string>()

  async function writeAll(
    ticket: IntercomTicket,
    parts: WantedPart[],
    step: Step,
  ): Promise<string | undefined> {
    const there = step.repeat ? await readParts(ticket, step.signal) : []
    let first: string | undefined
    for (const [n, part] of parts.entries()) {
      const key = `${step.idempotencyKey}:${n}`
      const found = there.find((one) => isWritten(one, part) && (writtenBy.get(one.id) ?? key) === key)
      const written = found?.id ?? (await (n === 0 ? write : writeNext)(ticket, part, step.signal))
      if (written !== undefined) remember(written, key)
      first ??= written
    }
    return first
  }

  const writeNext: typeof write = (...args) => afterEffect(write(...args))

  async function write(
    ticket: IntercomTicket,
    part: WantedPart,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    try {
      return await post(ticket, part, signal)
    } catch (error) {
      // A picture that Intercom cannot fetch must not keep the words back.
      if (stepFacts(error).code !== 'HELPDESK_REFUSED' || part.urls.length === 0) throw error
      return post(ticket, withLinks(part), signal)
    }
  }

  async function post(
    { conversationId }: IntercomTicket,
    part: WantedPart,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const path = `/conversations/${conversationId}/reply`
    const answer = await api.callTicket({ method: 'POST', path, json: replyBody(part), signal })
    const parts = readAnswer(partsAnswer, answer).conversation_parts.conversation_parts
    return parts.findLast((one) => isSame(one, part) && !writtenBy.has(one.id))?.id
  }

  async function readParts({ conversationId }: IntercomTicket, signal: AbortSignal): Promise<Parts> {
    const path = `/conversations/${conversationId}`
    const answer = await api.callTicket({ method: 'GET', path, signal })
    return readAnswer(partsAnswer, answer).conversation_parts.conversation_parts
  }

  function remember(part: string, key: string): void {
    const oldest = writtenBy.keys().next()
    if (writtenBy.size >= mostParts && oldest.done !== true) writtenBy.delete(oldest.value)
    writtenBy.set(part, key)
  }

  return {
    writeMessage(ticket: IntercomTicket, message: TicketMessage, step: Step): Promise<string | undefined> {
      const author: WantedPart['author'] =
        message.from === 'customer'
          ? { type: 'user', contactId: ticket.contactId }
          : { type: 'admin', adminId, isNote: false }
      const parts = messageParts(message).map((part) => ({ ...part, author, at: message.at }))
      return writeAll(ticket, parts, step)
    },
    writeNote(ticket: IntercomTicket, note: { at: number; text: string }, step: Step) {
      const author = { type: 'admin', adminId, isNote: true } as const
      return writeAll(ticket, [{ author, body: note.text, urls: [], at: note.at }], step)
    },
  }
}

function replyBody({ author, body, urls, at }: WantedPart): object {
  const rest = {
    created_at: seconds(at),
    ...(urls.length === 0 ? {} : { attachment_urls: urls }),
  }
  if (author.type === 'user')
    return { message_type: 'comment', type: 'user', intercom_user_id: author.contactId, body, ...rest }
  return {
    message_type: author.isNote ? 'note' : 'comment',
    type: 'admin',
    admin_id: author.adminId,
    body: asHtml(body),
    // The customer has it already, where it was said.
    ...(author.isNote ? {} : { skip_notifications: true }),
    ...rest,
  }
}

function isWritten(one: Parts[number], part: WantedPart): boolean {
  return isSame(one, part) || (part.urls.length > 0 && isSame(one, withLinks(part)))
}

function isSame(part: Parts[number], { author, body, at }: WantedPart): boolean {
  return (
    part.author?.id === (author.type === 'user' ? author.contactId : author.adminId) &&
    part.created_at === seconds(at) &&
    closeUp(shownText(part.body ?? '')) === closeUp(body)
  )
}

function seconds(at: number): number {
  return Math.floor(at / 1000)
}

/** Intercom answers HTML, or plain text where it was told to: then it has no tags around it. */
export function shownText(body: string): string {
  return /^\s*<[a-z]/i.test(body) ? (plainText(body) ?? '') : body
}

function closeUp(text: string): string {
  return text.replace(/\s+/g, '')
}
