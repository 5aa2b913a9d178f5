import type { JsonValue } from '../domain/event.ts'

// A run of 16 or more digits that begins a value may be an id above 2^53. It may also stand inside a text;
// then the slow path below gives the same result as the fast one.
const longNumber = /[:,[]\s*-?\d{16,}/

/**
 * JSON.parse that keeps whole numbers above 2^53 as strings: Meta sends ids as JSON numbers in places, and a
 * rounded id is somebody else's. Throws SyntaxError as JSON.parse does, and RangeError on depths that exhaust the stack.
 */
export function parseJson(text: string): JsonValue {
  if (!longNumber.test(text)) return JSON.parse(text) as JsonValue
  return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) => {
    const isRounded = typeof value === 'number' && !Number.isSafeInteger(value)
    return isRounded && context?.source !== undefined && /^-?\d+$/.test(context.source)
      ? context.source
      : value
  }) as JsonValue
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
