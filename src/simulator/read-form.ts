import type { FastifyInstance, FastifyRequest } from 'fastify'
import { badParameter } from './graph-error.ts'
import type { UploadedFile } from './uploads.ts'

/** Bodies that are no JSON: multipart/form-data and application/x-www-form-urlencoded. */

// A little above the greatest file that Meta takes, so that one that is too big is seen as such.
const FORM_LIMIT = 32 * 1024 * 1024

export function readForms(app: FastifyInstance): void {
  app.addContentTypeParser(
    'multipart/form-data',
    { parseAs: 'buffer', bodyLimit: FORM_LIMIT },
    async (request: FastifyRequest, body: Buffer) => {
      const headers = { 'content-type': request.headers['content-type'] ?? '' }
      const form = await new Response(new Uint8Array(body), { headers }).formData()
      return Object.fromEntries([...form].map(([name, value]) => [name, readPart(value)]))
    },
  )
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    async (_request: FastifyRequest, body: string) =>
      Object.fromEntries([...new URLSearchParams(body)].map(([name, value]) => [name, readJson(value)])),
  )
}

/** All that a call says, wherever it says it; in a query and in a form, objects and lists are JSON in a string. */
export function readParams(request: { query: unknown; body?: unknown }): Record<string, unknown> {
  if (request.body !== undefined && request.body !== null && typeof request.body !== 'object') {
    throw badParameter('the body is no object')
  }
  const all: Record<string, unknown> = { ...(request.query as object) }
  for (const [name, value] of Object.entries(all)) if (typeof value === 'string') all[name] = readJson(value)
  Object.assign(all, request.body)
  delete all['appsecret_proof']
  return all
}

function readPart(value: string | File): unknown {
  if (typeof value === 'string') return readJson(value)
  return { name: value.name, type: value.type, size: value.size } satisfies UploadedFile
}

/** Only what is an object or a list: `12` and `true` may be text that somebody wrote. */
function readJson(value: string): unknown {
  if (!/^\s*[[{]/.test(value)) return value
  try {
    return JSON.parse(value) as unknown
  } catch {
    return value
  }
}
