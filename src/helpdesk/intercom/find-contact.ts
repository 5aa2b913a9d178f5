import { z } from 'zod'
import { StepError } from '../../domain/step-error.ts'
import type { NewTicket } from '../adapter.ts'
import { readAnswer } from '../http-client.ts'
import type { HelpdeskAnswer } from '../http-client.ts'
import type { IntercomApi } from './intercom-api.ts'

const contact = z.object({ id: z.string().regex(/^\w+$/) })
const refusal = z.object({ errors: z.array(z.object({ message: z.string().nullish() })).min(1) })

/** Intercom's id of the person, who is made when they are not there. Once for each external id, which is unique. */
export async function findContact(
  api: IntercomApi,
  { conversation, customer }: Pick<NewTicket, 'conversation' | 'customer'>,
  signal: AbortSignal,
): Promise<string> {
  const known = await look(api, conversation.id, signal)
  if (known !== undefined) return known
  const name = customer?.name ?? customer?.firstName ?? customer?.username
  const answer = await api.call({
    method: 'POST',
    path: '/contacts',
    json: { role: 'user', external_id: conversation.id, ...(name ? { name } : {}) },
    also: [409],
    signal,
  })
  return answer.status === 409
    ? conflicting(api, conversation.id, answer, signal)
    : readAnswer(contact, answer).id
}

async function look(api: IntercomApi, externalId: string, signal: AbortSignal): Promise<string | undefined> {
  const path = `/contacts/find_by_external_id/${encodeURIComponent(externalId)}`
  const answer = await api.call({ method: 'GET', path, also: [404, 410], signal })
  if (answer.status === 404) return undefined
  // They were merged into somebody else, whom the header names.
  if (answer.status === 410) return /<[^>]*\/contacts\/(\w+)>/.exec(String(answer.headers['link']))?.[1]
  return readAnswer(contact, answer).id
}

/** Somebody was quicker, or the person was archived: then they are brought back. Only the words name the id. */
async function conflicting(
  api: IntercomApi,
  externalId: string,
  answer: HelpdeskAnswer,
  signal: AbortSignal,
): Promise<string> {
  const quicker = await look(api, externalId, signal)
  if (quicker !== undefined) return quicker
  const message = refusal.safeParse(answer.body).data?.errors[0]?.message ?? ''
  const id = /\bid=(\w+)/.exec(message)?.[1]
  if (id === undefined) {
    throw new StepError('Intercom has another contact with this external id', {
      code: 'HELPDESK_REFUSED',
      verdict: 'permanent',
      arrived: 'no',
    })
  }
  await api.call({ method: 'POST', path: `/contacts/${id}/unarchive`, also: [404], signal })
  return id
}
