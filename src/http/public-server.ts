import rateLimit from '@fastify/rate-limit'
import swagger from '@fastify/swagger'
import { fastify } from 'fastify'
import type { FastifyInstance } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import type { Redis } from 'ioredis'
import type { Log } from '../domain/log.ts'
import type { Answers } from '../records/answers.ts'
import { requireScopes } from './api-keys.ts'
import type { ApiKey } from './api-keys.ts'
import { attachmentRoutes } from './attachment-routes.ts'
import type { AttachmentDeps } from './attachment-routes.ts'
import { consentRoutes } from './consent-routes.ts'
import type { ConsentDeps } from './consent-routes.ts'
import { callbackRoutes } from './callback-routes.ts'
import type { CallbackDeps } from './callback-routes.ts'
import { commentRoutes } from './comment-routes.ts'
import { conversationRoutes } from './conversation-routes.ts'
import type { ConversationDeps } from './conversation-routes.ts'
import { deadLetterRoutes } from './dead-letter-routes.ts'
import type { DeadLetterDeps } from './dead-letter-routes.ts'
import { describeApi } from './describe-api.ts'
import { eraseRoutes } from './erase-routes.ts'
import type { EraseDeps } from './erase-routes.ts'
import { handleErrors } from './error-handler.ts'
import { fileRoutes } from './file-routes.ts'
import type { FileDeps } from './file-routes.ts'
import { replayAnswers } from './idempotency.ts'
import { inboxRoutes } from './inbox-routes.ts'
import type { InboxDeps } from './inbox-routes.ts'
import { notificationRoutes } from './notification-routes.ts'
import { pageRoutes } from './page-routes.ts'
import type { PageDeps } from './page-routes.ts'
import { privacyRoutes } from './privacy-routes.ts'
import type { PrivacyDeps } from './privacy-routes.ts'
import { replyRoutes } from './reply-routes.ts'
import type { ReplyDeps } from './reply-routes.ts'
import { threadRoutes } from './thread-routes.ts'
import type { ThreadDeps } from './thread-routes.ts'
import { timelineRoutes } from './timeline-routes.ts'
import type { TimelineDeps } from './timeline-routes.ts'
import { uploadRoutes } from './upload-routes.ts'
import type { UploadDeps } from './upload-routes.ts'
import { webhookRoutes } from './webhook-routes.ts'
import type { WebhookDeps } from './webhook-routes.ts'

export interface PublicServerDeps
  extends
    ConsentDeps,
    ConversationDeps,
    DeadLetterDeps,
    EraseDeps,
    InboxDeps,
    PageDeps,
    ThreadDeps,
    TimelineDeps,
    Omit<ReplyDeps, 'uploads'> {
  uploads: ReplyDeps['uploads'] & UploadDeps['uploads']
  upload: UploadDeps['upload']
  webhook: WebhookDeps
  /** Of the helpdesks that call us. */
  callbacks: Omit<CallbackDeps & FileDeps, 'log' | 'now' | 'notDurable' | 'badSignaturesPerMinute'>
  privacy: Omit<PrivacyDeps, 'log' | 'now' | 'notDurable'>
  attachments: AttachmentDeps['attachments']
  apiKeys: readonly ApiKey[]
  trustProxy: readonly string[]
  /** Where REST limits are counted. Null counts in memory, for one process. */
  limits: { redis: Redis; namespace: string } | null
  /** For keys that have no limit of their own. */
  restPerMinute: number
  /** Where answers are kept by their Idempotency-Key. Null keeps none, for a server that only describes itself. */
  answers: Answers | null
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
  await app.register((scope) => privacyRoutes(scope, { ...deps, ...deps.privacy }))
  const { badSignaturesPerMinute } = deps.webhook
  const ofHelpdesks = { ...deps, ...deps.callbacks, badSignaturesPerMinute }
  await app.register((scope) => callbackRoutes(scope, ofHelpdesks))
  await app.register((scope) => fileRoutes(scope, ofHelpdesks))
  let describe: PublicServer['describe'] = () => ({})
  await app.register(async (scope) => {
    scope.setValidatorCompiler(validatorCompiler)
    scope.setSerializerCompiler(serializerCompiler)
    await scope.register(swagger, describeApi)
    await scope.register(attachmentRoutes, { ...deps, badSignaturesPerMinute })
    await scope.register((keyed) => restRoutes(keyed, deps))
    describe = () => scope.swagger()
  })
  return { app, describe: () => describe() }
}

/** What asks for an API key. */
async function restRoutes(app: FastifyInstance, deps: PublicServerDeps): Promise<void> {
  requireScopes(app, deps.apiKeys)
  await app.register(rateLimit, {
    // After the key is known, and per key. A Redis that is down lets calls pass: the limit protects, it does not decide.
    hook: 'preValidation',
    max: (request) => request.apiKey?.perMinute ?? deps.restPerMinute,
    timeWindow: 60_000,
    keyGenerator: (request) => request.apiKeyId,
    skipOnError: true,
    ...(deps.limits ? { redis: deps.limits.redis, nameSpace: deps.limits.namespace } : {}),
  })
  if (deps.answers) replayAnswers(app, { answers: deps.answers, log: deps.log })
  await app.register(replyRoutes, deps)
  await app.register(commentRoutes, deps)
  await app.register(conversationRoutes, deps)
  await app.register(timelineRoutes, deps)
  await app.register(threadRoutes, deps)
  await app.register(deadLetterRoutes, deps)
  await app.register(inboxRoutes, deps)
  await app.register(uploadRoutes, deps)
  await app.register(notificationRoutes, deps)
  await app.register(consentRoutes, deps)
  await app.register(eraseRoutes, deps)
  await app.register(pageRoutes, deps)
}
