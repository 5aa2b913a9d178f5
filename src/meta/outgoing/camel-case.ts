/** Deeper than any template is; what lies deeper is refused by the schema anyway. */
const deepest = 10

/**
 * Meta's spelling of fields in ours, so that what was copied from Meta's documents is understood: `image_url` becomes
 * `imageUrl`, `template_type` and `content_type` become `type`. `components` are left as they are: Meta reads them,
 * we don't. Where both spellings are given, Meta's stays, and the schema tells that it knows no such field.
 */
export function toCamelCase(value: unknown, depth = deepest): unknown {
  if (depth === 0 || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => toCamelCase(item, depth - 1))
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => {
      const name = camelKey(key)
      return [name in value ? key : name, key === 'components' ? child : toCamelCase(child, depth - 1)]
    }),
  )
}

/**
 * The inverse: our spelling of fields in Meta's. `street1` becomes `street_1`. A list with nothing in it is left out:
 * whether Meta takes one is not known, and without it the same is said.
 */
export function toSnakeCase(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(toSnakeCase)
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, child]) => !(Array.isArray(child) && child.length === 0))
      .map(([key, child]) => [
        key.replaceAll(/[A-Z]|\d+/g, (part) => `_${part.toLowerCase()}`),
        toSnakeCase(child),
      ]),
  )
}

function camelKey(key: string): string {
  if (key === 'template_type' || key === 'content_type') return 'type'
  return key.replaceAll(/_([a-z\d])/g, (_match, letter: string) => letter.toUpperCase())
}
