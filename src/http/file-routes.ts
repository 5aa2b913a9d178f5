import { Transform } from 'node:stream'
import type { Readable } from 'node:stream'
import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Log } from '../domain/log.ts'
import { stepFacts } from '../domain/step-error.ts'
import type { HelpdeskFile } from '../helpdesk/callback.ts'
import type { AgentFileLinks, LinkedFile } from '../routing/agent-file-links.ts'
import { fileDisposition } from './file-disposition.ts'
import { HttpProblem } from './problems.ts'

export interface FileDeps {
  /** Undefined while nobody could be given a link. */
  fileLinks: Pick<AgentFileLinks, 'read'> | undefined
  /** Fetches a file of an agent's; undefined where the helpdesk has none. Fails with StepError. */
  agentFile: (helpdesk: string, ref: string, signal: AbortSignal) => Promise<HelpdeskFile> | undefined
  badSignaturesPerMinute: number
  log: Log
  now: () => number
}

/** What Meta takes of a file at most, bytes. */
const most = 25 * 1024 * 1024
/** How long a vendor may take until its first byte, ms. */
const patienceMs = 8000

/** Files of agents, for Meta to fetch. Who has the link may have the file: the helpdesk gives it to nobody but us. */
export async function fileRoutes(app: FastifyInstance, deps: FileDeps): Promise<void> {
  await app.register(rateLimit, {
    global: false,
    max: deps.badSignaturesPerMinute,
    timeWindow: 60_000,
    cache: 10_000,
  })
  const countBad = app.createRateLimit()

  async function refuse(request: FastifyRequest): Promise<never> {
    const counted = await countBad(request)
    if (!counted.isAllowed && counted.isExceeded) {
      const detail = 'too many links from this address that are not ours'
      throw new HttpProblem('TOO_MANY_REQUESTS', detail, { retryAfterSeconds: counted.ttlInSeconds })
    }
    throw new HttpProblem('LINK_INVALID', 'take the link as it was given')
  }

  // A token is longer than other parts of paths may be.
  app.get<{ Params: { helpdesk: string; '*': string } }>(
    '/files/:helpdesk/*',
    { schema: { hide: true } },
    async (request, reply) => {
      const { helpdesk, '*': token } = request.params
      const linked = deps.fileLinks?.read(helpdesk, token, deps.now()) ?? 'forged'
      if (linked === 'forged') return refuse(request)
      if (linked === 'expired') throw new HttpProblem('ATTACHMENT_GONE', 'the link has expired')
      const file = await fetched(deps, linked)
      if (file.size !== null && file.size > most) {
        file.body.destroy()
        throw new HttpProblem('ATTACHMENT_GONE', 'the file is larger than 25 MB, which Meta does not take')
      }
      return send(reply, linked, file)
    },
  )
}

async function fetched({ agentFile, log }: FileDeps, { helpdesk, ref }: LinkedFile): Promise<HelpdeskFile> {
  const stop = new AbortController()
  const late = setTimeout(() => stop.abort(), patienceMs)
  try {
    const file = await agentFile(helpdesk, ref, stop.signal)
    if (file) return file
  } catch (cause) {
    const { code, verdict } = stepFacts(cause)
    log.warn({ code, helpdesk }, "a file of an agent's could not be fetched")
    if (verdict === 'retry') {
      const detail = 'the helpdesk does not give it at present; ask again in a moment'
      throw new HttpProblem('ATTACHMENT_UNAVAILABLE', detail, { retryAfterSeconds: 5, cause })
    }
  } finally {
    clearTimeout(late)
  }
  throw new HttpProblem('ATTACHMENT_GONE', 'the helpdesk does not give this file')
}

/** As files of customers are sent: to be saved, and never to do anything in a browser. */
function send(
  reply: FastifyReply,
  { name }: LinkedFile,
  { body, contentType, size }: HelpdeskFile,
): FastifyReply {
  void reply.type(contentType ?? 'application/octet-stream').headers({
    ...(size === null ? {} : { 'content-length': String(size) }),
    'content-disposition': fileDisposition(name ?? 'file'),
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  })
  return reply.send(limited(body))
}

/** Ends with an error, and so the connection, when there is more than Meta takes. */
function limited(body: Readable): Readable {
  let bytes = 0
  const counting = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      done(bytes > most ? new Error('the file is too large') : null, chunk)
    },
  })
  body.on('error', (error) => counting.destroy(error))
  counting.on('close', () => body.destroy())
  return body.pipe(counting)
}
