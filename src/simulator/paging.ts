import { badParameter } from './graph-error.ts'

/** Lists and fields, as Graph gives them. */

/** Names in a text, as a set. */
export function fieldSet(names: string): ReadonlySet<string> {
  return new Set(names.trim().split(/\s+/))
}

type Paging = { limit?: number | undefined; after?: string | undefined }

/** One page of a list, with the cursor of the next; a cursor says after which one to go on. */
export function paged<T>(all: readonly T[], { limit = 25, after }: Paging, idOf: (one: T) => string) {
  const start = after === undefined ? 0 : afterCursor(all, after, idOf)
  const data = all.slice(start, start + limit)
  const [first, last] = [data[0], data.at(-1)]
  if (first === undefined || last === undefined) return { data }
  const cursors = { before: cursorOf(idOf(first)), after: cursorOf(idOf(last)) }
  // Graph writes the whole address; only that there is one tells that there is more.
  const next = start + limit < all.length ? { next: `?after=${cursors.after}` } : {}
  return { data, paging: { cursors, ...next } }
}

/** The fields that were asked for; `id` comes unasked. A name that nobody knows is code 100, as at Graph. */
export function pickFields(
  from: Readonly<Record<string, unknown>>,
  fields: string,
  known: ReadonlySet<string>,
): Record<string, unknown> {
  const picked: Record<string, unknown> = {}
  for (const field of new Set([...splitFields(fields), 'id'])) {
    const name = /^\w+/.exec(field)?.[0] ?? field
    if (!known.has(name)) throw badParameter(`Tried accessing nonexisting field (${name})`)
    if (from[name] !== undefined) picked[name] = from[name]
  }
  return picked
}

/** Splits at the commas that stand in no braces: `id,messages{id,from}` are two. */
export function splitFields(fields: string): string[] {
  return fields.split(/,(?![^{]*\})/).filter((field) => field !== '')
}

function afterCursor<T>(all: readonly T[], after: string, idOf: (one: T) => string): number {
  const id = Buffer.from(after, 'base64url').toString()
  const index = all.findIndex((one) => idOf(one) === id)
  if (index === -1) throw badParameter('after: no cursor of this list')
  return index + 1
}

function cursorOf(id: string): string {
  return Buffer.from(id).toString('base64url')
}
