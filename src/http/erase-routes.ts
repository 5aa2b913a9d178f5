import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { parseConversationId } from '../domain/conversation.ts'
import type { Deletion, Deletions } from '../records/deletions.ts'
import type { EraseCustomer } from '../routing/erase-customer.ts'
import {
  deletionList,
  deletionParams,
  deletionView,
  eraseBody,
  eraseParams,
  erasureView,
} from './erase-schemas.ts'
import { HttpProblem } from './problems.ts'
import { listQuery, problemResponses } from './schemas.ts'

export interface EraseDeps {
  deletions: Pick<Deletions, 'get' | 'list' | 'finish'>
  erase: EraseCustomer
  /** Aborts when the service stops. */
  stopping: AbortSignal
  now: () => number
}

const tags = ['Privacy']

/** People who are to be forgotten. */
export const eraseRoutes: FastifyPluginAsyncZod<EraseDeps> = async (app, deps) => {
  app.post(
    '/v1/customers/:customerId/erase',
    {
      config: { scopes: ['customers:write'] },
      schema: {
        operationId: 'eraseCustomer',
        summary: 'Erase everything that is kept of a customer',
        description:
          'Answers when Redis has written its files anew, which takes as long as it takes; the erasure goes on when ' +
          'the caller hangs up, and doing it again is harmless. What arrives later starts afresh.',
        tags,
        params: eraseParams,
        body: eraseBody,
        response: { 200: erasureView, ...problemResponses(401, 403, 404, 422, 429, 503) },
      },
    },
    async (request) => {
      const { customerId } = request.params
      const { keepSuppression, deletionCode = null } = request.body
      // The Page need not be in the config any more: what is kept of its people must go nevertheless.
      if (parseConversationId(customerId)?.psid == null) {
        throw new HttpProblem('NOT_FOUND', 'a customer id is <pageId>:<psid>')
      }
      if (deletionCode !== null) await find(deps, deletionCode)
      return deps.erase({ customerId, keepSuppression, deletionCode }, deps.stopping)
    },
  )

  app.get(
    '/v1/privacy/deletions',
    {
      config: { scopes: ['customers:read', 'customers:write'] },
      schema: {
        operationId: 'listDeletions',
        summary: 'Who asked Meta to have their data deleted, or left the app, newest first',
        tags,
        querystring: listQuery,
        response: { 200: deletionList, ...problemResponses(401, 403, 422, 429, 503) },
      },
    },
    async (request) => ({ deletions: (await deps.deletions.list(request.query.limit)).map(view) }),
  )

  app.post(
    '/v1/privacy/deletions/:code/complete',
    {
      config: { scopes: ['customers:write'] },
      schema: {
        operationId: 'completeDeletion',
        summary: 'Say that a request is fulfilled: nothing of the person is kept, or all of it was erased',
        tags,
        params: deletionParams,
        response: { 200: deletionView, ...problemResponses(401, 403, 404, 422, 429, 503) },
      },
    },
    async (request) => {
      const { code } = request.params
      await deps.deletions.finish(code, deps.now())
      return view(await find(deps, code))
    },
  )
}

async function find(deps: EraseDeps, code: string): Promise<Deletion> {
  const found = await deps.deletions.get(code)
  if (!found)
    throw new HttpProblem('NOT_FOUND', 'no request has this code, or it is older than requests are kept')
  return found
}

function view({ receivedAt, doneAt, ...rest }: Deletion) {
  const iso = (ms: number) => new Date(ms).toISOString()
  return { ...rest, receivedAt: iso(receivedAt), doneAt: doneAt === null ? null : iso(doneAt) }
}
