import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { ValidateFunction } from 'ajv/dist/2020.js'
import { specCheck } from './spec-check.ts'
import type { SpecSource } from './spec-check.ts'

/** What JSON.parse gives: stand-ins read it freely, since a schema has held it before. */
export type Json = ReturnType<typeof JSON.parse>
export type JsonSchema = Record<string, unknown>

export interface VendorFile {
  field: string
  name: string
  type: string
  bytes: Buffer
}

export interface VendorRequest {
  method: string
  path: string
  /** Of the route's `:names`. */
  params: Record<string, string>
  query: Record<string, string>
  headers: Record<string, string>
  /** Of a JSON body; of a form its text fields, of which those that end in `[]` are lists. */
  json: Json
  files: VendorFile[]
  bytes: Buffer
}

export interface VendorAnswer {
  status?: number
  json?: unknown
  text?: string
  bytes?: Buffer
  headers?: Record<string, string>
}

export interface VendorRoute {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Such as `/api/v2/tickets/:id`. */
  path: string
  /** Of a JSON body or of a form's text fields. A route without one takes no body but files and bytes. */
  body?: JsonSchema
  /** A route without one takes no query. All values are strings. */
  query?: JsonSchema
  /** Why the published description does not know this call; without it the call must stand there. */
  undescribed?: string
  /** Top-level fields of body or query that the vendor takes and its description does not list. */
  beyond?: string[]
  answer(request: VendorRequest): VendorAnswer | Promise<VendorAnswer>
}

/** `half` takes effect and cuts its answer in the middle; all others take none. */
export type VendorMisbehaviour = 'refuses' | 'busy' | 'fails' | 'silent' | 'half' | 'garbage'

/** `'POST /api/v2/tickets/:id'`, as the route has it, or a test of one's own. */
export type Which = string | ((request: VendorRequest) => boolean)

export interface VendorExchange {
  route: string
  request: VendorRequest
  answer: VendorAnswer
}

export interface VendorServer {
  url: string
  /** Everything that was answered in good order, oldest first. */
  exchanges: VendorExchange[]
  /** What no vendor would take: no such route, or a body or query that breaks a schema. */
  faults(): string[]
  /** From the next request on, and all of them when `which` is left out. */
  misbehave(how: VendorMisbehaviour, which?: Which): void
  behave(): void
  /** Once: the vendor does it, and cuts the connection without an answer. Without `which`: the next that is no GET. */
  loseAnswer(which?: Which): void
  /** A file of a customer's on this server. `gone-…` is 404, `slow-…` never answers; others hold `bytes of <name>`. */
  fileUrl(name: string): string
  /** Which published descriptions requests were held against. */
  descriptions: string[]
  close(): Promise<void>
}

const filesPath = '/_files/'

/** A stand-in for a vendor that takes only what the vendor would. Faults are kept, and must be none at a test's end. */
export async function vendorServer(routes: VendorRoute[], specs: SpecSource[] = []): Promise<VendorServer> {
  const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true })
  const check = specCheck(specs)
  const compiled = routes.map((route) => ({ ...route, ...compileRoute(ajv, route) }))
  const exchanges: VendorExchange[] = []
  const faults: string[] = []
  let lost: Which | undefined
  let bad: { how: VendorMisbehaviour; which: Which | undefined } | undefined

  async function meet(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await readRequest(incoming)
    if (request.path.startsWith(filesPath)) return serveFile(request.path.slice(filesPath.length), response)
    const route = compiled.find(
      ({ method, pattern }) => method === request.method && pattern.test(request.path),
    )
    if (!route) {
      faults.push(`no such route: ${request.method} ${request.path}`, ...check.hold(request))
      return send(response, { status: 404, json: { error: 'no such route' } })
    }
    request.params = route.pattern.exec(request.path)!.groups ?? {}
    for (const [name, value] of Object.entries(request.params))
      request.params[name] = decodeURIComponent(value)
    const broken = [...route.faults(request), ...(route.undescribed ? [] : check.hold(request, route.beyond))]
    if (broken.length > 0) {
      faults.push(...broken)
      return send(response, { status: 400, json: { error: 'breaks a schema' } })
    }
    const name = `${route.method} ${route.path}`
    const meant = (which: Which) => (typeof which === 'string' ? which === name : which(request))
    const how = bad && (bad.which === undefined || meant(bad.which)) ? bad.how : undefined
    if (how !== undefined && how !== 'half') return misanswer(response, how)
    const answer = await route.answer(request)
    if (lost !== undefined && meant(lost)) {
      lost = undefined
      response.destroy()
      return
    }
    // The stand-in goes on to change what it answered.
    exchanges.push({ route: name, request, answer: structuredClone(answer) })
    if (how === 'half') return cutInHalf(response, answer)
    send(response, answer)
  }

  const server = createServer((incoming, response) => {
    meet(incoming, response).catch((error: unknown) => {
      if (incoming.socket.destroyed || response.destroyed) return
      faults.push(`the stand-in broke at ${incoming.method} ${incoming.url}: ${String(error)}`)
      response.destroy()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    exchanges,
    faults: () => [...faults],
    misbehave: (how, which) => {
      bad = { how, which }
    },
    behave: () => {
      bad = undefined
    },
    loseAnswer: (which = ({ method }) => method !== 'GET') => {
      lost = which
    },
    fileUrl: (name) => `${url}${filesPath}${name}`,
    descriptions: check.descriptions,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function compileRoute(ajv: Ajv2020, route: VendorRoute) {
  const pattern = new RegExp(
    `^${route.path.replace(/[.*+?^$()[\]{}|\\]/g, '\\$&').replace(/:(\w+)/g, '(?<$1>[^/]+)')}$`,
  )
  const body = route.body && ajv.compile(route.body)
  const query = ajv.compile(route.query ?? { type: 'object', additionalProperties: false })
  const name = `${route.method} ${route.path}`
  return {
    pattern,
    faults: ({ json, query: given }: VendorRequest): string[] => [
      ...(body ? wrong(body, json) : json === undefined ? [] : [' has a body, but takes none']).map(
        (what) => `${name}: body${what}`,
      ),
      ...wrong(query, given).map((what) => `${name}: query${what}`),
    ],
  }
}

function wrong(validate: ValidateFunction, data: unknown): string[] {
  if (validate(data)) return []
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  )
}

async function readRequest(incoming: IncomingMessage): Promise<VendorRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://vendor.example')
  const type = incoming.headers['content-type'] ?? ''
  const request: VendorRequest = {
    method: incoming.method ?? '',
    path: pathname,
    params: {},
    query: Object.fromEntries(searchParams),
    headers: incoming.headers as Record<string, string>,
    json: undefined,
    files: [],
    bytes,
  }
  if (type.startsWith('application/json')) request.json = JSON.parse(bytes.toString())
  if (type.startsWith('multipart/form-data')) await readForm(request, type)
  if (type.startsWith('application/x-www-form-urlencoded'))
    request.json = Object.fromEntries(new URLSearchParams(bytes.toString()))
  return request
}

async function readForm(request: VendorRequest, type: string): Promise<void> {
  const form = await new Response(new Uint8Array(request.bytes), {
    headers: { 'content-type': type },
  }).formData()
  const fields: Record<string, unknown> = {}
  for (const [field, value] of form) {
    if (typeof value === 'string') {
      const list = fields[field] as string[] | undefined
      fields[field] = field.endsWith('[]') ? [...(list ?? []), value] : value
    } else {
      const bytes = Buffer.from(await value.arrayBuffer())
      request.files.push({ field, name: value.name, type: value.type, bytes })
    }
  }
  if (Object.keys(fields).length > 0) request.json = fields
}

function serveFile(name: string, response: ServerResponse): void {
  if (name.startsWith('slow-')) return
  if (name.startsWith('gone-')) return send(response, { status: 404, text: 'gone' })
  const type = name.endsWith('.jpg') ? 'image/jpeg' : 'application/octet-stream'
  send(response, { bytes: Buffer.from(`bytes of ${name}`), headers: { 'content-type': type } })
}

function written({ json, text, bytes }: VendorAnswer): Buffer {
  return bytes ?? Buffer.from(text ?? (json === undefined ? '' : JSON.stringify(json)))
}

function send(response: ServerResponse, answer: VendorAnswer): void {
  const type = answer.json === undefined ? {} : { 'content-type': 'application/json' }
  response.writeHead(answer.status ?? 200, { ...type, ...answer.headers }).end(written(answer))
}

function misanswer(response: ServerResponse, how: Exclude<VendorMisbehaviour, 'half'>): void {
  if (how === 'silent') return
  if (how === 'garbage') return send(response, { text: '<html>{"not json' })
  const status = { refuses: 422, busy: 429, fails: 503 }[how]
  const headers: Record<string, string> = how === 'busy' ? { 'retry-after': '7' } : {}
  send(response, { status, json: { error: 'misbehaves on purpose' }, headers })
}

function cutInHalf(response: ServerResponse, answer: VendorAnswer): void {
  const body = written(answer)
  response.writeHead(answer.status ?? 200, {
    'content-type': 'application/json',
    'content-length': String(Math.max(body.length, 2)),
  })
  response.write(body.subarray(0, Math.max(1, Math.floor(body.length / 2))), () => response.destroy())
}
