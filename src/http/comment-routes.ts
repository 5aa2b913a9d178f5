import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { parseConversationId } from '../domain/conversation.ts'
import { hideErrors } from '../routing/comment-answers.ts'
import { HttpProblem } from './problems.ts'
import { idempotencyHeader } from './reply-routes.ts'
import type { ReplyDeps } from './reply-routes.ts'
import { acceptedReply, problemResponses } from './schemas.ts'

export type CommentDeps = Pick<ReplyDeps, 'pages' | 'accept' | 'notDurable' | 'comments'>

const commentParams = z.object({
  conversationId: z
    .string()
    .min(3)
    .max(400)
    .describe('`<pageId>:comment:<comment that began the thread>`, as it is or percent-encoded.')
    .meta({ example: '1234567890:comment:411_1' }),
  commentId: z.string().min(1).max(200).describe('A comment of the thread.').meta({ example: '411_1' }),
})

const deeds = [
  { verb: 'hide', operationId: 'hideComment', summary: 'Hide a comment from everybody but its author' },
  { verb: 'unhide', operationId: 'unhideComment', summary: 'Show a comment that was hidden' },
] as const

/** What is done to comments beside answering them. */
export const commentRoutes: FastifyPluginAsyncZod<CommentDeps> = async (app, deps) => {
  for (const { verb, operationId, summary } of deeds) {
    app.post(
      `/v1/conversations/:conversationId/comments/:commentId/${verb}`,
      {
        config: { scopes: ['replies:write'] },
        schema: {
          operationId,
          summary,
          description: 'Its fate is told by `GET /v1/replies/{id}`, like that of a reply.',
          tags: ['Comments'],
          params: commentParams,
          headers: idempotencyHeader,
          response: { 202: acceptedReply, ...problemResponses(401, 403, 404, 409, 422, 429, 503) },
        },
      },
      async (request, reply) => {
        const { conversationId, commentId } = request.params
        const fault = deps.notDurable()
        if (fault !== undefined) throw new HttpProblem('STORE_UNAVAILABLE', fault, { retryAfterSeconds: 1 })
        const { pageId = '', thread } = parseConversationId(conversationId) ?? {}
        const page = deps.pages.get(pageId)
        if (!page || !thread) {
          throw new HttpProblem(
            'NOT_FOUND',
            'the conversation of a comment is <pageId>:comment:<id>, and the Page must be in the config',
          )
        }
        const errors = await hideErrors(deps, { page, conversationId, thread }, commentId)
        if (errors.length > 0) {
          throw new HttpProblem('INVALID', 'see errors for the fields and their limits', { errors })
        }
        const accepted = await deps.accept({
          conversationId,
          message: {},
          agent: null,
          topic: null,
          comment: { do: verb, commentId },
          parts: 1,
          by: request.apiKeyId,
          idempotencyKey: request.headers['idempotency-key'],
        })
        if (!accepted.ok) {
          throw new HttpProblem('IDEMPOTENCY_KEY_REUSED', 'use a new Idempotency-Key for a new request')
        }
        return reply.code(202).send({ id: accepted.reply.id, status: 'queued' as const })
      },
    )
  }
}
