import { createHmac } from 'node:crypto'
import { z } from 'zod'
import { StepError } from '../../domain/step-error.ts'
import { readAnswer } from '../http-client.ts'
import type { HelpdeskAnswer, HelpdeskCall, HelpdeskHttp } from '../http-client.ts'
import type { ChatwootSettings } from './settings.ts'

const contactAnswer = z.object({ id: z.number(), source_id: z.string() })
const idAnswer = z.object({ id: z.number() })
const conversationsAnswer = z.object({
  payload: z.array(
    z.object({ id: z.number(), custom_attributes: z.record(z.string(), z.unknown()).nullish() }),
  ),
})
const messagesAnswer = z.object({
  payload: z.array(
    z.object({
      id: z.number(),
      source_id: z.string().nullish(),
      created_at: z.number(),
      content_attributes: z.object({ deleted: z.boolean().nullish() }).nullish(),
    }),
  ),
})
const labelsAnswer = z.object({ payload: z.array(z.string()) })
const statusAnswer = z.object({ payload: z.object({ current_status: z.string() }) })
const inboxesAnswer = z.object({
  payload: z.array(
    z.looseObject({
      id: z.number(),
      channel_type: z.string(),
      inbox_identifier: z.string().nullish(),
      webhook_url: z.string().nullish(),
      secret: z.string().nullish(),
      hmac_mandatory: z.boolean().nullish(),
      lock_to_single_conversation: z.boolean().nullish(),
      additional_attributes: z.record(z.string(), z.unknown()).nullish(),
    }),
  ),
})

export type ChatwootInbox = z.infer<typeof inboxesAnswer>['payload'][number]
export type ChatwootMessage = z.infer<typeof messagesAnswer>['payload'][number]
type Body = Pick<HelpdeskCall, 'json' | 'form'>

export type ChatwootApi = ReturnType<typeof chatwootApi>

/**
 * The calls that we make: contacts and conversations through the client API, whose inbox we are, all else through the
 * application API. A conversation that is gone fails with TICKET_GONE.
 */
export function chatwootApi(settings: ChatwootSettings, http: HelpdeskHttp) {
  const { url, accountId, inboxIdentifier, apiToken, hmacToken } = settings
  const base = url.replace(/\/+$/, '')
  const client = `${base}/public/api/v1/inboxes/${inboxIdentifier}/contacts`
  const account = `${base}/api/v1/accounts/${accountId}`
  const headers = { api_access_token: apiToken }

  function ask(method: HelpdeskCall['method'], path: string, body: Body, signal: AbortSignal) {
    return http.call({ method, url: `${account}${path}`, headers, ...body, signal })
  }

  async function inboxes(signal: AbortSignal): Promise<ChatwootInbox[]> {
    return readAnswer(inboxesAnswer, await ask('GET', '/inboxes', {}, signal)).payload
  }

  /** A 404 may also mean that the account is not ours any more: then no new ticket would help. */
  async function inConversation(
    method: HelpdeskCall['method'],
    id: string,
    rest: string,
    body: Body,
    signal: AbortSignal,
  ): Promise<HelpdeskAnswer> {
    const path = `/conversations/${encodeURIComponent(id)}${rest}`
    const wanted = { method, url: `${account}${path}`, headers, ...body, also: [404], signal }
    const answer = await http.call(wanted)
    if (answer.status !== 404) return answer
    if ((await inboxes(signal)).some((inbox) => inbox.inbox_identifier === inboxIdentifier))
      throw new StepError('the conversation is gone from Chatwoot', {
        code: 'TICKET_GONE',
        verdict: 'permanent',
        arrived: 'no',
      })
    throw new StepError('Chatwoot does not know the inbox that the settings name', {
      code: 'HELPDESK_REFUSED',
      verdict: 'permanent',
      arrived: 'no',
    })
  }

  return {
    inboxes,

    /** The same contact for the same identifier, however often it is asked. */
    async contact(identifier: string, name: string, signal: AbortSignal) {
      const proof = hmacToken === undefined ? {} : { identifier_hash: hmac(hmacToken, identifier) }
      // Whoever knows a source id and the inbox may read its conversations, so it is none that can be guessed.
      const json = { identifier, ...proof, name, source_id: hmac(inboxIdentifier, identifier) }
      const answer = await http.call({ method: 'POST', url: client, json, signal })
      const { id, source_id: sourceId } = readAnswer(contactAnswer, answer)
      return { id: String(id), sourceId }
    },

    async openConversation(sourceId: string, attributes: Record<string, string>, signal: AbortSignal) {
      const url = `${client}/${encodeURIComponent(sourceId)}/conversations`
      const json = { custom_attributes: attributes }
      const answer = await http.call({ method: 'POST', url, json, signal })
      return String(readAnswer(idAnswer, answer).id)
    },

    /** The latest of a contact's conversations. */
    async conversationsOf(contactId: string, signal: AbortSignal) {
      const answer = await ask('GET', `/contacts/${contactId}/conversations`, {}, signal)
      return readAnswer(conversationsAnswer, answer).payload
    },

    /** Twenty of them, the latest that are older than `before`; or the first hundred that are newer than `after`. */
    async messages(
      conversation: string,
      { before, after }: { before?: number | undefined; after?: number },
      signal: AbortSignal,
    ) {
      const query = after !== undefined ? `?after=${after}` : before !== undefined ? `?before=${before}` : ''

      const answer = await inConversation('GET', conversation, `/messages${query}`, {}, signal)
      return readAnswer(messagesAnswer, answer).payload
    },

    async addMessage(conversation: string, body: Body, signal: AbortSignal) {
      const answer = await inConversation('POST', conversation, '/messages', body, signal)
      return String(readAnswer(idAnswer, answer).id)
    },

    /** What is gone already stays so. */
    async deleteMessage(conversation: string, message: string, signal: AbortSignal) {
      const path = `/conversations/${encodeURIComponent(conversation)}/messages/${encodeURIComponent(message)}`
      await http.call({ method: 'DELETE', url: `${account}${path}`, headers, also: [404], signal })
    },

    /** Undescribed, but what Chatwoot's own API channels do. What is gone needs no status. */
    async setMessageStatus(conversation: string, message: string, json: object, signal: AbortSignal) {
      const path = `/conversations/${encodeURIComponent(conversation)}/messages/${encodeURIComponent(message)}`
      await http.call({ method: 'PATCH', url: `${account}${path}`, headers, json, also: [404], signal })
    },

    async setStatus(conversation: string, status: 'open' | 'resolved', signal: AbortSignal) {
      const answer = await inConversation(
        'POST',
        conversation,
        '/toggle_status',
        { json: { status } },
        signal,
      )
      readAnswer(statusAnswer, answer)
    },

    async labels(conversation: string, signal: AbortSignal) {
      return readAnswer(labelsAnswer, await inConversation('GET', conversation, '/labels', {}, signal))
        .payload
    },

    async setLabels(conversation: string, labels: string[], signal: AbortSignal) {
      readAnswer(
        labelsAnswer,
        await inConversation('POST', conversation, '/labels', { json: { labels } }, signal),
      )
    },

    async updateContact(id: string, json: object, signal: AbortSignal) {
      await ask('PUT', `/contacts/${id}`, { json }, signal)
    },

    async setWebhook(inbox: number, webhookUrl: string, signal: AbortSignal) {
      const json = { channel: { webhook_url: webhookUrl } }
      await ask('PATCH', `/inboxes/${inbox}`, { json }, signal)
    },
  }
}

function hmac(key: string, text: string): string {
  return createHmac('sha256', key).update(text).digest('hex')
}
