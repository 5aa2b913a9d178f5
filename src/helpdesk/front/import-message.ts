import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { stepFacts } from '../../domain/step-error.ts'
import type { Step, TicketMessage } from '../adapter.ts'
import { readAnswer } from '../http-client.ts'
import type { fileFetcher } from './fetch-files.ts'
import type { FrontConversations } from './find-conversation.ts'
import { formBody } from './form-body.ts'
import type { FrontApi } from './front-api.ts'
import { messageBody } from './message-body.ts'
import { shortId } from './ticket-ref.ts'
import type { FrontTicket } from './ticket-ref.ts'

const accepted = z.object({ message_uid: z.string().min(1) })
const messageList = z.object({
  _results: z.array(
    z.object({
      message_uid: z.string().optional(),
      metadata: z.object({ external_id: z.string().nullish() }).nullish(),
    }),
  ),
})

/** From this try on files go as links: whatever was in the way of their bytes must not keep the words back. */
const linksFromTry = 3

export interface ImportDeps {
  api: FrontApi
  conversations: FrontConversations
  withFiles: ReturnType<typeof fileFetcher>
  lookAgainMs: number
}

/** Puts a message into Front, once, and answers its uid. */
export async function importMessage(
  deps: ImportDeps,
  ticket: FrontTicket,
  message: TicketMessage,
  step: Step,
): Promise<string | undefined> {
  if (step.repeat) {
    const there = await importedBefore(deps, ticket, step)
    if (there) return there.uid
  }
  const attachments = message.attachments
  const send = (files: Parameters<typeof formBody>[1], links: typeof attachments) =>
    post(deps.api, message, { ...ticket, step, files, body: messageBody(message, files.length, links) })
  if (attachments.length === 0 || step.attempt >= linksFromTry) return send([], attachments)
  return deps.withFiles(attachments, step.signal, async (files, links) => {
    try {
      return await send(files, links)
    } catch (error) {
      if (files.length === 0 || stepFacts(error).verdict !== 'permanent') throw error
      return send([], attachments)
    }
  })
}

/** The first line of a conversation, which brings it about: notes have no place before. It reaches nobody. */
export async function importOpening(
  { api }: Pick<ImportDeps, 'api'>,
  opening: { externalId: string; handle: string; name: string | null; from: string; text: string },
  step: Step,
): Promise<string> {
  const { externalId, handle, name, from, text } = opening
  const answer = await api.call({
    method: 'POST',
    path: `${api.channelPath}/outbound_messages`,
    json: {
      sender_name: from,
      to: [{ handle, ...(name === null ? {} : { name }) }],
      body: text,
      metadata: { external_id: shortId(step.idempotencyKey), external_conversation_id: externalId },
    },
    signal: step.signal,
  })
  return readAnswer(accepted, answer).message_uid
}

async function post(
  api: FrontApi,
  message: TicketMessage,
  { externalId, handle, step, files, body }: FrontTicket & PostFacts,
): Promise<string> {
  const isCustomer = message.from === 'customer'
  const fields = {
    ...(isCustomer
      ? { sender: { handle, ...(message.customerName === undefined ? {} : { name: message.customerName }) } }
      : {
          to: [{ handle }],
          ...(message.agentName === undefined ? {} : { sender_name: message.agentName }),
        }),
    body,
    delivered_at: Math.floor(message.at / 1000),
    metadata: { external_id: shortId(step.idempotencyKey), external_conversation_id: externalId },
  }
  const answer = await api.call({
    method: 'POST',
    path: `${api.channelPath}/${isCustomer ? 'inbound' : 'outbound'}_messages`,
    ...(files.length === 0 ? { json: fields } : { bytes: formBody(fields, files) }),
    signal: step.signal,
  })
  return readAnswer(accepted, answer).message_uid
}

interface PostFacts {
  step: Step
  files: Parameters<typeof formBody>[1]
  body: string
}

/** Front takes messages in after its answer, so that one which is not there is looked for a second time. */
async function importedBefore(
  { conversations, lookAgainMs }: ImportDeps,
  ticket: FrontTicket,
  step: Step,
): Promise<{ uid: string | undefined } | undefined> {
  const wanted = shortId(step.idempotencyKey)
  const look = async () => {
    const answer = await conversations.call(
      ticket,
      { method: 'GET', path: '/messages?limit=100', signal: step.signal },
      step,
    )
    const found = readAnswer(messageList, answer)._results.find(
      ({ metadata }) => metadata?.external_id === wanted,
    )
    return found && { uid: found.message_uid }
  }
  const found = await look()
  if (found) return found
  await wait(lookAgainMs, undefined, { signal: step.signal }).catch(() => {})
  return look()
}
