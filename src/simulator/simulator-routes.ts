import { randomInt } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Comments } from './comments.ts'
import { UnknownName, type Controls } from './controls.ts'
import { faultSchema, type Faults } from './faults.ts'
import type { MessageStore } from './message-store.ts'
import type { Messenger } from './messenger.ts'
import type { Stats } from './simulator.ts'
import type { WebhookClient } from './webhook-client.ts'

/** `/_sim`: what people do in Messenger and what Meta does by itself. No part of Graph. */

type Deps = {
  controls: Controls
  messenger: Messenger
  store: MessageStore
  comments: Comments
  faults: Faults
  webhook: WebhookClient
  verifyToken: string | undefined
  stats: () => Stats
  resetStats: () => void
}

const whoseSchema = z.object({ psid: z.string().optional(), pageId: z.string().optional() })
const midSchema = z.strictObject({ mid: z.string() })

/** Controls that answer with what the webhook said, and those that say only what was done. */
const TELLING = { messages: 'write', comments: 'comment' } as const
const PLAIN = {
  person: 'person',
  optin: 'optIn',
  read: 'read',
  owner: 'owner',
  request: 'request',
  inbox: 'inbox',
  token: 'token',
  page: 'page',
  usage: 'usage',
  attachments: 'attachment',
  templates: 'template',
} as const

/** Below `/_sim`, for whoever lists them. */
export const CONTROL_PATHS = [...Object.keys(TELLING), ...Object.keys(PLAIN)]

export async function simulatorRoutes(app: FastifyInstance, deps: Deps): Promise<void> {
  const { controls, messenger, store, comments, faults, webhook, verifyToken, stats, resetStats } = deps

  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof UnknownName) return reply.code(404).send({ error: error.message })
    if (error instanceof z.ZodError) return reply.code(400).send({ error: z.prettifyError(error) })
    return reply.code(400).send({ error: error instanceof Error ? error.message : String(error) })
  })

  // Each control checks what it is given.
  for (const [path, name] of Object.entries(TELLING)) {
    app.post(`/${path}`, async (request, reply) => {
      const result = await controls[name](request.body as never)
      return reply.code(result.webhook.status === 200 ? 200 : 502).send(result)
    })
  }
  for (const [path, name] of Object.entries(PLAIN)) {
    app.post(`/${path}`, (request) => controls[name](request.body as never))
  }

  app.get('/messages', (request) => ({ messages: store.shown(whoseSchema.parse(request.query)) }))

  app.get('/comments', (request) => ({ comments: comments.list(whoseSchema.parse(request.query).pageId) }))

  app.post('/redeliver', async (request, reply) => {
    const { mid } = midSchema.parse(request.body)
    const answer = await messenger.redeliver(mid)
    if (!answer) return reply.code(404).send({ error: `nothing with mid ${mid}` })
    return reply.code(answer.status === 200 ? 200 : 502).send({ mid, webhook: answer })
  })

  app.post('/fail', (request) => {
    const fault = faultSchema.parse(request.body)
    faults.plan(fault)
    return { planned: fault }
  })

  app.delete('/fail', () => {
    faults.clear()
    return { planned: [] }
  })

  app.get('/stats', () => stats())

  app.delete('/stats', () => {
    resetStats()
    return stats()
  })

  app.post('/verify', async (_request, reply) => {
    if (verifyToken === undefined) return reply.code(409).send({ error: 'started without a verifyToken' })
    const answer = await webhook.verify(verifyToken, String(randomInt(1_000_000_000)))
    return reply.code(answer.verified ? 200 : 502).send(answer)
  })
}
