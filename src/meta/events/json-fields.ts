import type { JsonValue } from '../../domain/event.ts'

export type JsonObject = { [key: string]: JsonValue }

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function member(value: JsonObject, key: string): JsonObject | null {
  const found = value[key]
  return isObject(found) ? found : null
}

/** The objects of a list; empty for what is none. */
export function objects(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

export function string(value: JsonValue | undefined): string | null {
  return typeof value === 'string' ? value : null
}

/** Ids come as strings and as numbers; here they are strings. */
export function id(value: JsonValue | undefined): string | null {
  if (typeof value === 'string') return value === '' ? null : value
  return typeof value === 'number' ? String(value) : null
}

/** A number, also where Meta's samples write it as a string. */
export function number(value: JsonValue | undefined): number | null {
  if (typeof value === 'number') return value
  if (typeof value !== 'string' || value.trim() === '') return null
  const read = Number(value)
  return Number.isFinite(read) ? read : null
}

/** Messaging events count milliseconds, Page changes and lead ads seconds; some samples make them strings, or ISO 8601. */
export function milliseconds(value: JsonValue | undefined): number | null {
  const number = typeof value === 'string' ? readTime(value) : value
  // 8.64e15 is the last moment that a Date can hold; past it, whoever formats the time would throw.
  if (typeof number !== 'number' || !(number > 0 && number < 8.64e15)) return null
  return Math.round(number < 1e12 ? number * 1000 : number)
}

function readTime(text: string): number {
  return /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number(text)
}

/** ISO 8601, for times that only people and helpdesks read. */
export function isoTime(value: JsonValue | undefined): string | null {
  const ms = milliseconds(value)
  return ms === null ? null : new Date(ms).toISOString()
}

/** Only what is there: `present({ a: null, b: 'x' })` is `{ b: 'x' }`. */
export function present<T extends Record<string, unknown>>(
  fields: T,
): { [K in keyof T]?: NonNullable<T[K]> } {
  const there = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined)
  return Object.fromEntries(there) as { [K in keyof T]?: NonNullable<T[K]> }
}
