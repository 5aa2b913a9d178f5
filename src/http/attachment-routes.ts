import { setTimeout as pause } from 'node:timers/promises'
import rateLimit from '@fastify/rate-limit'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { CopyFault, copyReasons } from '../attachments/copy-fault.ts'
import type { FileStore, StoredFile } from '../attachments/file-store.ts'
import type { AttachmentLinks } from '../attachments/links.ts'
import type { Copies, CopyRecord } from '../records/copies.ts'
import { byteRange } from './byte-range.ts'
import type { ByteRange } from './byte-range.ts'
import { fileDisposition } from './file-disposition.ts'
import { HttpProblem } from './problems.ts'
import { problemResponses } from './schemas.ts'

export interface AttachmentDeps {
  /** Null where nothing is copied; then no link is ours. */
  attachments: {
    links: Pick<AttachmentLinks, 'check'>
    copies: Pick<Copies, 'get'>
    store: Pick<FileStore, 'read'>
    /** How long a call waits for a file that is still being fetched, ms. */
    patienceMs: number
  } | null
  badSignaturesPerMinute: number
}

type Attachments = NonNullable<AttachmentDeps['attachments']>
type Copied = Extract<CopyRecord, { state: 'copied' }>

const lookAgainMs = 200
const retryAfterSeconds = 5

const params = z.object({
  id: z
    .string()
    .regex(/^att_[A-Za-z0-9_-]{22}$/, 'must be the id of an attachment')
    .meta({ example: 'att_Vv0vYb3mB4s0h2l1Qm9zJQ' }),
})
const query = z.object({
  expires: z.coerce
    .number()
    .int()
    .positive()
    .describe('Until when, seconds since 1970.')
    .meta({ example: 1_900_000_000 }),
  signature: z
    .string()
    .regex(/^[A-Za-z0-9_-]{43}$/, 'must be as it stands in the link')
    .meta({ example: 'q'.repeat(43) }),
})

const bytes = { '*/*': { schema: z.any().meta({ type: 'string', format: 'binary' }) } }

/** Files of customers. Who has the link may have the file: helpdesks and browsers of agents have no API key. */
export const attachmentRoutes: FastifyPluginAsyncZod<AttachmentDeps> = async (app, deps) => {
  // Good links are not counted: a team may sit behind one address. Bad ones are, in memory, as badly signed deliveries are.
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
    throw new HttpProblem('LINK_INVALID', 'take the link as it was given, with all of its query')
  }

  app.get(
    '/v1/attachments/:id',
    {
      config: { isPublic: true, rateLimit: false },
      schema: {
        operationId: 'getAttachment',
        summary: 'A file that a customer sent',
        description:
          'The links stand in `attachments[].url` of messages, signed and with an end; no API key is asked for. While the ' +
          'file is still being fetched from Meta, the answer waits for a few seconds and is then 503. One range of bytes ' +
          'may be asked for, and is answered 206.',
        tags: ['Attachments'],
        security: [],
        params,
        querystring: query,
        response: {
          200: { description: 'The file, to be saved and never to be shown as a page.', content: bytes },
          206: { description: 'The bytes that the header Range asked for.', content: bytes },
          ...problemResponses(403, 404, 410, 422, 429, 503),
        },
      },
    },
    async (request, reply) => {
      const { attachments } = deps
      if (!attachments) throw new HttpProblem('NOT_FOUND', 'no files are kept here')
      const { id } = request.params
      const verdict = attachments.links.check({ id, ...request.query }, Date.now())
      if (verdict === 'forged') return refuse(request)
      if (verdict === 'expired') throw new HttpProblem('ATTACHMENT_GONE', 'the link has expired')
      const copied = await copiedFile(attachments, id, request)
      const range = byteRange(request.headers.range, copied.bytes)
      const wanted = request.headers['if-range'] === undefined ? range : undefined
      return send(reply, { id, copied, range: wanted, file: await fileOf(attachments, id, copied, wanted) })
    },
  )
}

/** The record of a file that is there. Waits a little for one that is being fetched; all else throws. */
async function copiedFile(attachments: Attachments, id: string, request: FastifyRequest): Promise<Copied> {
  const end = performance.now() + attachments.patienceMs
  for (;;) {
    const [record] = await attachments.copies.get([id])
    if (record?.state === 'copied') return record
    if (record?.state !== 'waiting') throw new HttpProblem('ATTACHMENT_GONE', whyGone(record))
    if (performance.now() >= end || request.socket.destroyed) {
      const detail = 'it is still being fetched from Meta; ask again in a moment'
      throw new HttpProblem('ATTACHMENT_UNAVAILABLE', detail, { retryAfterSeconds })
    }
    await pause(lookAgainMs)
  }
}

function whyGone(record: Exclude<CopyRecord, { state: 'waiting' | 'copied' }> | undefined): string {
  if (record === undefined) return 'its time is over'
  if (record.state === 'erased') return 'it was erased'
  const reason = copyReasons[record.reason as keyof typeof copyReasons] ?? copyReasons.unexpected
  return `it could not be fetched: ${reason}`
}

async function fileOf(
  { store }: Attachments,
  id: string,
  copied: Copied,
  range: ByteRange | undefined,
): Promise<StoredFile> {
  const file = await store.read(id, range).catch((cause: unknown) => {
    if (!(cause instanceof CopyFault)) throw cause
    const detail = 'where files are kept does not answer; ask again in a moment'
    throw new HttpProblem('ATTACHMENT_UNAVAILABLE', detail, { retryAfterSeconds, cause })
  })
  if (file?.size === copied.bytes) return file
  file?.body.destroy()
  throw new HttpProblem('ATTACHMENT_GONE', 'it is no longer where it was kept')
}

/** Nothing in the file can do anything in a browser: it is saved, its type is not guessed, and as a page it is in a sandbox. */
function send(
  reply: FastifyReply,
  { id, copied, range, file }: { id: string; copied: Copied; range: ByteRange | undefined; file: StoredFile },
): FastifyReply {
  const length = range ? range.last - range.first + 1 : copied.bytes
  void reply
    .code(range ? 206 : 200)
    .type(copied.contentType)
    .headers({
      'content-length': String(length),
      ...(range ? { 'content-range': `bytes ${range.first}-${range.last}/${copied.bytes}` } : {}),
      'accept-ranges': 'bytes',
      'content-disposition': fileDisposition(copied.name ?? id),
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      // A helpdesk may show a picture beside the message, but where its link leads is nobody else's business.
      'cross-origin-resource-policy': 'cross-origin',
      'referrer-policy': 'no-referrer',
      'cache-control': 'private, max-age=300',
    })
  return reply.serializer((body: unknown) => body as string).send(file.body)
}
