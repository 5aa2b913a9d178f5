import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { checkSend, type SimulatedPage } from './check-send.ts'
import { isTaken, type Fault, type Faults } from './faults.ts'
import { badParameter, graphErrorBody, type GraphError } from './graph-error.ts'
import type { Messenger } from './messenger.ts'

type Deps = {
  appSecret: string
  pages: readonly SimulatedPage[]
  messenger: Messenger
  faults: Faults
  echoes: boolean
  closing: AbortSignal
  /** Told of work that goes on after the answer, so that it can be waited for. */
  track: (work: Promise<unknown>) => void
  log: (line: string) => void
}

const paramsSchema = z.object({ version: z.string().regex(/^v\d+\.\d+$/), node: z.string() })
const proofSchema = z.looseObject({ appsecret_proof: z.string().optional() })

/** The part of Graph that the Send API is. */
export async function graphRoutes(app: FastifyInstance, deps: Deps): Promise<void> {
  const { messenger, faults, closing, track, log } = deps

  app.setErrorHandler((error, _request, reply) => {
    const message = error instanceof Error ? error.message : String(error)
    return refuse(reply, badParameter(message))
  })

  app.post('/:version/:node/messages', async (request, reply) => {
    const params = paramsSchema.safeParse(request.params)
    if (!params.success) return refuse(reply, unknownPath(request))
    const checked = checkSend(
      {
        node: params.data.node,
        authorization: request.headers.authorization,
        appSecretProof: proofOf(request.query) ?? proofOf(request.body),
        body: request.body,
      },
      deps,
    )
    if ('error' in checked) {
      log(`send refused: ${checked.error.message}`)
      return refuse(reply, checked.error)
    }
    const { page, send } = checked
    if (send.sender_action !== undefined) return { recipient_id: send.recipient.id }

    const fault = faults.next()
    const taken = fault === undefined || isTaken(fault) ? messenger.take(page.id, send) : undefined
    if (taken && deps.echoes) {
      // After the answer, or after the end of a connection that never got one.
      const over = new Promise<void>((resolve) => reply.raw.once('close', resolve))
      track(over.then(taken.echo))
    }
    log(`${taken ? `took ${taken.mid}` : 'did not take a message'} for ${send.recipient.id}`)
    if (fault && (await strike(fault, reply, closing))) return reply
    return { recipient_id: send.recipient.id, message_id: taken?.mid }
  })

  app.all('/*', (request, reply) => refuse(reply, unknownPath(request)))
}

/** True when the fault has answered (or cut) instead of us. */
async function strike(fault: Fault, reply: FastifyReply, closing: AbortSignal): Promise<boolean> {
  const { hangMs, cut, error, status } = fault
  if (hangMs !== undefined) await wait(hangMs, undefined, { signal: closing }).catch(() => undefined)
  if (cut !== undefined || closing.aborted) {
    reply.hijack()
    reply.raw.destroy()
    return true
  }
  if (error) refuse(reply, error, status)
  else if (status !== undefined)
    reply.code(status).type('text/html').send('<h1>Sorry, something went wrong.</h1>')
  return error !== undefined || status !== undefined
}

function proofOf(part: unknown): string | undefined {
  return proofSchema.safeParse(part).data?.appsecret_proof
}

function unknownPath(request: FastifyRequest): GraphError {
  return { message: `Unknown path components: ${request.url.split('?')[0]}`, code: 2500 }
}

// Graph answers 400 to nearly everything, bad tokens included.
function refuse(reply: FastifyReply, error: GraphError, status = 400): FastifyReply {
  return reply.code(status).send(graphErrorBody(error))
}
