import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { webUrl } from './check-button.ts'
import { badParameter, readShape } from './graph-error.ts'
import type { GraphCalls } from './graph-calls.ts'
import { paged, pickFields } from './paging.ts'
import type { Personas } from './personas.ts'
import { readParams } from './read-form.ts'
import { takeFile } from './send-routes.ts'
import type { Templates } from './templates.ts'
import { checkFile, type Uploads } from './uploads.ts'

/** What a Page keeps at Meta to send with: files, personas, templates. */

const uploadSchema = z.strictObject({
  message: z.strictObject({
    attachment: z.strictObject({
      type: z.enum(['image', 'video', 'audio', 'file']),
      payload: z
        .strictObject({
          url: webUrl.optional(),
          is_reusable: z
            .union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')])
            .optional(),
        })
        .prefault({}),
    }),
  }),
  platform: z.enum(['messenger', 'instagram']).optional(),
})

const personaSchema = z.strictObject({
  name: z.string().min(1).max(50, 'name must be 50 characters at most'),
  profile_picture_url: webUrl,
})

const listSchema = z.looseObject({
  fields: z.string().optional(),
  limit: z.coerce.number().int().positive().max(100).optional(),
  after: z.string().optional(),
})

const templateListSchema = listSchema.extend({
  name: z.string().optional(),
  status: z.string().optional(),
  language: z.string().optional(),
})

export async function assetRoutes(
  app: FastifyInstance,
  deps: {
    calls: GraphCalls
    uploads: Uploads
    personas: Personas
    templates: Templates
    now: () => number
  },
): Promise<void> {
  const { calls, uploads, personas, templates, now } = deps

  app.post(
    '/:version/:node/message_attachments',
    calls.onPage('message_attachments', ({ request, page }) => {
      const { body, file } = takeFile(readParams(request))
      const { type, payload } = readShape(uploadSchema, body).message.attachment
      if ((payload.url === undefined) === (file === undefined)) {
        throw badParameter('message[attachment][payload]: either url or a file')
      }
      if (file) checkFile(file, type, page)
      return { attachment_id: uploads.keep(page, { type, at: now() }).id }
    }),
  )

  app.post(
    '/:version/:node/personas',
    calls.onPage('personas', ({ request, page }) => {
      if (page.channel === 'instagram') throw badParameter('Instagram has no personas')
      return { id: personas.add(page, readShape(personaSchema, readParams(request))).id }
    }),
  )

  app.get(
    '/:version/:node/personas',
    calls.onPage('personas', ({ request, page }) =>
      paged(personas.of(page), readShape(listSchema, readParams(request)), (one) => one.id),
    ),
  )

  app.get(
    '/:version/:node/message_templates',
    calls.onPage('message_templates', ({ request, page }) => {
      const {
        fields = DEFAULT_FIELDS,
        name,
        status,
        language,
        ...paging
      } = readShape(templateListSchema, readParams(request))
      const found = templates
        .of(page)
        .filter((one) => name === undefined || one.name === name)
        .filter((one) => status === undefined || one.status === status)
        .filter((one) => language === undefined || one.language === language)
      const { data, ...rest } = paged(found, paging, (one) => one.id)
      return { data: data.map((one) => pickFields(one, fields, TEMPLATE_FIELDS)), ...rest }
    }),
  )
}

const DEFAULT_FIELDS = 'id,name,status,category,language,components,parameter_format'
const TEMPLATE_FIELDS = new Set(DEFAULT_FIELDS.split(','))
