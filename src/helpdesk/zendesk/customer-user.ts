import { z } from 'zod'
import type { Customer } from '../../domain/customer.ts'
import { readAnswer } from '../http-client.ts'
import type { NewTicket } from '../adapter.ts'
import type { ZendeskApi } from './api.ts'

const userAnswer = z.object({ user: z.object({ id: z.number() }) })
const usersAnswer = z.object({
  users: z.array(z.object({ id: z.number(), external_id: z.string().nullish() })),
})

/**
 * The end user of a conversation, by its id as their external id. Who is there already is taken as they are: agents may
 * have given them a better name.
 */
export async function customerUser(
  api: ZendeskApi,
  { conversation, customer, subject }: NewTicket,
  signal: AbortSignal,
): Promise<number> {
  const { id } = conversation
  const found = await api.call('GET', `/users/search?external_id=${encodeURIComponent(id)}`, { signal })
  const known = readAnswer(usersAnswer, found).users.find(({ external_id: external }) => external === id)
  if (known) return known.id
  const name = (customer && displayName(customer)) ?? subject
  const user = { name, external_id: id, role: 'end-user', skip_verify_email: true }
  return readAnswer(userAnswer, await api.call('POST', '/users/create_or_update', { json: { user }, signal }))
    .user.id
}

export async function nameUser(
  api: ZendeskApi,
  user: string,
  customer: Customer,
  signal: AbortSignal,
): Promise<void> {
  const name = displayName(customer)
  if (name === undefined) return
  // Who was merged into another or deleted needs no name.
  await api.call('PUT', `/users/${user}`, { json: { user: { name } }, signal, also: [404, 422] })
}

function displayName({ name, firstName, lastName, username }: Customer): string | undefined {
  const parts = [firstName, lastName].filter(Boolean).join(' ')
  return (name ?? (parts || null) ?? username)?.slice(0, 255)
}
