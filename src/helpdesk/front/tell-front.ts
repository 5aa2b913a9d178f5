import { z } from 'zod'
import { StepError } from '../../domain/step-error.ts'
import type { Reply } from '../../domain/reply.ts'
import type { KnownCustomer, ReplyOutcome, Step } from '../adapter.ts'
import { readAnswer } from '../http-client.ts'
import type { FrontConversations } from './find-conversation.ts'
import type { FrontApi } from './front-api.ts'
import { asHtml } from './message-body.ts'
import type { FrontTicket } from './ticket-ref.ts'

const noteList = z.object({ _results: z.array(z.object({ id: z.string(), body: z.string() })) })
const note = z.object({ id: z.string() })
const withRecipient = z.object({
  recipient: z
    .object({ _links: z.object({ related: z.object({ contact: z.string().nullish() }) }) })
    .nullish(),
})

/** Front learns a message's external id from our answer, and may not have read it when the failure is there. */
const triesUntilUnknown = 6

/** Of how many notes this process knows which step wrote them. */
const mostNotes = 5000

/**
 * Writes comments, each once. They take no id of ours, so that a repeat looks for its words; the same words are another
 * note's where this process wrote them under another key.
 */
export function noteWriter(conversations: FrontConversations) {
  const writtenBy = new Map<string, string>()

  return async function writeNote(ticket: FrontTicket, text: string, step: Step): Promise<string> {
    const { signal, idempotencyKey: key } = step
    if (step.repeat) {
      const answer = await conversations.call(ticket, { method: 'GET', path: '/comments', signal }, step)
      const there = readAnswer(noteList, answer)._results.find(
        ({ id, body }) => sameWords(body, text) && (writtenBy.get(id) ?? key) === key,
      )
      if (there) return there.id
    }
    const wanted = { method: 'POST', path: '/comments', json: { body: text }, signal } as const
    const { id } = readAnswer(note, await conversations.call(ticket, wanted, step))
    const oldest = writtenBy.keys().next()
    if (writtenBy.size >= mostNotes && oldest.done !== true) writtenBy.delete(oldest.value)
    writtenBy.set(id, key)
    return id
  }
}

function sameWords(a: string, b: string): boolean {
  const bare = (text: string) => text.replace(/\s+/g, ' ').trim()
  return bare(a) === bare(b) || bare(a) === bare(asHtml(b))
}

/** Marks what an agent wrote in Front as failed; Front knows no other state. */
export async function reportFailure(
  api: FrontApi,
  { source }: Reply,
  { status, failure }: ReplyOutcome,
  step: Step,
): Promise<void> {
  if (status !== 'failed' || source === undefined) return
  const [conversation, message] = [source.ticket, source.message].map(encodeURIComponent)
  const answer = await api.call({
    method: 'PUT',
    path: `${api.channelPath}/conversations/${conversation}/messages/${message}/status`,
    json: { status: 'failed', ...(failure === undefined ? {} : { reason: failure.message }) },
    also: [404],
    signal: step.signal,
  })
  if (answer.status !== 404) return
  const isEarly = step.attempt < triesUntilUnknown
  throw new StepError('Front does not know the message that failed', {
    code: 'HELPDESK_REFUSED',
    verdict: isEarly ? 'retry' : 'permanent',
    arrived: 'no',
    ...(isEarly ? { retryAfterMs: 1000 } : {}),
  })
}

/** Gives Front's contact its name. A conversation without a contact has nobody to name. */
export async function nameContact(
  { api, conversations }: { api: FrontApi; conversations: FrontConversations },
  ticket: FrontTicket,
  { name, firstName, username }: KnownCustomer,
  step: Step,
): Promise<void> {
  const called = name ?? firstName ?? username
  if (called === null) return
  const { signal } = step
  const answer = await conversations.call(ticket, { method: 'GET', path: '', signal }, step)
  const link = readAnswer(withRecipient, answer).recipient?._links.related.contact
  const contact = /\/contacts\/(crd_\w+)/.exec(link ?? '')?.[1]
  if (contact === undefined) return
  await api.call({
    method: 'PATCH',
    path: `/contacts/${contact}`,
    by: 'token',
    json: { name: called },
    signal,
  })
}
