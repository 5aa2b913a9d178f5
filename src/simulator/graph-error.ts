import { randomBytes } from 'node:crypto'
import type { z } from 'zod'

export type GraphError = {
  message: string
  code: number
  type?: string | undefined
  error_subcode?: number | undefined
  is_transient?: boolean | undefined
}

/** What Graph says no with. `headers` are those of a refusal that tells how long it will last. */
export class GraphRefusal extends Error {
  readonly error: GraphError
  readonly headers: Readonly<Record<string, string>>

  constructor(error: GraphError, headers: Readonly<Record<string, string>> = {}) {
    super(error.message)
    this.name = 'GraphRefusal'
    this.error = error
    this.headers = headers
  }
}

/** The body of every refusal of Graph. */
export function graphErrorBody({ message, type = 'OAuthException', code, ...rest }: GraphError) {
  return { error: { message, type, code, ...rest, fbtrace_id: `A${randomBytes(16).toString('base64url')}` } }
}

/** A refusal with Meta's numbers and words of our own: callers decide by the numbers. */
export function refusal(code: number, subcode: number | undefined, text: string): GraphRefusal {
  const message = `(#${code}) ${text}`
  return new GraphRefusal({ message, code, ...(subcode !== undefined && { error_subcode: subcode }) })
}

/** Graph calls a bad parameter code 100. */
export function badParameter(text: string, subcode?: number): GraphRefusal {
  return refusal(100, subcode, text)
}

/** An id that names nothing, or nothing that this caller may see. */
export function noSuchObject(id: string): GraphRefusal {
  return badParameter(`Object with ID '${id}' does not exist or this token can't see it`, 33)
}

/** Reads what a caller sent; what does not fit is code 100, with the subcode that the schema's `params` name. */
export function readShape<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const subcode: unknown = issue?.code === 'custom' ? issue.params?.['error_subcode'] : undefined
  const where = issue?.path.join('.') ?? ''
  throw badParameter(
    `${where === '' ? '' : `${where}: `}${issue?.message ?? 'Invalid parameter'}`,
    typeof subcode === 'number' ? subcode : undefined,
  )
}
