import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { DeadLetter, DeadLetters } from '../lanes/dead-letters.ts'
import { HttpProblem } from './problems.ts'
import {
  deadLetterList,
  deadLetterParams,
  erased,
  deadLetterWhole,
  listQuery,
  problemResponses,
  replayed,
} from './schemas.ts'

export interface DeadLetterDeps {
  deadLetters: Pick<DeadLetters, 'list' | 'get' | 'erase'>
  /** Puts it back on its way. False when another replay was faster. */
  replay: (letter: DeadLetter) => Promise<boolean>
}

const read = ['dead-letters:read', 'dead-letters:write']
const tags = ['Dead letters']

/** What was given up on: to be looked at, tried again, or erased. */
export const deadLetterRoutes: FastifyPluginAsyncZod<DeadLetterDeps> = async (app, deps) => {
  app.get(
    '/v1/dead-letters',
    {
      config: { scopes: read },
      schema: {
        operationId: 'listDeadLetters',
        summary: 'What was given up on, newest first',
        tags,
        querystring: listQuery,
        response: { 200: deadLetterList, ...problemResponses(401, 403, 422, 429, 503) },
      },
    },
    async (request) => {
      const { letters, total } = await deps.deadLetters.list(request.query.limit)
      return { deadLetters: letters.map(view), total }
    },
  )

  app.get(
    '/v1/dead-letters/:id',
    {
      config: { scopes: read },
      schema: {
        operationId: 'getDeadLetter',
        summary: 'One of them, with what was to be done',
        tags,
        params: deadLetterParams,
        response: { 200: deadLetterWhole, ...problemResponses(401, 403, 404, 429, 503) },
      },
    },
    async (request) => {
      const letter = await find(deps, request.params.id)
      return { ...view(letter), payload: letter.payload, encoding: letter.encoding }
    },
  )

  app.post(
    '/v1/dead-letters/:id/replay',
    {
      config: { scopes: ['dead-letters:write'] },
      schema: {
        operationId: 'replayDeadLetter',
        summary: 'Try it again, at the end of its conversation, under the idempotency key it had',
        tags,
        params: deadLetterParams,
        response: { 202: replayed, ...problemResponses(401, 403, 404, 429, 503) },
      },
    },
    async (request, reply) => {
      const letter = await find(deps, request.params.id)
      if (!(await deps.replay(letter))) throw gone()
      return reply.code(202).send({ id: letter.id, status: 'queued' as const })
    },
  )

  app.delete(
    '/v1/dead-letters/:id',
    {
      config: { scopes: ['dead-letters:write'] },
      schema: {
        operationId: 'eraseDeadLetter',
        summary: 'Erase it for good',
        tags,
        params: deadLetterParams,
        response: { 204: erased, ...problemResponses(401, 403, 404, 429, 503) },
      },
    },
    async (request, reply) => {
      if (!(await deps.deadLetters.erase(request.params.id))) throw gone()
      return reply.code(204).send(null)
    },
  )
}

async function find(deps: DeadLetterDeps, id: string): Promise<DeadLetter> {
  const letter = await deps.deadLetters.get(id)
  if (!letter) throw gone()
  return letter
}

function gone(): HttpProblem {
  return new HttpProblem('NOT_FOUND', 'no dead letter has this id; it may have been replayed already')
}

function view({ payload: _payload, encoding: _encoding, at, ...rest }: DeadLetter) {
  return { ...rest, at: new Date(at).toISOString() }
}
