import { z } from 'zod'
import type { WrittenMessage } from '../adapter.ts'
import { readAnswer } from '../http-client.ts'
import type { IntercomApi } from './intercom-api.ts'
import { isFurtherPart } from './message-parts.ts'
import { partsAnswer, shownText } from './write-part.ts'

const redacted = z.object({ type: z.string() })

/**
 * Redacts a part of ours, and those that go on from it where it had more pictures than one part takes. What the
 * conversation does not list any more is asked for all the same.
 */
export async function removeMessage(
  api: IntercomApi,
  conversationId: string,
  { message }: WrittenMessage,
  signal: AbortSignal,
): Promise<void> {
  const answer = await api.callTicket({ method: 'GET', path: `/conversations/${conversationId}`, signal })
  const parts = readAnswer(partsAnswer, answer).conversation_parts.conversation_parts
  const first = parts.find(({ id }) => id === message)
  const further = parts.filter(
    ({ id, author, body, created_at: at }) =>
      id !== message &&
      author?.id === first?.author?.id &&
      at === first?.created_at &&
      isFurtherPart(shownText(body ?? '')),
  )
  const wanted = first ? [first, ...further] : [{ id: message }]
  for (const part of wanted) {
    if ('redacted' in part && part.redacted === true) continue
    const json = {
      type: 'conversation_part',
      conversation_id: conversationId,
      conversation_part_id: part.id,
    }
    const done = await api.call({ method: 'POST', path: '/conversations/redact', json, also: [404], signal })
    if (done.status !== 404) readAnswer(redacted, done)
  }
}
