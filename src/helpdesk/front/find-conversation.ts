import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { StepError } from '../../domain/step-error.ts'
import type { Step } from '../adapter.ts'
import { readAnswer } from '../http-client.ts'
import type { HelpdeskAnswer } from '../http-client.ts'
import type { FrontApi, FrontCall } from './front-api.ts'
import type { FrontTicket } from './ticket-ref.ts'

/** Front takes messages in after its answer; so many tries later one that is not there was deleted. */
const triesUntilGone = 8
/** Known ids, by the message that opened them. */
const mostKnown = 5000

const foundMessage = z.object({
  _links: z.object({ related: z.object({ conversation: z.string().regex(/\/conversations\/cnv_\w+/) }) }),
})

export type FrontConversations = ReturnType<typeof frontConversations>

/** Finds what Front calls our conversations, and calls it there, also where it was merged into another one. */
export function frontConversations(api: FrontApi, lookAgainMs: number) {
  const known = new Map<string, string>()

  /** Undefined while Front has not taken in the message that opened it. */
  async function find({ openingUid }: FrontTicket, signal: AbortSignal): Promise<string | undefined> {
    const kept = known.get(openingUid)
    if (kept !== undefined) return kept
    const path = `/messages/alt:uid:${encodeURIComponent(openingUid)}`
    const answer = await api.call({ method: 'GET', path, also: [404], signal })
    if (answer.status === 404) return undefined
    const id = idIn(readAnswer(foundMessage, answer)._links.related.conversation)
    if (id !== undefined) keep(openingUid, id)
    return id
  }

  /** Fails with HELPDESK_BUSY while it is not there, and with TICKET_GONE when it will not come. */
  async function need(ticket: FrontTicket, step: Step): Promise<string> {
    const found = await find(ticket, step.signal)
    if (found !== undefined) return found
    await wait(lookAgainMs, undefined, { signal: step.signal }).catch(() => {})
    const late = await find(ticket, step.signal)
    if (late !== undefined) return late
    if (step.attempt >= triesUntilGone) throw gone()
    throw new StepError('Front has not taken in the conversation yet', {
      code: 'HELPDESK_BUSY',
      verdict: 'retry',
      arrived: 'no',
      retryAfterMs: 1000,
    })
  }

  /** `path` is what stands behind the conversation's own. */
  async function call(ticket: FrontTicket, wanted: FrontCall, step: Step): Promise<HelpdeskAnswer> {
    const id = await need(ticket, step)
    const at = (conversation: string) => ({
      ...wanted,
      path: `/conversations/${conversation}${wanted.path}`,
      also: [...(wanted.also ?? []), 301, 404],
    })
    const first = await api.call(at(id))
    const merged = first.status === 301 ? idIn(String(first.headers['location'])) : undefined
    const answer = merged === undefined ? first : await api.call(at(merged))
    if (merged !== undefined) keep(ticket.openingUid, merged)
    if (answer.status === 404 || answer.status === 301) {
      known.delete(ticket.openingUid)
      throw gone()
    }
    return answer
  }

  function keep(uid: string, id: string): void {
    const oldest = known.keys().next()
    if (known.size >= mostKnown && oldest.done !== true) known.delete(oldest.value)
    known.set(uid, id)
  }

  return { find, call }
}

function idIn(link: string): string | undefined {
  return /\/conversations\/(cnv_\w+)/.exec(link)?.[1]
}

function gone(): StepError {
  return new StepError('Front has no such conversation any more', {
    code: 'TICKET_GONE',
    verdict: 'permanent',
    arrived: 'no',
  })
}
