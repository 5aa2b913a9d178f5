import { readFileSync } from 'node:fs'

export interface Field {
  name: string
  type: string
  isOptional: boolean
  /** Of its comment; empty without one. */
  says: string
}

export interface Described {
  /** Of the comment above the interface; empty without one. */
  says: string
  fields: Field[]
}

/**
 * Reads the interfaces of one file of src/domain as Prettier leaves them: each field on a line of its own, its comment
 * above it. What a page says of a field is what the code says of it.
 */
export function readInterfaces(path: string): Map<string, Described> {
  const source = readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
  const found = source.matchAll(/(\/\*\*(?:(?!\*\/).)*\*\/\n)?export interface (\w+)[^{]*\{\n(.*?)\n\}/gs)
  return new Map(
    [...found].map(([, comment, name, body]) => [
      name ?? '',
      { says: plain(comment), fields: readFields(body ?? '') },
    ]),
  )
}

function readFields(body: string): Field[] {
  // A type over several lines ends where the next field begins.
  const found = body.matchAll(/( {2}\/\*\*(?:(?!\*\/).)*\*\/\n)? {2}(\w+)(\??): (.*?)(?=\n {2}[\w/]|$)/gs)
  return [...found].map(([, comment, name, optional, type]) => ({
    name: name ?? '',
    type: (type ?? '').replace(/\s+/g, ' ').trim(),
    isOptional: optional === '?',
    says: plain(comment),
  }))
}

function plain(comment = ''): string {
  return comment
    .replace(/\/\*\*|\*\/|^\s*\*/gm, '')
    .replace(/\s+/g, ' ')
    .trim()
}
