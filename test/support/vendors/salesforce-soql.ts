/** As much of SOQL as is needed to hold queries to its grammar: what it does not know is an error, as it is there. */

export type SoqlRow = Record<string, unknown>
type Value =
  | { kind: 'text'; text: string }
  | { kind: 'time'; at: number }
  | { kind: 'boolean'; is: boolean }
  | { kind: 'null' }
type Test = (row: SoqlRow) => boolean

const token =
  /\s*(?:('(?:[^'\\\n\r]|\\(?:[nrtbf"'\\_%]|u[0-9a-f]{4}))*')|(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z)|(!=|>=|<=|[=<>(),])|([A-Za-z_][\w.]*)|(\d+))/y

export function tokensOf(soql: string): string[] {
  const tokens: string[] = []
  token.lastIndex = 0
  while (token.lastIndex < soql.length) {
    const from = token.lastIndex
    const found = token.exec(soql)
    if (!found) throw new Error(`MALFORMED_QUERY at ${from}`)
    // No control stands in a literal as it is.
    if (found[1] !== undefined && found[1].split('').some((one) => one < ' '))
      throw new Error(`MALFORMED_QUERY at ${from}`)
    tokens.push(found[0].trim())
  }
  return tokens
}

const escapes: Record<string, string> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }

/** What a literal in quotes says. */
export function textOf(literal: string): string {
  return literal
    .slice(1, -1)
    .replace(/\\(u[0-9a-f]{4}|.)/g, (_all, one: string) =>
      one.length === 5 ? String.fromCharCode(Number.parseInt(one.slice(1), 16)) : (escapes[one] ?? one),
    )
}

function fieldOf(row: SoqlRow, path: string): unknown {
  let at: unknown = row
  for (const part of path.split('.')) {
    if (at === null || at === undefined) return null
    if (!(part in (at as SoqlRow))) throw new Error(`INVALID_FIELD ${path}`)
    at = (at as SoqlRow)[part]
  }
  return at
}

function compare(value: unknown, operator: string, wanted: Value): boolean {
  const given = wanted.kind === 'time' ? Date.parse(String(value)) : value
  const against = {
    text: 'text' in wanted ? wanted.text : '',
    time: 'at' in wanted ? wanted.at : 0,
    boolean: 'is' in wanted && wanted.is,
    null: null,
  }[wanted.kind]
  if (operator === '=') return given === against
  if (operator === '!=') return given !== against
  if (given === null || against === null) return false
  return operator === '>'
    ? given! > against
    : operator === '<'
      ? given! < against
      : operator === '>='
        ? given! >= against
        : given! <= against
}

export interface Query {
  from: string
  fields: string[]
  run(rows: SoqlRow[]): SoqlRow[]
}

export function parseSoql(soql: string): Query {
  const tokens = tokensOf(soql)
  let at = 0
  const take = (wanted?: string): string => {
    const one = tokens[at++]
    if (one === undefined || (wanted !== undefined && one !== wanted))
      throw new Error(`MALFORMED_QUERY: ${one} where ${wanted} should be`)
    return one
  }
  const list = (read: () => void) => {
    do read()
    while (tokens[at] === ',' && at++ >= 0)
  }

  function value(): Value {
    const one = take()
    if (one.startsWith("'")) return { kind: 'text', text: textOf(one) }
    if (/^\d{4}-/.test(one)) return { kind: 'time', at: Date.parse(one) }
    if (one === 'true' || one === 'false') return { kind: 'boolean', is: one === 'true' }
    if (one === 'null') return { kind: 'null' }
    throw new Error(`MALFORMED_QUERY: ${one} is no value`)
  }

  function term(): Test {
    if (tokens[at] === '(') {
      take('(')
      const inner = either()
      take(')')
      return inner
    }
    const path = take()
    const operator = take()
    if (operator === 'IN') {
      const values: Value[] = []
      take('(')
      list(() => values.push(value()))
      take(')')
      return (row) => values.some((one) => compare(fieldOf(row, path), '=', one))
    }
    const wanted = value()
    return (row) => compare(fieldOf(row, path), operator, wanted)
  }

  function all(): Test {
    const tests = [term()]
    while (tokens[at] === 'AND' && at++ >= 0) tests.push(term())
    return (row) => tests.every((test) => test(row))
  }

  function either(): Test {
    const tests = [all()]
    while (tokens[at] === 'OR' && at++ >= 0) tests.push(all())
    return (row) => tests.some((test) => test(row))
  }

  take('SELECT')
  const fields: string[] = []
  list(() => fields.push(take()))
  take('FROM')
  const from = take()
  let where: Test = () => true
  if (tokens[at] === 'WHERE' && at++ >= 0) where = either()
  const order: { path: string; down: boolean }[] = []
  if (tokens[at] === 'ORDER') {
    at++
    take('BY')
    list(() => {
      const path = take()
      const down = tokens[at] === 'DESC'
      if (down) at++
      order.push({ path, down })
    })
  }
  let limit = 2000
  if (tokens[at] === 'LIMIT') {
    at++
    limit = Number(take())
  }
  if (at < tokens.length) throw new Error(`MALFORMED_QUERY: ${tokens[at]} at its end`)

  return {
    from,
    fields,
    run: (rows) =>
      rows
        .filter(where)
        .toSorted((a, b) => {
          for (const { path, down } of order) {
            const [x, y] = [fieldOf(a, path) as string, fieldOf(b, path) as string]
            if (x !== y) return (x < y ? -1 : 1) * (down ? -1 : 1)
          }
          return 0
        })
        .slice(0, limit)
        .map((row) => pick(row, fields)),
  }
}

function pick(row: SoqlRow, fields: string[]): SoqlRow {
  const picked: SoqlRow = {}
  for (const path of fields) {
    const [name = '', inner] = path.split('.')
    if (inner === undefined) picked[name] = fieldOf(row, path)
    else {
      fieldOf(row, path)
      const nested = row[name] as SoqlRow | null
      picked[name] = nested === null ? null : { ...(picked[name] as SoqlRow), [inner]: nested[inner] }
    }
  }
  return picked
}
