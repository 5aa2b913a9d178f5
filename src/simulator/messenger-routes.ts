import { randomInt } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { faultSchema, type Faults } from './faults.ts'
import { writtenSchema, type Messenger } from './messenger.ts'
import type { SimulatedPage } from './check-send.ts'
import type { WebhookClient } from './webhook-client.ts'

type Deps = {
  pages: readonly SimulatedPage[]
  messenger: Messenger
  faults: Faults
  webhook: WebhookClient
  verifyToken: string | undefined
}

const whoseSchema = z.object({ psid: z.string().optional(), pageId: z.string().optional() })
const midSchema = z.strictObject({ mid: z.string() })

/** `/_sim`: what a person does in Messenger and what Meta does by itself. No part of Graph. */
export async function messengerRoutes(app: FastifyInstance, deps: Deps): Promise<void> {
  const { pages, messenger, faults, webhook, verifyToken } = deps

  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof z.ZodError) return reply.code(400).send({ error: z.prettifyError(error) })
    return reply.code(400).send({ error: error instanceof Error ? error.message : String(error) })
  })

  app.post('/messages', async (request, reply) => {
    const written = writtenSchema.parse(request.body)
    if (!pages.some(({ id }) => id === written.pageId)) {
      return reply
        .code(404)
        .send({ error: `no Page ${written.pageId} here: ${pages.map(({ id }) => id).join(', ')}` })
    }
    const result = await messenger.write(written)
    return reply.code(result.webhook.status === 200 ? 200 : 502).send(result)
  })

  app.get('/messages', (request) => ({ messages: messenger.shown(whoseSchema.parse(request.query)) }))

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

  app.post('/verify', async (_request, reply) => {
    if (verifyToken === undefined) return reply.code(409).send({ error: 'started without a verifyToken' })
    const answer = await webhook.verify(verifyToken, String(randomInt(1_000_000_000)))
    return reply.code(answer.verified ? 200 : 502).send(answer)
  })
}
