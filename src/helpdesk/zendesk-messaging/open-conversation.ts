import { z } from 'zod'
import type { Customer } from '../../domain/customer.ts'
import type { ContextFact, NewTicket, Step } from '../adapter.ts'
import { readAnswer } from '../http-client.ts'
import { afterEffect } from './api.ts'
import type { SunshineApi } from './api.ts'
import { markName } from './post-parts.ts'
import type { ZendeskMessagingSettings } from './settings.ts'

const conversationSchema = z.object({ id: z.string(), metadata: z.record(z.string(), z.unknown()).nullish() })
const conversationAnswer = z.object({ conversation: conversationSchema })
const conversationsAnswer = z.object({ conversations: z.array(conversationSchema) })

/** A new conversation of the user, who is made where there is none. Answers its id. */
export async function openConversation(
  api: SunshineApi,
  settings: ZendeskMessagingSettings,
  ticket: NewTicket,
  { idempotencyKey: key, repeat, signal }: Step,
): Promise<string> {
  const { id: externalId } = ticket.conversation
  const known = repeat ? await findConversation(api, externalId, key, signal) : undefined
  const id = known ?? (await create())
  await afterEffect(passControl(api, settings, id, ticket, signal))
  return id

  async function create(): Promise<string> {
    const profile = ticket.customer ? profileOf(ticket.customer) : {}
    // Conflict: they are there already, with whatever is known of them.
    await api.call('POST', '/users', { json: { externalId, profile }, also: [409], signal })
    const answer = await api.call('POST', '/conversations', {
      json: {
        type: 'personal',
        participants: [{ userExternalId: externalId }],
        displayName: ticket.subject.slice(0, 100),
        metadata: { [markName]: key },
      },
      signal,
    })
    return readAnswer(conversationAnswer, answer).conversation.id
  }
}

async function findConversation(
  api: SunshineApi,
  externalId: string,
  key: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const path = `/conversations?filter[userExternalId]=${encodeURIComponent(externalId)}&page[size]=100`
  const answer = await api.call('GET', path, { also: [404], signal })
  if (answer.status === 404) return undefined
  const { conversations } = readAnswer(conversationsAnswer, answer)
  return conversations.find(({ metadata }) => metadata?.[markName] === key)?.id
}

/** To whoever shall have it, with what goes into the ticket's fields. Control that is there already stays. */
async function passControl(
  api: SunshineApi,
  { switchboardIntegration, tags, fields }: ZendeskMessagingSettings,
  conversation: string,
  { context }: NewTicket,
  signal: AbortSignal,
): Promise<void> {
  if (switchboardIntegration === undefined) return
  const known = Object.entries(fields).flatMap(([fact, field]) => {
    const value = context[fact as ContextFact]
    return value === undefined ? [] : [[`dataCapture.ticketField.${field}`, value] as const]
  })
  const metadata: Record<string, string> = {
    ...Object.fromEntries<string>(known),
    ...(tags.length > 0 ? { 'dataCapture.systemField.tags': tags.join(',') } : {}),
  }
  // Not found is whom it should be given to, not the conversation.
  await api.call('POST', `/conversations/${conversation}/passControl`, {
    json: { switchboardIntegration, metadata },
    signal,
  })
}

/** What an update leaves out stays. */
export function profileOf({ name, firstName, lastName, username, locale }: Customer): Record<string, string> {
  const given = firstName ?? (lastName === null ? (name ?? username) : null)
  return {
    ...(given === null || given === '' ? {} : { givenName: given.slice(0, 128) }),
    ...(lastName === null || lastName === '' ? {} : { surname: lastName.slice(0, 128) }),
    ...(locale === null || locale === '' ? {} : { locale: locale.replace('_', '-').slice(0, 64) }),
  }
}
