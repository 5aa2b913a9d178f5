import { readFileSync } from 'node:fs'
import { parseDocument } from 'yaml'
import type { ZodError } from 'zod'
import { fillEnvironment } from './fill-environment.ts'
import type { Fault } from './fill-environment.ts'
import { hashKey } from './key-hash.ts'
import { configSchema } from './schema.ts'
import type { Config } from './schema.ts'

export type Environment = Record<string, string | undefined>

export type Loaded = { ok: true; config: Config; file: string } | { ok: false; faults: Fault[]; file: string }

export const defaultFile = './deskbridge.yaml'

/** Reads the file that DESKBRIDGE_CONFIG names. Every fault is told at once, by the path of its key, never by its value. */
export function loadConfig(env: Environment): Loaded {
  const file = env['DESKBRIDGE_CONFIG'] || defaultFile
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    const message =
      'cannot be read; name your config file in DESKBRIDGE_CONFIG (deskbridge.example.yaml is a start)'
    return { ok: false, file, faults: [{ path: '', message }] }
  }
  const checked = checkConfig(text, env)
  return Array.isArray(checked) ? { ok: false, file, faults: checked } : { ok: true, file, config: checked }
}

/** The config that a file's text makes with this environment, or all that is wrong with it. */
export function checkConfig(text: string, env: Environment): Config | Fault[] {
  const parsed = readYaml(text)
  if (Array.isArray(parsed)) return parsed
  const filled = fillEnvironment(parsed.value ?? {}, env)
  const overridden = override(filled.value, env)
  const result = configSchema.safeParse(overridden)
  const faults = [...filled.faults]
  const missing = new Set(faults.map((fault) => fault.path))
  // What lacks its variable is told once, not again as an empty text.
  const seen = result.success ? [] : schemaFaults(result.error)
  faults.push(...[...seen, ...crossFaults(overridden)].filter((fault) => !missing.has(fault.path)))
  return result.success && faults.length === 0 ? result.data : faults.map(withoutValues)
}

/** The parser's own messages show the line that they are about, secrets and all; so only its number is told. */
function readYaml(text: string): { value: unknown } | Fault[] {
  // Ids are whole numbers to YAML; as bigint they keep the digits beyond 2^53.
  const document = parseDocument(text, { intAsBigInt: true, logLevel: 'error' })
  const broken = [...document.errors, ...document.warnings]
  if (broken.length > 0) {
    return broken.map((one) => ({ path: '', message: `is no valid YAML${linePosition(one.linePos)}` }))
  }
  try {
    return { value: document.toJS() as unknown }
  } catch {
    return [{ path: '', message: 'is no valid YAML: an alias leads nowhere, or too far' }]
  }
}

function override(value: unknown, env: Environment): unknown {
  if (typeof value !== 'object' || value === null) return value
  const file = value as Record<string, unknown>
  const set = (section: string, key: string, variable: string) => {
    const given = env[variable]
    if (given === undefined || given === '') return
    const old = file[section]
    file[section] = { ...(typeof old === 'object' ? old : {}), [key]: given }
  }
  set('server', 'port', 'PORT')
  set('server', 'adminPort', 'ADMIN_PORT')
  set('redis', 'url', 'REDIS_URL')
  if (env['LOG_LEVEL']) file['logLevel'] = env['LOG_LEVEL']
  return file
}

function schemaFaults(error: ZodError): Fault[] {
  return error.issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [{ path: issue.path.join('.'), message: issue.message }]
    return issue.keys.map((key) => ({ path: [...issue.path, key].join('.'), message: 'is not known here' }))
  })
}

const keyShape = /^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/

/** `secret:abc` without a blank is one long key to YAML, and holds the secret: only what looks like a key is repeated. */
function withoutValues(fault: Fault): Fault {
  const parts = fault.path.split('.')
  if (fault.path === '' || parts.every((part) => keyShape.test(part))) return fault
  const readable = parts.slice(
    0,
    parts.findIndex((part) => !keyShape.test(part)),
  )
  return { ...fault, path: [...readable, '(unreadable key; is a blank missing after a colon?)'].join('.') }
}

/** Rules between keys. They work on whatever is there, so that they are told together with the others. */
function crossFaults(value: unknown): Fault[] {
  const faults: Fault[] = []
  const known = new Set(Object.keys(members(value, 'helpdesks')).filter((name) => keyShape.test(name)))
  const pages = Object.values(members(value, 'pages'))
  pages.forEach((page, at) => {
    const helpdesk = members(page)['helpdesk']
    if (typeof helpdesk === 'string' && !known.has(helpdesk)) {
      faults.push({ path: `pages.${at}.helpdesk`, message: noHelpdesk(known) })
    }
  })
  faults.push(...copiesWithoutPlace(value, pages), ...repeated(pages, 'pages', 'id'))
  faults.push(...strayRoutes(value, pages, known))
  const apiKeys = Object.values(members(value, 'apiKeys'))
  faults.push(...repeated(apiKeys, 'apiKeys', 'id'), ...repeatedSecrets(apiKeys))
  return faults
}

function noHelpdesk(known: ReadonlySet<string>): string {
  const names = known.size === 0 ? 'there are none' : `there are: ${[...known].join(', ')}`
  return `names no helpdesk of this file; ${names}`
}

/** Routes to helpdesks, or for Pages, that are not there. */
function strayRoutes(value: unknown, pages: unknown[], helpdesks: ReadonlySet<string>): Fault[] {
  const pageIds = new Set(pages.map((page) => idText(members(page)['id'])))
  return Object.values(members(value, 'routes')).flatMap((route, at) => {
    const to = Object.entries(members(route, 'to')).flatMap(([index, name]): Fault[] =>
      typeof name !== 'string' || helpdesks.has(name)
        ? []
        : [{ path: `routes.${at}.to.${index}`, message: noHelpdesk(helpdesks) }],
    )
    const wanted = Object.entries(members(members(route, 'when'), 'pages')).flatMap(([index, id]): Fault[] =>
      pageIds.has(idText(id))
        ? []
        : [{ path: `routes.${at}.when.pages.${index}`, message: 'names no Page of this file' }],
    )
    return [...to, ...wanted]
  })
}

/** Ids may be written as numbers. */
function idText(id: unknown): unknown {
  return typeof id === 'number' || typeof id === 'bigint' ? String(id) : id
}

/** A Page that says `copy` would silently get links. One that says nothing gets what there is. */
function copiesWithoutPlace(value: unknown, pages: unknown[]): Fault[] {
  const { store, publicUrl } = members(value, 'attachments')
  const hasAddress = publicUrl !== undefined || members(value, 'server')['publicUrl'] !== undefined
  if (store !== undefined && hasAddress) return []
  const message = 'copies need attachments.store and server.publicUrl'
  return pages.flatMap((page, at) =>
    members(page)['attachments'] === 'copy' ? [{ path: `pages.${at}.attachments`, message }] : [],
  )
}

/** A key that is there twice, also when it is written once as itself and once as its hash: whose scopes would it have? */
function repeatedSecrets(apiKeys: unknown[]): Fault[] {
  const hashes = apiKeys.map((one) => {
    const { key, keyHash } = members(one)
    if (typeof key === 'string' && key !== '') return { field: 'key', hash: hashKey(key) }
    return typeof keyHash === 'string' ? { field: 'keyHash', hash: keyHash } : undefined
  })
  return hashes.flatMap((one, at) => {
    const first = hashes.findIndex((other) => other !== undefined && other.hash === one?.hash)
    if (one === undefined || first === at) return []
    const message = `is the same secret as apiKeys.${first}.${hashes[first]?.field}`
    return [{ path: `apiKeys.${at}.${one.field}`, message }]
  })
}

function repeated(list: unknown[], name: string, key: string): Fault[] {
  const values = list
    .map((one) => members(one)[key])
    .map((one) => (typeof one === 'number' ? String(one) : one))
  return values.flatMap((one, at) => {
    const first = values.indexOf(one)
    return one === undefined || first === at
      ? []
      : [{ path: `${name}.${at}.${key}`, message: `is the same as ${name}.${first}.${key}` }]
  })
}

function members(value: unknown, key?: string): Record<string, unknown> {
  const object = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  return key === undefined ? object : members(object[key])
}

function linePosition(linePos: unknown): string {
  const line = Array.isArray(linePos) ? members(linePos[0])['line'] : undefined
  return typeof line === 'number' ? ` (line ${line})` : ''
}
