import type { JsonValue } from '../domain/event.ts'

// A run of 16 or more digits that begins a value may be an id above 2^53. It may also stand inside a text; then the
// slow path below gives the same result as the fast one.
const longNumber = /(?:^|[:,[])\s*-?\d{16,}/
const token = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g

/**
 * JSON.parse that keeps whole numbers above 2^53 as strings: Meta sends ids as JSON numbers in places, and a
 * rounded id is somebody else's. Throws SyntaxError as JSON.parse does.
 */
export function parseJson(text: string): JsonValue {
  const parsed = JSON.parse(text) as JsonValue
  if (!longNumber.test(text)) return parsed
  // Quoted in the text and parsed again, not by a reviver: that recurses, and one deep value would make its
  // neighbours unreadable.
  const quoted = text.replace(token, (part) =>
    /^-?[1-9]\d{15,}$/.test(part) && !Number.isSafeInteger(Number(part)) ? `"${part}"` : part,
  )
  return JSON.parse(quoted) as JsonValue
}

/** JSON.stringify throws on depths around 10,000, JSON.parse does not; so depth is checked before anything is kept. */
export function isDeeperThan(value: JsonValue, limit: number): boolean {
  if (value === null || typeof value !== 'object') return false
  if (limit === 0) return true
  for (const child of Object.values(value)) {
    if (child !== null && typeof child === 'object' && isDeeperThan(child, limit - 1)) return true
  }
  return false
}
