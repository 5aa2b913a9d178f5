/**
 * A text as a SOQL literal, quotes and all. Backslash and quote are what could end it; line ends and the other controls
 * are written out, since SOQL takes none as they are.
 */
export function literal(text: string): string {
  let escaped = ''
  for (const one of text) escaped += named[one] ?? (one < ' ' ? unicode(one) : one)
  return `'${escaped}'`
}

const named: Record<string, string> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
}

function unicode(one: string): string {
  return `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** A list for IN; never empty, since SOQL has no empty list. */
export function literals(texts: readonly string[]): string {
  return `(${texts.map(literal).join(',')})`
}

/** Salesforce writes `+0000`, which is no zone to everybody. Undefined when it is no time. */
export function readTime(text: string): number | undefined {
  const ms = Date.parse(text.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'))
  return Number.isNaN(ms) ? undefined : ms
}

/** Times are no literals in quotes. */
export function timeLiteral(ms: number): string {
  return new Date(ms).toISOString()
}

/**
 * An id in its form of 18 characters: the last three say which of the first fifteen are upper case. Salesforce shows 15
 * to people and 18 to programs, and both name the same record.
 */
export function longId(id: string): string {
  if (id.length !== 15) return id
  const tail = [0, 5, 10].map((from) => {
    const bits = [0, 1, 2, 3, 4].map((at) => (/[A-Z]/.test(id.charAt(from + at)) ? 1 << at : 0))
    return 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'[bits.reduce((sum, bit) => sum + bit, 0)]
  })
  return id + tail.join('')
}
