import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'

/** openapi.yaml as a caller reads it: what to send, with which scopes, and what comes back. */

export interface Schema {
  $ref?: string
  type?: string | string[]
  format?: string
  contentEncoding?: string
  contentMediaType?: string
  enum?: unknown[]
  const?: unknown
  default?: unknown
  example?: unknown
  examples?: unknown[]
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  oneOf?: Schema[]
  anyOf?: Schema[]
  allOf?: Schema[]
}

interface Media {
  schema: Schema
  example?: unknown
  examples?: Record<string, { value: unknown }>
}

interface Parameter {
  $ref?: string
  name: string
  in: 'path' | 'query' | 'header'
  required?: boolean
  schema: Schema
  example?: unknown
}

interface Response {
  $ref?: string
  description: string
  headers?: Record<string, unknown>
  content?: Record<string, Media>
}

export interface Operation {
  operationId: string
  /** `POST /v1/things`, for messages. */
  name: string
  method: string
  path: string
  /** A key needs all scopes of one of these. */
  security: string[][]
  /** Says of itself that no key is asked for. */
  isPublic: boolean
  parameters: Parameter[]
  requestBody?: { required?: boolean; content: Record<string, Media> }
  responses: Record<string, Response>
}

interface Document {
  paths: Record<
    string,
    Record<
      string,
      Omit<Operation, 'name' | 'method' | 'path' | 'security' | 'isPublic' | 'parameters'> & {
        parameters?: Parameter[]
        security?: { apiKey?: string[] }[]
      }
    >
  >
  components: { schemas?: Record<string, Schema>; [kind: string]: Record<string, unknown> | undefined }
}

const document = parse(readFileSync('openapi.yaml', 'utf8')) as Document

export const operations: Operation[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, { security, parameters, responses, ...operation }]) => ({
    ...operation,
    name: `${method.toUpperCase()} ${path}`,
    method: method.toUpperCase(),
    path,
    security: (security ?? []).map(({ apiKey }) => apiKey ?? []),
    isPublic: security?.length === 0,
    parameters: (parameters ?? []).map(resolved),
    responses: Object.fromEntries(
      Object.entries(responses).map(([status, response]) => [status, resolved(response)]),
    ),
  })),
)

/** Whether an Idempotency-Key is minded. */
export function isKeyed({ parameters }: Operation): boolean {
  return parameters.some(({ name }) => name === 'idempotency-key')
}

function resolved<T extends { $ref?: string }>(one: T): T {
  if (one.$ref === undefined) return one
  const [kind = '', name = ''] = one.$ref.replace('#/components/', '').split('/')
  const found = document.components[kind]?.[name]
  if (found === undefined) throw new Error(`${one.$ref} leads nowhere`)
  return resolved(found as T)
}

/** The path with its parameters filled in: those given by name, else from their examples. Required queries, too. */
export function urlOf(operation: Operation, given: Record<string, string> = {}): string {
  const value = (one: Parameter) => String(given[one.name] ?? one.example ?? sample(one.schema))
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => {
    const parameter = operation.parameters.find((one) => one.in === 'path' && one.name === name)
    if (!parameter) throw new Error(`${operation.name} does not describe {${name}}`)
    return encodeURIComponent(value(parameter))
  })
  const queries = operation.parameters.filter(
    (one) => one.in === 'query' && (one.required === true || one.example !== undefined),
  )
  const query = new URLSearchParams(
    Object.fromEntries(queries.map((one) => [one.name, value(one)])),
  ).toString()
  return query === '' ? path : `${path}?${query}`
}

/** Every example of a body: of the media type, of its schema, and of the alternatives in it. Empty without a JSON body. */
export function bodyExamples({ requestBody }: Operation): unknown[] {
  const media = requestBody?.content['application/json']
  if (!media) return []
  const own = [
    ...(media.example === undefined ? [] : [media.example]),
    ...Object.values(media.examples ?? {}).map(({ value }) => value),
  ]
  return [...own, ...schemaExamples(media.schema)]
}

function schemaExamples(schema: Schema): unknown[] {
  const { example, examples = [], oneOf = [], anyOf = [] } = resolved(schema)
  const alternatives = [...oneOf, ...anyOf].flatMap(schemaExamples)
  return [...(example === undefined ? [] : [example]), ...examples, ...alternatives]
}

/** What fetch takes to send this body: an example, or for a form one with a small picture in every file. */
export function bodyInit(
  operation: Operation,
  example: unknown,
): { body?: string | FormData; type?: string } {
  const form = operation.requestBody?.content['multipart/form-data']
  if (form && example === undefined) return { body: formOf(resolved(form.schema)) }
  return example === undefined ? {} : { body: JSON.stringify(example), type: 'application/json' }
}

function formOf({ properties = {} }: Schema): FormData {
  const form = new FormData()
  // Fields before files, which are read as they come.
  const fields = Object.entries(properties).toSorted(([, a], [, b]) => Number(isFile(a)) - Number(isFile(b)))
  for (const [name, field] of fields) {
    if (isFile(field)) form.set(name, new Blob([picture], { type: 'image/png' }), 'picture.png')
    else form.set(name, String(sample(field)))
  }
  return form
}

function isFile({ format, contentEncoding, contentMediaType }: Schema): boolean {
  return format === 'binary' || contentEncoding !== undefined || contentMediaType !== undefined
}

const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
)

/** Something that a schema takes, its own example first. */
export function sample(schema: Schema): unknown {
  const own = resolved(schema)
  const [example] = schemaExamples(own)
  if (example !== undefined) return example
  if (own.const !== undefined) return own.const
  if (own.default !== undefined) return own.default
  if (own.enum) return own.enum[0]
  const [alternative] = [...(own.oneOf ?? []), ...(own.anyOf ?? [])]
  if (alternative) return sample(alternative)
  const type = [own.type].flat()[0]
  if (type === 'object') {
    const needed = Object.entries(own.properties ?? {}).filter(([name]) => own.required?.includes(name))
    return Object.fromEntries(needed.map(([name, field]) => [name, sample(field)]))
  }
  if (type === 'array') return own.items ? [sample(own.items)] : []
  return { integer: 1, number: 1, boolean: true, null: null }[type ?? ''] ?? 'sample'
}

/** What is wrong with an answer, by the document; null when nothing is. */
export async function answerFault(operation: Operation, answer: globalThis.Response): Promise<string | null> {
  const described = operation.responses[String(answer.status)]
  const text = await answer.clone().text()
  if (!described) return `${answer.status} is not described: ${text}`
  if (!described.content) return text === '' ? null : `${answer.status} has a body: ${text}`
  const type = answer.headers.get('content-type')?.split(';')[0] ?? 'nothing'
  const media = described.content[type] ?? described.content['*/*']
  if (!media) return `${answer.status} is described as ${Object.keys(described.content).join()}, not ${type}`
  if (media.schema.format === 'binary') return null
  const result = jsonSchema(media.schema).safeParse(JSON.parse(text))
  return result.success ? null : `${z.prettifyError(result.error)} in ${text}`
}

function jsonSchema(schema: Schema): z.ZodType {
  const inside = { ...schema, $defs: document.components.schemas }
  const text = JSON.stringify(inside).replaceAll('#/components/schemas/', '#/$defs/')
  return z.fromJSONSchema(JSON.parse(text))
}
