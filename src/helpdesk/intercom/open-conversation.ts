import { hash } from 'node:crypto'
import { z } from 'zod'
import { stepFacts } from '../../domain/step-error.ts'
import type { NewTicket, Step } from '../adapter.ts'
import { readAnswer } from '../http-client.ts'
import { findContact } from './find-contact.ts'
import { afterEffect } from './intercom-api.ts'
import type { IntercomApi } from './intercom-api.ts'
import type { IntercomSettings } from './settings.ts'

const opened = z.object({ conversation_id: z.string().regex(/^\w+$/) })
const list = z.object({
  conversations: z.array(
    z.object({
      id: z.union([z.string(), z.number()]).transform(String),
      source: z.object({ body: z.string().nullish() }).nullish(),
    }),
  ),
})

/**
 * Opens a conversation of the customer's. Intercom wants its first line with it, which holds a mark, so that a repeat
 * finds what an earlier try opened.
 */
export async function openConversation(
  api: IntercomApi,
  settings: Pick<IntercomSettings, 'adminId' | 'assignTo' | 'fields'>,
  ticket: NewTicket,
  step: Step,
): Promise<{ conversationId: string; contactId: string }> {
  const { signal } = step
  const contactId = await findContact(api, ticket, signal)
  const mark = `#${hash('sha256', step.idempotencyKey).slice(0, 12)}`
  const conversationId =
    (step.repeat ? await openedBefore(api, contactId, mark, signal) : undefined) ??
    (await open(api, contactId, `${ticket.subject} (${mark})`, signal))
  await afterEffect(describe(api, settings, { conversationId, ticket, signal }))
  return { conversationId, contactId }
}

async function open(api: IntercomApi, contactId: string, body: string, signal: AbortSignal): Promise<string> {
  const answer = await api.call({
    method: 'POST',
    path: '/conversations',
    json: { from: { type: 'user', id: contactId }, body },
    signal,
  })
  return readAnswer(opened, answer).conversation_id
}

async function openedBefore(
  api: IntercomApi,
  contactId: string,
  mark: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const answer = await api.call({
    method: 'POST',
    path: '/conversations/search',
    json: { query: { field: 'contact_ids', operator: '=', value: contactId }, pagination: { per_page: 50 } },
    signal,
  })
  return readAnswer(list, answer).conversations.find(({ source }) => source?.body?.includes(mark))?.id
}

/** Title, attributes and who it is for. What Intercom does not take of it must not keep the conversation back. */
async function describe(
  api: IntercomApi,
  { adminId, assignTo, fields = {} }: Pick<IntercomSettings, 'adminId' | 'assignTo' | 'fields'>,
  { conversationId, ticket, signal }: { conversationId: string; ticket: NewTicket; signal: AbortSignal },
): Promise<void> {
  const attributes = Object.entries(fields).flatMap(([fact, name]) => {
    const value = ticket.context[fact as keyof typeof ticket.context]
    return value === undefined ? [] : [[name, value] as const]
  })
  const path = `/conversations/${conversationId}`
  const put = (json: object) => api.callTicket({ method: 'PUT', path, json, signal })
  const title = ticket.subject
  if (attributes.length > 0)
    await unlessRefused(put({ title, custom_attributes: Object.fromEntries(attributes) }), () =>
      unlessRefused(put({ title })),
    )
  else await unlessRefused(put({ title }))
  if (assignTo === undefined) return
  const json = {
    message_type: 'assignment',
    type: assignTo.type,
    admin_id: adminId,
    assignee_id: assignTo.id,
  }
  await unlessRefused(api.callTicket({ method: 'POST', path: `${path}/parts`, json, signal }))
}

async function unlessRefused(done: Promise<unknown>, instead?: () => Promise<void>): Promise<void> {
  try {
    await done
  } catch (error) {
    if (stepFacts(error).code !== 'HELPDESK_REFUSED') throw error
    await instead?.()
  }
}
