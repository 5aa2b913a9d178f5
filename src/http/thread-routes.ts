import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { parseConversationId } from '../domain/conversation.ts'
import type { Page } from '../domain/page.ts'
import { laneName } from '../lanes/keys.ts'
import { changeThread, threadOwner } from '../routing/change-thread.ts'
import type { ThreadAnswer, ThreadDeps as RoutingDeps } from '../routing/change-thread.ts'
import { HttpProblem } from './problems.ts'
import { idempotencyHeader } from './reply-routes.ts'
import { conversationParams, problemResponses } from './schemas.ts'

export interface ThreadDeps extends RoutingDeps {
  pages: ReadonlyMap<string, Page>
  /** Makes lanes due now, whatever they wait for. */
  wake: (lanes: string[]) => Promise<void>
}

const metadata = z
  .string()
  .min(1)
  .max(1000)
  .optional()
  .describe('A word to the other app; Meta passes it on as it is.')

const threadAction = z.discriminatedUnion('action', [
  z.strictObject({
    action: z.literal('pass'),
    target: z
      .string()
      .regex(/^(inbox|\d{1,20})$/, 'must be inbox or the id of an app')
      .describe("`inbox` is Meta's own inbox, where people answer; else the id of an app."),
    metadata,
  }),
  z.strictObject({ action: z.literal('release') }),
  z.strictObject({ action: z.literal('request'), metadata }),
  z.strictObject({ action: z.literal('take'), metadata }),
  z.strictObject({ action: z.literal('extend'), seconds: z.number().int().min(1).max(604_800) }),
])

/** In this order each can be done after the one before it. */
const examples = {
  passToApp: { value: { action: 'pass', target: '219876543210987', metadata: 'wants to pay by invoice' } },
  take: { value: { action: 'take', metadata: 'our agent goes on' } },
  extend: { value: { action: 'extend', seconds: 172_800 } },
  request: { value: { action: 'request' } },
  release: { value: { action: 'release' } },
  passToInbox: { value: { action: 'pass', target: 'inbox' } },
}

const path = '/v1/conversations/:conversationId/thread-control'
const tags = ['Conversations']

/** Which app answers a conversation at Meta: who has it, and handing it over. */
export const threadRoutes: FastifyPluginAsyncZod<ThreadDeps> = async (app, deps) => {
  app.post(
    path,
    {
      config: { scopes: ['replies:write'] },
      schema: {
        operationId: 'changeThreadControl',
        summary: 'Hand a conversation over, take it back, or keep it',
        description: 'Asks Meta at once. The same may be asked again without harm; see docs/handover.md.',
        tags,
        params: conversationParams,
        headers: idempotencyHeader,
        body: threadAction.meta({ 'x-examples': examples }),
        response: {
          200: z.object({
            conversationId: z.string(),
            action: z.enum(['pass', 'release', 'request', 'take', 'extend']),
            ok: z.literal(true),
          }),
          ...problemResponses(401, 403, 404, 409, 422, 429, 502, 503),
        },
      },
    },
    async (request) => {
      const { conversationId } = request.params
      const { page, psid } = personOf(deps, conversationId)
      resultOf(await changeThread(deps, page, psid, request.body))
      const { action } = request.body
      // What waits there for another app to let go may leave now.
      if (action === 'take') await deps.wake([laneName('out', conversationId)])
      return { conversationId, action, ok: true as const }
    },
  )

  app.get(
    path,
    {
      config: { scopes: ['replies:write', 'conversations:read'] },
      schema: {
        operationId: 'getThreadControl',
        summary: 'Which app has a conversation at Meta',
        tags,
        params: conversationParams,
        response: {
          200: z.object({
            owner: z
              .object({
                appId: z.string().nullable().describe('Null when Meta does not tell us which.'),
                expiresAt: z.iso.datetime().nullable(),
              })
              .nullable()
              .describe("Null when nobody has it: then the Page's default app may answer."),
          }),
          ...problemResponses(401, 403, 404, 422, 429, 502, 503),
        },
      },
    },
    async (request) => {
      const { page, psid } = personOf(deps, request.params.conversationId)
      const owner = resultOf(await threadOwner(deps, page, psid))
      if (!owner) return { owner: null }
      const { appId, expiresAt } = owner
      return { owner: { appId, expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString() } }
    },
  )
}

function personOf({ pages }: Pick<ThreadDeps, 'pages'>, conversationId: string) {
  const parsed = parseConversationId(conversationId)
  const page = pages.get(parsed?.pageId ?? '')
  // A person known only by a checkbox has no conversation at Meta yet.
  if (!page || parsed?.psid == null || parsed.psid.startsWith('user_ref:')) {
    throw new HttpProblem(
      'NOT_FOUND',
      'only a conversation with a person, <pageId>:<psid>, can be handed over, and its Page must be in the config',
    )
  }
  return { page, psid: parsed.psid }
}

function resultOf<T>(answer: ThreadAnswer<T>): T {
  if (answer.ok) return answer.value
  if (!answer.retry) throw new HttpProblem('META_REFUSED', answer.message)
  throw new HttpProblem('META_UNAVAILABLE', answer.message, { retryAfterSeconds: 5 })
}
