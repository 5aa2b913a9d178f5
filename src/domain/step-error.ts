export interface StepErrorFacts {
  /** Stable, upper case, for machines and dashboards. */
  code: string
  /** `retry`: later, as it is · `permanent`: never as it is. */
  verdict: 'retry' | 'permanent'
  /** Whether the other side may have acted on the request. */
  arrived: 'no' | 'unknown'
  /** The other side's own wish, in milliseconds. */
  retryAfterMs?: number
  /** True when nothing was tried yet, since a budget is spent: it waits, and no try is counted. */
  untried?: true
  /** True when the destination itself seems down, so that its circuit breaker counts it. */
  destinationDown?: boolean
}

/**
 * What an adapter or the Graph client throws. It says three things by machine: a stable code,
 * whether to retry, and whether the request may have arrived. The message holds no secret and no text of a person's.
 */
export class StepError extends Error {
  override readonly name = 'StepError'
  readonly facts: StepErrorFacts

  constructor(message: string, facts: StepErrorFacts, options?: ErrorOptions) {
    super(message, options)
    this.facts = facts
  }
}

/** Any thrown thing as facts: what nobody classified is retried, since giving up is what cannot be undone. */
export function stepFacts(error: unknown): StepErrorFacts & { message: string } {
  if (error instanceof StepError) return { ...error.facts, message: error.message }
  const name = error instanceof Error ? error.name : typeof error
  return { code: 'UNEXPECTED', verdict: 'retry', arrived: 'unknown', message: `unexpected ${name}` }
}

/** Network errors after which the other side certainly did not act: the request never left us. */
const neverLeft =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|CERT_\w+|ERR_TLS_\w+|ERR_SSL_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+)$/

export function arrivedAfter(networkCode: string): 'no' | 'unknown' {
  return neverLeft.test(networkCode) ? 'no' : 'unknown'
}
