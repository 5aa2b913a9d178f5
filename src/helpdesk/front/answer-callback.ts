import { z } from 'zod'
import type { CallbackAnswer, ProvenCallback } from '../callback.ts'
import { readCallback } from './read-callback.ts'

const typed = z.object({ type: z.string() })

/**
 * What Front wants to read. A message that was taken gets our ids, by which its failure can be told later; one that
 * nobody here can send is refused, which the agent sees.
 */
export function answerCallback(
  { headers, body }: ProvenCallback,
  replies: string[],
  callbackUrl: string | undefined,
): CallbackAnswer {
  const challenge = headers['x-front-challenge']
  if (typeof challenge === 'string') return { body: { challenge } }
  switch (typed.safeParse(body).data?.type) {
    case 'authorization':
      return callbackUrl === undefined
        ? refused('deskbridge has no callbackUrl in the settings of this helpdesk')
        : { body: { type: 'success', webhook_url: callbackUrl } }
    case 'message':
    case 'message_autoreply':
      return taken(body, replies)
    default:
      return { body: { type: 'success' } }
  }
}

/** One message of Front's may be several replies of ours, so that its own id is what we call it, too. */
function taken(body: unknown, replies: string[]): CallbackAnswer {
  const event = readCallback({ body })[0]
  if (event?.kind !== 'reply') return { body: { type: 'success' } }
  if (replies.length === 0) return refused('deskbridge knows no such conversation')
  return { body: { type: 'success', external_id: event.message, external_conversation_id: event.ticket } }
}

function refused(message: string): CallbackAnswer {
  return { status: 400, body: { type: 'bad_request', message } }
}
