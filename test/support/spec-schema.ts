import type { Json } from './vendor-server.ts'

const types = new Set(['string', 'number', 'integer', 'boolean', 'array', 'object', 'null'])

/**
 * An OpenAPI 3.0 or 3.1 document with its schemas as JSON Schema 2020-12 has them, as far as requests need it, and with
 * references that name the document `id`.
 */
export function modernSchema(thing: Json, id: string): Json {
  if (Array.isArray(thing)) return thing.map((part) => modernSchema(part, id))
  if (typeof thing !== 'object' || thing === null) return thing
  const made: Json = {}
  for (const [key, value] of Object.entries(thing)) {
    const isRef = key === '$ref' && typeof value === 'string' && value.startsWith('#')
    made[key] = isRef ? `${id}${value}` : modernSchema(value, id)
  }
  mendRequired(made)
  mendBounds(made)
  mendType(made)
  if (typeof made.nullable !== 'boolean') return made
  const { nullable, ...schema } = made
  return nullable ? { anyOf: [schema, { type: 'null' }] } : schema
}

/** A boolean here is Swagger 1's, and what is only read need not be written. */
function mendRequired(schema: Json): void {
  if (typeof schema.required === 'boolean' && schema.in === undefined && schema.content === undefined)
    delete schema.required
  if (!Array.isArray(schema.required) || typeof schema.properties !== 'object') return
  schema.required = schema.required.filter((name: string) => schema.properties[name]?.readOnly !== true)
}

function mendBounds(schema: Json): void {
  for (const [bound, limit] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    if (typeof schema[bound] !== 'boolean') continue
    if (schema[bound]) {
      schema[bound] = schema[limit]
      delete schema[limit]
    } else delete schema[bound]
  }
}

function mendType(schema: Json): void {
  if (typeof schema.type === 'string' && !types.has(schema.type)) delete schema.type
}
