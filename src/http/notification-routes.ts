import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { OutgoingTemplate } from '../domain/outgoing.ts'
import { addressee, notificationBody } from './consent-schemas.ts'
import { createReply, idempotencyHeader } from './reply-routes.ts'
import type { CreateDeps } from './reply-routes.ts'
import { acceptedReply, problemResponses } from './schemas.ts'

export type NotificationDeps = CreateDeps

/** What a shop has to tell its customers: orders, parcels, appointments. */
export const notificationRoutes: FastifyPluginAsyncZod<NotificationDeps> = async (app, deps) => {
  app.post(
    '/v1/notifications',
    {
      config: { scopes: ['notifications:write'] },
      schema: {
        operationId: 'createNotification',
        summary: 'Tell a customer something that they agreed to be told',
        description:
          'Whether they agreed is looked up when it is sent, since they may change their mind while it waits: ' +
          'then `GET /v1/replies/{id}` says `failed` with `CONSENT_MISSING`.',
        tags: ['Notifications'],
        headers: idempotencyHeader,
        body: notificationBody,
        response: { 202: acceptedReply, ...problemResponses(401, 403, 404, 422, 429, 503) },
      },
    },
    async (request, reply) => {
      const { to, topic, template } = request.body
      const accepted = await createReply(deps, {
        conversationId: addressee(to),
        // Only JSON was parsed, so a field that is not there is no field that is undefined.
        message: { template: template as OutgoingTemplate },
        agent: null,
        topic,
        by: request.apiKeyId,
        idempotencyKey: request.headers['idempotency-key'],
      })
      return reply.code(202).send(accepted)
    },
  )
}
