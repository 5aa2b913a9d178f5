import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { parseConversationId } from '../domain/conversation.ts'
import type { Page } from '../domain/page.ts'
import { consentList } from '../records/consent-log.ts'
import type { ConsentList } from '../records/consent-log.ts'
import type { Consents } from '../records/consents.ts'
import { consentBody, consentView, customerParams } from './consent-schemas.ts'
import { HttpProblem } from './problems.ts'
import { problemResponses } from './schemas.ts'

export interface ConsentDeps {
  pages: ReadonlyMap<string, Page>
  consents: Pick<Consents, 'note' | 'list'>
  /** Why Redis would lose what we acknowledge, if it would. */
  notDurable: () => string | undefined
}

const path = '/v1/customers/:customerId/consents'

/** What a person agreed to, with its history; and what a shop knows of it from elsewhere. */
export const consentRoutes: FastifyPluginAsyncZod<ConsentDeps> = async (app, deps) => {
  app.get(
    path,
    {
      config: { scopes: ['customers:read', 'customers:write'] },
      schema: {
        operationId: 'getConsents',
        summary: 'What a customer agreed to, when and how',
        tags: ['Customers'],
        params: customerParams,
        response: { 200: consentView, ...problemResponses(401, 403, 404, 422, 429, 503) },
      },
    },
    async (request) => {
      const id = customerOf(deps, request.params.customerId)
      return view(await deps.consents.list(id))
    },
  )

  app.put(
    path,
    {
      config: { scopes: ['customers:write'] },
      schema: {
        operationId: 'putConsents',
        summary: 'Keep what a customer agreed to or took back',
        description:
          'The decision that the person made last counts, whichever way it came and in whatever order it is told.',
        tags: ['Customers'],
        params: customerParams,
        body: consentBody,
        response: { 200: consentView, ...problemResponses(401, 403, 404, 422, 429, 503) },
      },
    },
    async (request) => {
      const fault = deps.notDurable()
      if (fault !== undefined) throw new HttpProblem('STORE_UNAVAILABLE', fault, { retryAfterSeconds: 1 })
      const conversationId = customerOf(deps, request.params.customerId)
      const by = `rest:${request.apiKeyId}`
      const noted = await deps.consents.note(
        request.body.consents.map(({ topic, status, source = 'rest', at }) => ({
          conversationId,
          topic,
          status,
          source,
          by,
          at: at === undefined ? null : Math.min(Date.parse(at), Date.now()),
        })),
      )
      return view(consentList(noted.get(conversationId)!.log))
    },
  )
}

function customerOf({ pages }: ConsentDeps, id: string): string {
  const parsed = parseConversationId(id)
  if (parsed?.psid == null || !pages.has(parsed.pageId)) {
    throw new HttpProblem('NOT_FOUND', 'a customer id is <pageId>:<psid>, and the Page must be in the config')
  }
  return id
}

function view({ consents, stoppedAt }: ConsentList) {
  return {
    consents: consents.map(({ history, ...consent }) => ({
      ...withIso(consent),
      history: history.map(withIso),
    })),
    stoppedAt: stoppedAt === null ? null : iso(stoppedAt),
  }
}

function withIso<T extends { at: number }>(decision: T) {
  return { ...decision, at: iso(decision.at) }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
