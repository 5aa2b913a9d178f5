import { randomBytes } from 'node:crypto'
import { openAsBlob } from 'node:fs'
import multipart from '@fastify/multipart'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Page } from '../domain/page.ts'
import type { AttachmentUpload, Uploaded } from '../meta/upload-attachment.ts'
import { attachmentTypes, largestUpload } from '../meta/upload-attachment.ts'
import type { Uploads } from '../records/uploads.ts'
import { HttpProblem } from './problems.ts'
import { idempotencyHeader } from './reply-routes.ts'
import { problemResponses } from './schemas.ts'

export interface UploadDeps {
  pages: ReadonlyMap<string, Page>
  uploads: Pick<Uploads, 'keep'>
  /** Gives the file to Meta. */
  upload: (page: Page, file: AttachmentUpload) => Promise<Uploaded>
}

const fields = z.object({
  pageId: z.string({ error: 'is missing: the id of the Page that will send the file' }),
  type: z.enum(attachmentTypes, { error: `must be one of ${attachmentTypes.join(', ')}` }),
})

/** For openapi.yaml; the route reads the form by itself. */
const form = {
  type: 'object',
  required: ['pageId', 'type', 'file'],
  properties: {
    pageId: { type: 'string', example: '1234567890', description: 'The Page that will send it.' },
    type: { type: 'string', enum: [...attachmentTypes], example: 'image' },
    file: { type: 'string', format: 'binary', description: 'After the two fields.' },
  },
}

/** A file for Meta: it goes to a temporary file here and on to Meta, and can then be sent again and again. */
export const uploadRoutes: FastifyPluginAsyncZod<UploadDeps> = async (app, deps) => {
  await app.register(multipart, {
    limits: { fileSize: largestUpload, files: 1, fields: 5, fieldSize: 1000 },
    attachFieldsToBody: false,
  })
  app.post(
    '/v1/uploads',
    {
      config: { scopes: ['replies:write'], form },
      schema: {
        operationId: 'createUpload',
        summary: 'Upload a file once, to send it with `attachment.uploadId`',
        description:
          'multipart/form-data with the fields `pageId`, `type` (image, audio, video or file) and then `file`. ' +
          'Images up to 8 MB, everything else up to 25 MB. Only that Page can send it, for 85 days.',
        tags: ['Replies'],
        headers: idempotencyHeader,
        response: {
          201: z.object({ id: z.string(), type: z.enum(attachmentTypes), expiresAt: z.iso.datetime() }),
          ...problemResponses(401, 403, 404, 409, 413, 415, 422, 429, 502, 503),
        },
      },
    },
    async (request, reply) => {
      if (!request.isMultipart()) throw new HttpProblem('MEDIA_TYPE', 'send multipart/form-data')
      const { files, values } = await request.saveRequestFiles()
      const [file] = files
      if (!file) throw invalid('file', 'is missing')
      const given = fields.safeParse(
        Object.fromEntries(Object.entries(values).map(([name, field]) => [name, valueOf(field)])),
      )
      if (!given.success) {
        const errors = given.error.issues.map((one) => ({
          path: ['body', ...one.path.map(String)].join('.'),
          message: one.message,
        }))
        throw new HttpProblem('INVALID', 'see errors for the fields and their limits', { errors })
      }
      const page = deps.pages.get(given.data.pageId)
      if (!page) throw new HttpProblem('NOT_FOUND', 'no Page of the config has this id')
      const content = await openAsBlob(file.filepath, { type: file.mimetype })
      const { type } = given.data
      if (type === 'image' && content.size > 8_000_000) throw invalid('file', 'an image has at most 8 MB')
      const uploaded = await deps.upload(page, { type, content, name: file.filename })
      if (!uploaded.ok) {
        if (!uploaded.retry) throw new HttpProblem('META_REFUSED', uploaded.message)
        throw new HttpProblem('META_UNAVAILABLE', uploaded.message, { retryAfterSeconds: 5 })
      }
      const id = `upl_${randomBytes(16).toString('base64url')}`
      const expiresAt = await deps.uploads.keep(id, {
        pageId: page.id,
        type,
        attachmentId: uploaded.attachmentId,
      })
      return reply.code(201).send({ id, type, expiresAt: new Date(expiresAt).toISOString() })
    },
  )
}

function valueOf(field: unknown): unknown {
  return typeof field === 'object' && field !== null && 'value' in field ? field.value : field
}

function invalid(field: string, message: string): HttpProblem {
  return new HttpProblem('INVALID', 'see errors for the fields and their limits', {
    errors: [{ path: `body.${field}`, message }],
  })
}
