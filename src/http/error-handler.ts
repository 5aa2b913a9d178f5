import type { FastifyError, FastifyInstance } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import type { Log } from '../domain/log.ts'
import { HttpProblem, sendProblem } from './problems.ts'

/** Makes a problem document of everything that a route can throw, and of routes that do not exist. */
export function handleErrors(
  app: FastifyInstance,
  deps: { log: Log; isStoreError: (error: unknown) => boolean },
) {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const problem = toProblem(error, deps.isStoreError)
    if (problem.code === 'INTERNAL' || problem.code === 'STORE_UNAVAILABLE') {
      const route = `${request.method} ${request.routeOptions.url ?? 'unknown'}`
      const { name, message } = error.cause instanceof Error ? error.cause : error
      // Our own faults by name only: the message of a JSON.parse, say, quotes the text that it could not read.
      const err = problem.code === 'INTERNAL' ? name : `${name}: ${message}`
      deps.log.error({ code: problem.code, route, err }, 'request failed')
    }
    return sendProblem(reply, problem)
  })
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, new HttpProblem('NOT_FOUND', `nothing answers ${request.method} at this path`)),
  )
}

function toProblem(error: FastifyError, isStoreError: (error: unknown) => boolean): HttpProblem {
  if (error instanceof HttpProblem) return error
  if (hasZodFastifySchemaValidationErrors(error)) {
    const context = error.validationContext ?? 'body'
    const errors = error.validation.map((one) => ({
      path: [context, ...one.instancePath.split('/').filter(Boolean)].join('.'),
      message: one.message ?? 'is not valid',
    }))
    return new HttpProblem('INVALID', 'see errors for the fields and their limits', { errors })
  }
  if (error.statusCode === 413) return new HttpProblem('BODY_TOO_LARGE', 'send it in smaller parts')
  if (error.statusCode === 415) return new HttpProblem('MEDIA_TYPE', 'set content-type: application/json')
  if (error.statusCode === 429) return new HttpProblem('TOO_MANY_REQUESTS', error.message)
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return new HttpProblem('BAD_REQUEST', error.message)
  }
  if (isStoreError(error)) {
    const detail = 'nothing was lost that was acknowledged; try again in a moment'
    return new HttpProblem('STORE_UNAVAILABLE', detail, { retryAfterSeconds: 1 })
  }
  return new HttpProblem('INTERNAL', 'the fault is ours and is in the log')
}
