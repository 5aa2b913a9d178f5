import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formatsPlugin from 'ajv-formats'
import type { FormatsPlugin } from 'ajv-formats'
import { parse } from 'yaml'
import { modernSchema } from './spec-schema.ts'
import type { Json, JsonSchema, VendorRequest } from './vendor-server.ts'

// Its types name the default export otherwise than Node does.
const addFormats = formatsPlugin as unknown as FormatsPlugin

/** A description that a vendor publishes. The files are no part of this repository. */
export interface SpecSource {
  /** In the folder of descriptions, such as `zendesk-support/openapi-src.yaml`. */
  file: string
  /** What stands before the description's own paths in a request's path. */
  base?: string
  /** Mends what is wrong in the file, before it is read. Give the same function each time: results are kept by it. */
  patch?: (document: Json) => void
}

export interface SpecCheck {
  /** Empty where there are no descriptions. */
  descriptions: string[]
  /** What is wrong with a request, each with file, operation and place. `beyond`: fields that are not listed, on purpose. */
  hold(request: VendorRequest, beyond?: string[]): string[]
}

interface Spec {
  file: string
  base: string
  document: Json
  paths: { template: string; pattern: RegExp; params: number }[]
  strict: Ajv2020
  coercing: Ajv2020
}

type Place = { spec: Spec; template: string; operation: Json; shared: Json; values: string[] }
type Validate = (data: unknown) => string[]

const loaded = new Map<string, { patch: SpecSource['patch']; spec: Spec }[]>()
const validators = new WeakMap<object, Validate>()
let said = false

/** Where descriptions are, or undefined where nobody has them. Throws when a folder is named that is not there. */
export function specsFolder(): string | undefined {
  const named = process.env['HELPDESK_SPECS_DIR']
  const folder = resolve(import.meta.dirname, '../..', named || '../shared/specs')
  if (existsSync(folder)) return folder
  if (named) throw new Error(`HELPDESK_SPECS_DIR names ${folder}, and there is no such folder`)
  return undefined
}

export function specCheck(sources: SpecSource[]): SpecCheck {
  const folder = sources.length > 0 ? specsFolder() : undefined
  if (folder === undefined) {
    if (sources.length > 0 && !said) {
      said = true
      console.log('No folder of published descriptions: requests are held against our own schemas only.')
    }
    return { descriptions: [], hold: () => [] }
  }
  for (const { file } of sources)
    if (!existsSync(resolve(folder, file)))
      throw new Error(`the published description ${file} is not in ${folder}`)
  return {
    descriptions: sources.map(({ file }) => file),
    hold(request, beyond = []) {
      const specs = sources.map((source) => load(folder, source))
      const place = find(specs, request)
      if (!place)
        return [`${sources.map(({ file }) => file).join(', ')}: no ${request.method} ${request.path}`]
      const { spec, template, operation, shared } = place
      const params: Json[] = [...(shared ?? []), ...(operation.parameters ?? [])].map((p) => deref(spec, p))
      return [
        ...pathFaults(place, params),
        ...queryFaults(spec, params, request, beyond),
        ...bodyFaults(spec, operation, request, beyond),
      ].map((what) => `${spec.file}: ${request.method} ${template}: ${what}`)
    },
  }
}

function load(folder: string, { file, base = '', patch }: SpecSource): Spec {
  const known = loaded.get(file)?.find((entry) => entry.patch === patch && entry.spec.base === base)
  if (known) return known.spec
  const text = readFileSync(resolve(folder, file), 'utf8')
  const raw: Json = file.endsWith('.json') ? JSON.parse(text) : parse(text)
  patch?.(raw)
  const document: Json = modernSchema(raw, `spec:${file}`)
  const paths = Object.keys(document.paths).map((template) => ({
    template,
    params: template.split('{').length,
    pattern: new RegExp(
      `^${(base + template).replace(/[.*+?^$()[\]|\\]/g, '\\$&').replace(/\{[^}]+\}/g, '([^/]+)')}$`,
    ),
  }))
  const [strict, coercing] = [ajv(file, document, false), ajv(file, document, true)]
  const spec = { file, base, document, paths, strict, coercing }
  loaded.set(file, [...(loaded.get(file) ?? []), { patch, spec }])
  return spec
}

function ajv(file: string, document: JsonSchema, coerce: boolean): Ajv2020 {
  const made = new Ajv2020({
    strict: false,
    allErrors: true,
    validateSchema: false,
    unicodeRegExp: false,
    logger: false,
    ...(coerce ? { coerceTypes: 'array' as const } : {}),
  })
  addFormats(made)
  made.addSchema(document, `spec:${file}`)
  return made
}

function find(specs: Spec[], { method, path }: VendorRequest): Place | undefined {
  const places = specs.flatMap((spec) =>
    spec.paths.flatMap(({ template, pattern, params }) => {
      const values = pattern.exec(path)?.slice(1)
      const entry: Json = spec.document.paths[template]
      const operation: Json = entry[method.toLowerCase()]
      return values && operation
        ? [{ spec, template, operation, shared: entry.parameters, values, params }]
        : []
    }),
  )
  return places.toSorted((a, b) => a.params - b.params)[0]
}

function pathFaults({ spec, template, values }: Place, params: Json[]): string[] {
  const names = [...template.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name)
  return names.flatMap((name, n) => {
    const schema: unknown = params.find((param) => param.in === 'path' && param.name === name)?.schema
    return schema
      ? validator(
          spec.coercing,
          schema,
        )({ it: decodeURIComponent(values[n]!) }).map((w) => `path ${name}${w}`)
      : []
  })
}

function queryFaults(spec: Spec, params: Json[], { query }: VendorRequest, beyond: string[]): string[] {
  const declared = params.filter((param) => param.in === 'query')
  const missing = declared
    .filter(
      ({ name, required }) =>
        required === true && !Object.keys(query).some((key) => bare(key) === bare(name)),
    )
    .map(({ name }) => `query ${name} is required`)
  const wrong = Object.entries(query).flatMap(([key, value]) => {
    const param =
      declared.find(({ name }) => name === key) ?? declared.find(({ name }) => bare(name) === bare(key))
    if (!param) return beyond.includes(key) ? [] : [`query ${key} is not listed`]
    if (!param.schema || (key.includes('[') && param.name !== key)) return []
    const given = param.schema.type === 'array' ? value.split(',') : value
    return validator(spec.coercing, param.schema)({ it: given }).map((what) => `query ${key}${what}`)
  })
  return [...missing, ...wrong]
}

function bare(key: string): string {
  return key.replace(/\[.*$/, '')
}

function bodyFaults(spec: Spec, operation: Json, request: VendorRequest, beyond: string[]): string[] {
  const described = operation.requestBody && deref(spec, operation.requestBody)
  const type = (request.headers['content-type'] ?? '').split(';')[0]!
  const empty = request.bytes.length === 0
  if (!described) return empty ? [] : ['takes no body']
  if (empty) return described.required === true ? ['body is required'] : []
  const content: Record<string, Json> = described.content ?? {}
  const media = content[type] ?? content[`${type.split('/')[0]}/*`] ?? content['*/*']
  if (!media) return [`takes no ${type}, but ${Object.keys(content).join(', ')}`]
  if (!media.schema) return []
  if (type === 'application/json')
    return listed(spec, media.schema, request.json, beyond).map((what) => `body${what}`)
  if (type !== 'multipart/form-data') return []
  const fields: Record<string, unknown> = {}
  const named = (key: string) => (names(spec, media.schema, key) ? key : bare(key))
  for (const [key, value] of Object.entries((request.json ?? {}) as object)) fields[named(key)] = value
  for (const { field } of request.files) {
    const list = fields[named(field)] as string[] | undefined
    fields[named(field)] = field.endsWith('[]') ? [...(list ?? []), ''] : ''
  }
  return listed(spec, media.schema, fields, beyond, spec.coercing).map((what) => `form${what}`)
}

/** Holds the body, and names top-level fields that the description does not list: they are mostly misspelt. */
function listed(spec: Spec, schema: JsonSchema, data: unknown, beyond: string[], by = spec.strict): string[] {
  const unlisted =
    typeof data === 'object' && data !== null && !Array.isArray(data)
      ? Object.keys(data).filter((key) => !beyond.includes(key) && !names(spec, schema, key))
      : []
  return [...validator(by, schema)({ it: data }), ...unlisted.map((key) => `/${key} is not listed`)]
}

function names(spec: Spec, schema: Json, key: string, depth = 0): boolean {
  const here = deref(spec, schema)
  if (depth > 8 || typeof here !== 'object') return true
  const parts: Json[] = [...(here.allOf ?? []), ...(here.oneOf ?? []), ...(here.anyOf ?? [])]
  if (here.additionalProperties !== undefined && here.additionalProperties !== false) return true
  if (here.properties && key in here.properties) return true
  if (!here.properties && parts.length === 0) return true
  return parts.some((part) => names(spec, part, key, depth + 1))
}

function deref(spec: Spec, thing: Json): Json {
  let here = thing
  for (let hops = 0; hops < 20 && typeof here?.$ref === 'string'; hops++) {
    const pointer = (here.$ref as string).split('#/')[1] ?? ''
    here = pointer
      .split('/')
      .reduce(
        (at, part) => at?.[decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')],
        spec.document,
      )
  }
  return here
}

/** Compiled when it is first needed: these files hold a thousand schemas. `it` is what a coercing check may change. */
function validator(by: Ajv2020, schema: unknown): Validate {
  const kept = validators.get(schema as object)
  if (kept) return kept
  const validate = by.compile({ type: 'object', properties: { it: schema as JsonSchema } })
  const made: Validate = (data) => {
    if (validate(data)) return []
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) =>
        `${instancePath.replace(/^\/it/, '')} ${message} ${JSON.stringify(params)}`,
    )
  }
  validators.set(schema as object, made)
  return made
}
