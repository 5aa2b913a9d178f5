import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { parseConversationId } from '../domain/conversation.ts'
import type { Agent, Outgoing } from '../domain/outgoing.ts'
import type { Page } from '../domain/page.ts'
import { isReplyId } from '../domain/reply.ts'
import type { ReplyRecord } from '../domain/reply.ts'
import { commentExamples } from '../meta/outgoing/comment-examples.ts'
import { replyExamples } from '../meta/outgoing/examples.ts'
import { outgoingSchema, readOutgoing } from '../meta/outgoing/schema.ts'
import type { CommentFields } from '../meta/outgoing/schema.ts'
import type { Uploads } from '../records/uploads.ts'
import type { Accepted, ReplyRequest } from '../routing/accept-reply.ts'
import { checkReply } from '../routing/check-reply.ts'
import type { CommentAnswerDeps } from '../routing/comment-answers.ts'
import { publicReplyId } from '../routing/tell-private.ts'
import { needScope } from './api-keys.ts'
import { HttpProblem } from './problems.ts'
import { acceptedReply, conversationParams, problemResponses, replyFate, replyParams } from './schemas.ts'

export interface ReplyDeps extends CommentAnswerDeps {
  pages: ReadonlyMap<string, Page>
  accept: (request: ReplyRequest) => Promise<Accepted>
  /** Why Redis would lose what we acknowledge, if it would. */
  notDurable: () => string | undefined
  reply: (id: string) => Promise<ReplyRecord | undefined>
  uploads: Pick<Uploads, 'get' | 'keep'>
}

export const idempotencyHeader = z.object({
  'idempotency-key': z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe('The same key and request answer the same for 24 hours, and take effect once.'),
})

/** What agents and bots say, and what became of it. */
export const replyRoutes: FastifyPluginAsyncZod<ReplyDeps> = async (app, deps) => {
  app.post(
    '/v1/conversations/:conversationId/replies',
    {
      config: { scopes: ['replies:write'] },
      schema: {
        operationId: 'createReply',
        summary: 'Say something to the person of a conversation, or answer a comment',
        description:
          'In a thread of comments, whose conversation is `<pageId>:comment:<id>`, `as`, `commentId` and `publicText` say ' +
          'how which comment is answered; see docs/comments.md.',
        tags: ['Replies'],
        params: conversationParams,
        headers: idempotencyHeader,
        body: outgoingSchema.meta({ 'x-examples': { ...replyExamples, ...commentExamples } }),
        response: { 202: acceptedReply, ...problemResponses(401, 403, 404, 409, 422, 429, 503) },
      },
    },
    async (request, reply) => {
      const said = readOutgoing(request.body)
      if (said.message.raw !== undefined) needScope(request, 'replies:raw')
      const { conversationId } = request.params
      const accepted = await createReply(deps, {
        conversationId,
        ...said,
        topic: null,
        by: request.apiKeyId,
        idempotencyKey: request.headers['idempotency-key'],
      })
      return reply.code(202).send(accepted)
    },
  )

  app.get(
    '/v1/replies/:id',
    {
      config: { scopes: ['replies:write', 'notifications:write', 'conversations:read'] },
      schema: {
        operationId: 'getReply',
        summary: 'What became of a reply',
        tags: ['Replies'],
        params: replyParams,
        response: { 200: replyFate, ...problemResponses(401, 403, 404, 429, 503) },
      },
    },
    async (request) => {
      const { id } = request.params
      const found = isReplyId(id) ? await deps.reply(id) : undefined
      if (!found)
        throw new HttpProblem('NOT_FOUND', 'no reply has this id, or it is older than replies are kept')
      return found
    },
  )
}

export interface WantedReply {
  conversationId: string
  message: Outgoing
  agent: Agent | null
  topic: string | null
  /** What it says of the comment that it answers. */
  comment?: CommentFields
  by: string
  idempotencyKey: string | undefined
}

export type CreateDeps = Pick<ReplyDeps, 'pages' | 'accept' | 'notDurable' | 'uploads' | 'comments'>

/** Shared with the inbox and the notifications, which are accepted in the same way. */
export async function createReply(deps: CreateDeps, wanted: WantedReply) {
  const fault = deps.notDurable()
  if (fault !== undefined) throw new HttpProblem('STORE_UNAVAILABLE', fault, { retryAfterSeconds: 1 })
  const { comment: fields = {}, ...request } = wanted
  const { message, conversationId } = wanted
  const parsed = parseConversationId(conversationId)
  const page = deps.pages.get(parsed?.pageId ?? '')
  if (!page || !parsed || (parsed.psid === null && !parsed.thread)) {
    throw new HttpProblem(
      'NOT_FOUND',
      'a conversation id is <pageId>:<psid>, or <pageId>:comment:<id>, and the Page must be in the config',
    )
  }
  const checked = await checkReply(deps, { page, conversationId, thread: parsed.thread }, message, fields)
  if (!checked.ok) {
    throw new HttpProblem('INVALID', 'see errors for the fields and their limits', { errors: checked.errors })
  }
  const { comment, parts } = checked
  const accepted = await deps.accept({ ...request, parts, ...(comment ? { comment } : {}) })
  if (!accepted.ok) {
    throw new HttpProblem('IDEMPOTENCY_KEY_REUSED', 'use a new Idempotency-Key for a new reply')
  }
  const { reply } = accepted
  const following = comment?.publicText === undefined ? {} : { publicReplyId: publicReplyId(reply) }
  return { id: reply.id, status: 'queued' as const, ...following }
}
