import type { FastifyReply } from 'fastify'
import type { FieldError } from '../domain/field-error.ts'

/** Every problem document that we answer with (RFC 9457). The code is stable; the text may change. */
export const problems = {
  BAD_REQUEST: { status: 400, title: 'The request cannot be read' },
  UNAUTHORIZED: { status: 401, title: 'No valid API key' },
  SIGNATURE_INVALID: { status: 401, title: 'The call is not proven with a secret of ours' },
  FORBIDDEN: { status: 403, title: 'The API key lacks the scope' },
  VERIFY_TOKEN_WRONG: { status: 403, title: 'The verify token is not ours' },
  NOT_FOUND: { status: 404, title: 'There is no such thing' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'Nothing answers this method here' },
  LINK_INVALID: { status: 403, title: 'The link is not one of ours' },
  ATTACHMENT_GONE: { status: 410, title: 'The file is not here, and will not be' },
  ATTACHMENT_UNAVAILABLE: { status: 503, title: 'The file cannot be had at present' },
  IDEMPOTENCY_IN_PROGRESS: {
    status: 409,
    title: 'The first request with this Idempotency-Key is still running',
  },
  BODY_TOO_LARGE: { status: 413, title: 'The body is too large' },
  MEDIA_TYPE: { status: 415, title: 'The body must be application/json' },
  INVALID: { status: 422, title: 'The request breaks a rule' },
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: 'The Idempotency-Key was used for another request' },
  TOO_MANY_REQUESTS: { status: 429, title: 'Too many requests' },
  META_REFUSED: { status: 422, title: 'Meta does not take this' },
  INTERNAL: { status: 500, title: 'Something went wrong here' },
  META_UNAVAILABLE: { status: 502, title: 'Meta gave no usable answer' },
  STORE_UNAVAILABLE: { status: 503, title: 'Redis cannot keep this at present' },
} as const

export type ProblemCode = keyof typeof problems

export interface Problem {
  type: string
  title: string
  status: number
  code: ProblemCode
  detail: string
  errors?: FieldError[]
}

/** Thrown by routes; the error handler makes the document. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem'
  readonly code: ProblemCode
  readonly errors: FieldError[] | undefined
  readonly retryAfterSeconds: number | undefined

  constructor(
    code: ProblemCode,
    detail: string,
    more: { errors?: FieldError[]; retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(detail, { cause: more.cause })
    this.code = code
    this.errors = more.errors
    this.retryAfterSeconds = more.retryAfterSeconds
  }
}

export function problemBody({ code, message, errors }: HttpProblem): Problem {
  const { status, title } = problems[code]
  const type = `urn:deskbridge:problem:${code.toLowerCase().replaceAll('_', '-')}`
  return { type, title, status, code, detail: message, ...(errors ? { errors } : {}) }
}

export function sendProblem(reply: FastifyReply, problem: HttpProblem): FastifyReply {
  if (problem.retryAfterSeconds !== undefined)
    void reply.header('retry-after', String(problem.retryAfterSeconds))
  return reply
    .code(problems[problem.code].status)
    .type('application/problem+json')
    .serializer(JSON.stringify)
    .send(problemBody(problem))
}
