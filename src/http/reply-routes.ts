import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { parseConversationId } from '../domain/conversation.ts'
import type { Page } from '../domain/page.ts'
import { isReplyId } from '../domain/reply.ts'
import type { ReplyRecord } from '../domain/reply.ts'
import { textFault } from '../meta/text-limit.ts'
import type { Accepted, ReplyRequest } from '../routing/accept-reply.ts'
import { HttpProblem } from './problems.ts'
import {
  acceptedReply,
  conversationParams,
  problemResponses,
  replyBody,
  replyFate,
  replyParams,
} from './schemas.ts'

export interface ReplyDeps {
  pages: ReadonlyMap<string, Page>
  accept: (request: ReplyRequest) => Promise<Accepted>
  /** Why Redis would lose what we acknowledge, if it would. */
  notDurable: () => string | undefined
  reply: (id: string) => Promise<ReplyRecord | undefined>
}

export const idempotencyHeader = z.object({
  'idempotency-key': z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe('The same key and body answer the same reply, for as long as events are deduplicated.'),
})

/** What agents and bots say, and what became of it. */
export const replyRoutes: FastifyPluginAsyncZod<ReplyDeps> = async (app, deps) => {
  app.post(
    '/v1/conversations/:conversationId/replies',
    {
      config: { scopes: ['replies:write'] },
      schema: {
        operationId: 'createReply',
        summary: 'Say something to the person of a conversation',
        tags: ['Replies'],
        params: conversationParams,
        headers: idempotencyHeader,
        body: replyBody,
        response: { 202: acceptedReply, ...problemResponses(401, 403, 404, 422, 429, 503) },
      },
    },
    async (request, reply) => {
      const accepted = await createReply(deps, {
        conversationId: request.params.conversationId,
        text: request.body.text,
        agent: request.body.agent ?? null,
        by: request.apiKeyId,
        idempotencyKey: request.headers['idempotency-key'],
      })
      return reply.code(202).send(accepted)
    },
  )

  app.get(
    '/v1/replies/:id',
    {
      config: { scopes: ['replies:write', 'conversations:read'] },
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
      const { mid, ...rest } = found
      return { ...rest, parts: [{ mid, status: found.status }] }
    },
  )
}

/** Shared with the inbox, which is answered in the same way. */
export async function createReply(
  deps: Pick<ReplyDeps, 'pages' | 'accept' | 'notDurable'>,
  request: ReplyRequest,
) {
  const fault = deps.notDurable()
  if (fault !== undefined) throw new HttpProblem('STORE_UNAVAILABLE', fault, { retryAfterSeconds: 1 })
  const parsed = parseConversationId(request.conversationId)
  const page = deps.pages.get(parsed?.pageId ?? '')
  // Who is known only by a user_ref has no PSID yet, and the Send API wants them addressed in another way.
  if (!page || parsed?.psid == null || parsed.psid.startsWith('user_ref:')) {
    throw new HttpProblem(
      'NOT_FOUND',
      'a conversation id is <pageId>:<psid>, and the Page must be in the config',
    )
  }
  const textTooLong = textFault(request.text, page.channel)
  if (textTooLong) {
    throw new HttpProblem('INVALID', 'see errors for the fields and their limits', {
      errors: [{ path: 'body.text', message: textTooLong }],
    })
  }
  const accepted = await deps.accept(request)
  if (!accepted.ok) {
    throw new HttpProblem('IDEMPOTENCY_KEY_REUSED', 'use a new Idempotency-Key for a new reply')
  }
  return { id: accepted.reply.id, status: 'queued' as const }
}
