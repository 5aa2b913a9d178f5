import { randomBytes } from 'node:crypto'

export type GraphError = {
  message: string
  code: number
  type?: string | undefined
  error_subcode?: number | undefined
  is_transient?: boolean | undefined
}

/** The body of every refusal of Graph. */
export function graphErrorBody({ message, type = 'OAuthException', code, ...rest }: GraphError) {
  return { error: { message, type, code, ...rest, fbtrace_id: `A${randomBytes(16).toString('base64url')}` } }
}

/** Graph calls a bad parameter code 100. */
export function badParameter(message: string, error_subcode?: number): GraphError {
  return { message: `(#100) ${message}`, code: 100, ...(error_subcode !== undefined && { error_subcode }) }
}
