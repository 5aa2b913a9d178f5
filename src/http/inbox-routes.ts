import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { InboxConversation, InboxMessage, InboxStore } from '../helpdesk/inbox/store.ts'
import type { Conversations } from '../records/conversations.ts'
import { outgoingSchema, readOutgoing } from '../meta/outgoing/schema.ts'
import { needScope } from './api-keys.ts'
import { HttpProblem } from './problems.ts'
import { createReply, idempotencyHeader } from './reply-routes.ts'
import type { CreateDeps } from './reply-routes.ts'
import {
  acceptedReply,
  conversationParams,
  inboxConversation,
  inboxList,
  inboxStatus,
  listQuery,
  problemResponses,
} from './schemas.ts'

export interface InboxDeps extends CreateDeps {
  /** The inbox that keeps this Page's conversations, or the only one there is. */
  inboxes: readonly InboxStore[]
  noteTicketStatus: Conversations['noteTicketStatus']
  now: () => number
}

const tags = ['Inbox']

/** The embedded helpdesk over REST: list conversations, read one, answer it. */
export const inboxRoutes: FastifyPluginAsyncZod<InboxDeps> = async (app, deps) => {
  app.get(
    '/v1/inbox/conversations',
    {
      config: { scopes: ['conversations:read'] },
      schema: {
        operationId: 'listInbox',
        summary: 'Conversations of the embedded inbox, newest first',
        tags,
        querystring: listQuery,
        response: { 200: inboxList, ...problemResponses(401, 403, 422, 429, 503) },
      },
    },
    async (request) => {
      const lists = await Promise.all(deps.inboxes.map((inbox) => inbox.list(request.query.limit)))
      const newest = lists.flat().toSorted((a, b) => b.lastMessageAt - a.lastMessageAt)
      return { conversations: newest.slice(0, request.query.limit).map(conversationView) }
    },
  )

  app.get(
    '/v1/inbox/conversations/:conversationId',
    {
      config: { scopes: ['conversations:read'] },
      schema: {
        operationId: 'getInboxConversation',
        summary: 'One conversation with its newest 200 messages, oldest first',
        tags,
        params: conversationParams,
        response: { 200: inboxConversation, ...problemResponses(401, 403, 404, 429, 503) },
      },
    },
    async (request) => {
      const found = await Promise.all(deps.inboxes.map((inbox) => inbox.get(request.params.conversationId)))
      const conversation = found.find((one) => one !== undefined)
      if (!conversation) throw new HttpProblem('NOT_FOUND', 'no inbox holds this conversation')
      return { ...conversationView(conversation), messages: conversation.messages.map(messageView) }
    },
  )

  app.put(
    '/v1/inbox/conversations/:conversationId/status',
    {
      config: { scopes: ['replies:write'] },
      schema: {
        operationId: 'setInboxStatus',
        summary: 'Solve a conversation of the inbox, or open it again',
        tags,
        params: conversationParams,
        headers: idempotencyHeader,
        body: inboxStatus,
        response: { 200: inboxStatus, ...problemResponses(401, 403, 404, 409, 422, 429, 503) },
      },
    },
    async (request) => {
      const id = request.params.conversationId
      const { status } = request.body
      for (const inbox of deps.inboxes) {
        // First what routing goes by: whoever dies in between leaves one that comes back when the customer writes.
        await deps.noteTicketStatus(id, inbox.helpdesk, id, status, deps.now())
        if (await inbox.setConversationStatus(id, status)) return { status }
      }
      throw new HttpProblem('NOT_FOUND', 'no inbox holds this conversation')
    },
  )

  app.post(
    '/v1/inbox/conversations/:conversationId/replies',
    {
      config: { scopes: ['replies:write'] },
      schema: {
        operationId: 'answerInboxConversation',
        summary: 'Answer a conversation of the inbox',
        tags,
        params: conversationParams,
        headers: idempotencyHeader,
        body: outgoingSchema,
        response: { 202: acceptedReply, ...problemResponses(401, 403, 404, 409, 422, 429, 503) },
      },
    },
    async (request, reply) => {
      const said = readOutgoing(request.body)
      if (said.message.raw !== undefined) needScope(request, 'replies:raw')
      const accepted = await createReply(deps, {
        conversationId: request.params.conversationId,
        ...said,
        topic: null,
        by: request.apiKeyId,
        idempotencyKey: request.headers['idempotency-key'],
      })
      return reply.code(202).send(accepted)
    },
  )
}

function conversationView(conversation: InboxConversation) {
  return { ...conversation, lastMessageAt: new Date(conversation.lastMessageAt).toISOString() }
}

function messageView(message: InboxMessage) {
  const { attachments, ...rest } = message
  return {
    ...rest,
    at: new Date(message.at).toISOString(),
    ...(attachments ? { attachments: attachments.map((one) => ({ ...one })) } : {}),
  }
}
