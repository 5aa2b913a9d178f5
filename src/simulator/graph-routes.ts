import type { FastifyInstance } from 'fastify'
import { assetRoutes } from './asset-routes.ts'
import { commentRoutes } from './comment-routes.ts'
import { badParameter } from './graph-error.ts'
import { unknownPath, type GraphCalls } from './graph-calls.ts'
import { nodeRoutes } from './node-routes.ts'
import { profileRoutes } from './profile-routes.ts'
import { readForms } from './read-form.ts'
import { sendRoutes, type SendDeps } from './send-routes.ts'
import { subscriptionRoutes } from './subscription-routes.ts'
import { threadRoutes } from './thread-routes.ts'

type DepsOf<T extends (app: FastifyInstance, deps: never) => Promise<void>> = Parameters<T>[1]

export type GraphDeps = SendDeps &
  DepsOf<typeof assetRoutes> &
  DepsOf<typeof nodeRoutes> &
  DepsOf<typeof subscriptionRoutes> & { calls: GraphCalls }

/** Graph, as far as a messaging app needs it. */
export async function graphRoutes(app: FastifyInstance, deps: GraphDeps): Promise<void> {
  const { calls } = deps

  // What no route has thrown itself comes from reading the body.
  app.setErrorHandler((error, _request, reply) => {
    const tooBig = error instanceof Error && 'statusCode' in error && error.statusCode === 413
    const message = error instanceof Error ? error.message : String(error)
    return calls.refuse(reply, (tooBig ? badParameter('too big', 2018109) : badParameter(message)).error)
  })

  readForms(app)
  await sendRoutes(app, deps)
  await assetRoutes(app, deps)
  await profileRoutes(app, deps)
  await subscriptionRoutes(app, deps)
  await threadRoutes(app, { ...deps, control: deps.threadControl })
  await commentRoutes(app, deps)
  await nodeRoutes(app, deps)

  app.all('/*', (request, reply) => calls.refuse(reply, unknownPath(request).error))
}
