/**
 * JSON that every reader takes: half of a surrogate pair, as texts have that were cut in the middle of an emoji, is an
 * error to Lua's. What Redis keeps of such a text has the same replacement character.
 */
export function wellFormedJson(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) => (typeof one === 'string' ? one.toWellFormed() : one))
}
