import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { problems } from './problems.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** JSON Schema of a multipart body that the route reads by itself; only described, not checked. */
    form?: object
  }
}

interface Reference {
  $ref: string
}

interface Parameter {
  name: string
  in: string
}

interface Response {
  description: string
  headers?: Record<string, Reference>
  content?: Record<string, object>
}

interface Operation {
  security?: object[]
  parameters?: (Parameter | Reference)[]
  requestBody?: object
  responses: Record<string, Response | Reference>
}

interface OpenApi {
  paths: Record<string, Record<string, Operation>>
  components: Record<string, Record<string, object>>
}

/**
 * How the routes become openapi.yaml. What holds for many of them is added here and not by each: its scopes, the
 * problems that every route can answer with, and Idempotency-Key.
 */
export const describeApi: FastifyDynamicSwaggerOptions = {
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'deskbridge',
      version: '1',
      description:
        'Answer Messenger conversations and look at what is on its way. Errors are problem documents (RFC 9457).',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [
      {
        url: '{origin}',
        variables: {
          origin: { default: 'http://localhost:3000', description: 'Where your deskbridge listens.' },
        },
      },
    ],
    components: {
      securitySchemes: {
        apiKey: {
          type: 'http',
          scheme: 'bearer',
          description:
            'A key of `apiKeys` in the config. Each operation names the scopes of which the key must have one.',
        },
      },
    },
  },
  transform: (route) => {
    const { schema, url } = jsonSchemaTransform(route)
    const { scopes = [], form } = route.route.config ?? {}
    // Alternatives stand side by side; scopes within one would all be needed. None at all: no key is asked for.
    const security = scopes.map((scope) => ({ apiKey: [scope] }))
    const body = form ? { body: form, consumes: ['multipart/form-data'] } : {}
    return { url, schema: { ...schema, ...body, security } }
  },
  transformObject: (document) => {
    const described = jsonSchemaTransformObject(document) as OpenApi
    for (const [path, methods] of Object.entries(described.paths)) {
      for (const [method, operation] of Object.entries(methods)) complete(method, path, operation)
    }
    const used = new Set(
      Object.values(described.paths)
        .flatMap((methods) => Object.values(methods))
        .flatMap(({ responses }) => Object.keys(responses).filter((status) => Number(status) >= 400)),
    )
    const { components } = described
    components['schemas'] = { ...components['schemas'], Problem: problemSchema }
    components['responses'] = Object.fromEntries(
      [...used].toSorted().map((status) => [`Problem${status}`, problemResponse(Number(status))]),
    )
    components['parameters'] = { IdempotencyKey: idempotencyKey }
    components['headers'] = { IdempotencyReplayed: idempotencyReplayed, RetryAfter: retryAfter }
    return described
  },
}

function complete(method: string, path: string, operation: Operation): void {
  const isKeyed = method === 'post' || method === 'put'
  const parameters = operation.parameters ?? []
  const hasBody = operation.requestBody !== undefined
  const isPublic = operation.security?.length === 0
  const isChecked = hasBody || isKeyed || parameters.length > 0
  const statuses = [
    ...Object.keys(operation.responses).filter((status) => isProblem(operation.responses[status])),
    500,
    ...(isPublic ? [] : [401, 403, 429, 503]),
    ...(path.includes('{') ? [400, 404] : []),
    ...(isChecked ? [422] : []),
    ...(isKeyed ? [409] : []),
    ...(hasBody ? [400, 413, 415] : []),
  ]
  for (const status of statuses) {
    operation.responses[status] = { $ref: `#/components/responses/Problem${status}` }
  }
  if (!isKeyed) return
  const others = parameters.filter((one) => !('name' in one && one.name === 'idempotency-key'))
  operation.parameters = [...others, { $ref: '#/components/parameters/IdempotencyKey' }]
  for (const response of Object.values(operation.responses)) {
    if ('$ref' in response) continue
    const headers = { 'idempotency-replayed': { $ref: '#/components/headers/IdempotencyReplayed' } }
    response.headers = { ...response.headers, ...headers }
  }
}

function isProblem(response: Response | Reference | undefined): boolean {
  return response !== undefined && 'content' in response && 'application/problem+json' in response.content
}

function problemResponse(status: number): Response {
  // Those two are about the webhook, which is Meta's and not described here.
  const codes = Object.entries(problems).filter(
    ([code, problem]) => problem.status === status && !/^(SIGNATURE|VERIFY)_/.test(code),
  )
  return {
    description: codes.map(([code, { title }]) => `${code}: ${title}.`).join(' '),
    ...([409, 429, 502, 503].includes(status)
      ? { headers: { 'retry-after': { $ref: '#/components/headers/RetryAfter' } } }
      : {}),
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  }
}

const problemSchema = {
  type: 'object',
  description: 'A problem document (RFC 9457).',
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', enum: Object.keys(problems), description: 'Stable, for machines.' },
    detail: { type: 'string', description: 'What to do.' },
    errors: {
      type: 'array',
      description: 'Faults in fields.',
      items: {
        type: 'object',
        properties: {
          path: { type: 'string', description: 'Where in the request, such as `body.text`.' },
          message: { type: 'string' },
        },
        required: ['path', 'message'],
        additionalProperties: false,
      },
    },
  },
  required: ['type', 'title', 'status', 'code', 'detail'],
  additionalProperties: false,
  example: {
    type: 'urn:deskbridge:problem:not-found',
    title: problems.NOT_FOUND.title,
    status: 404,
    code: 'NOT_FOUND',
    detail: 'no reply has this id, or it is older than replies are kept',
  },
}

const idempotencyKey = {
  name: 'idempotency-key',
  in: 'header',
  required: false,
  description:
    'Any text of your own, one for each thing to be done. The same request with the same key is done once: for 24 hours ' +
    'it gets the first answer again, with `idempotency-replayed: true`. Another request with it gets 422. Answers 403, ' +
    '409, 429 and 5xx are not kept: ask again.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
  example: '0f8fad5b-d9cb-469f-a165-70867728950e',
}

const idempotencyReplayed = {
  description: 'There when this is the answer to an earlier request with the same Idempotency-Key.',
  schema: { type: 'string', enum: ['true'] },
}

const retryAfter = {
  description: 'When to ask again, seconds.',
  schema: { type: 'integer', minimum: 0 },
}
