import rateLimit from '@fastify/rate-limit'
import swagger from '@fastify/swagger'
import { fastify } from 'fastify'
import type { FastifyInstance } from 'fastify'
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import type { Redis } from 'ioredis'
import type { Log } from '../domain/log.ts'
import { requireScope } from './api-keys.ts'
import type { ApiKey } from './api-keys.ts'
import { conversationRoutes } from './conversation-routes.ts'
import type { ConversationDeps } from './conversation-routes.ts'
import { deadLetterRoutes } from './dead-letter-routes.ts'
import type { DeadLetterDeps } from './dead-letter-routes.ts'
import { handleErrors } from './error-handler.ts'
import { inboxRoutes } from './inbox-routes.ts'
import type { InboxDeps } from './inbox-routes.ts'
import { replyRoutes } from './reply-routes.ts'
import type { ReplyDeps } from './reply-routes.ts'
import { webhookRoutes } from './webhook-routes.ts'
import type { WebhookDeps } from './webhook-routes.ts'

export interface PublicServerDeps extends ConversationDeps, DeadLetterDeps, InboxDeps, ReplyDeps {
  webhook: WebhookDeps
  apiKeys: readonly ApiKey[]
  trustProxy: readonly string[]
  /** Where REST limits are counted. Null counts in memory, for one process. */
  limits: { redis: Redis; namespace: string } | null
  restPerMinute: number
  isStoreError: (error: unknown) => boolean
  log: Log
}

export interface PublicServer {
  app: FastifyInstance
  /** The REST API as an OpenAPI document, once the app is ready. */
  describe: () => object
}

/** Meta uses a few dozen; more than this is somebody who would fill our memory. */
const maxConnections = 2000

/** The public port: Meta's webhook and the REST API. */
export async function publicServer(deps: PublicServerDeps): Promise<PublicServer> {
  const app = fastify({
    // False unless the operator names their proxies: `true` would let any caller choose the address that limits see.
    trustProxy: deps.trustProxy.length > 0 ? [...deps.trustProxy] : false,
    routerOptions: { maxParamLength: 500 },
    // A body that drips in is only cut when all three are set, and the headers' limit is below the request's.
    requestTimeout: 10_000,
    http: { headersTimeout: 5000, connectionsCheckingInterval: 1000 },
    keepAliveTimeout: 72_000,
    return503OnClosing: true,
    forceCloseConnections: 'idle',
  })
  app.server.maxConnections = maxConnections
  handleErrors(app, deps)
  await app.register((scope) => webhookRoutes(scope, deps.webhook))
  let describe: PublicServer['describe'] = () => ({})
  await app.register(async (scope) => {
    await restRoutes(scope, deps)
    describe = () => scope.swagger()
  })
  return { app, describe: () => describe() }
}

async function restRoutes(app: FastifyInstance, deps: PublicServerDeps): Promise<void> {
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.decorateRequest('apiKeyId', '')
  await app.register(swagger, { openapi: openapiHead, transform: jsonSchemaTransform })
  app.addHook('onRequest', requireScope(deps.apiKeys))
  await app.register(rateLimit, {
    // After the key is known, and per key. A Redis that is down lets calls pass: the limit protects, it does not decide.
    hook: 'preValidation',
    max: deps.restPerMinute,
    timeWindow: 60_000,
    keyGenerator: (request) => request.apiKeyId,
    skipOnError: true,
    ...(deps.limits ? { redis: deps.limits.redis, nameSpace: deps.limits.namespace } : {}),
  })
  await app.register(replyRoutes, deps)
  await app.register(conversationRoutes, deps)
  await app.register(deadLetterRoutes, deps)
  await app.register(inboxRoutes, deps)
}

const openapiHead = {
  openapi: '3.1.0',
  info: {
    title: 'deskbridge',
    version: '1',
    description:
      'Answer Messenger conversations and look at what is on its way. Errors are problem documents (RFC 9457).',
    license: { name: 'MIT', identifier: 'MIT' },
  },
  servers: [{ url: 'http://localhost:3000' }],
  security: [{ apiKey: [] }],
  components: { securitySchemes: { apiKey: { type: 'http' as const, scheme: 'bearer' } } },
}
