/** Why a file could not be copied: a few words for metrics, logs and whoever opens its link. */
export const copyReasons = {
  refused: 'Meta no longer gives it out',
  failed: 'Meta answered with an error',
  silent: 'Meta gave no answer, or stopped half-way',
  'too-large': 'it is larger than attachments.maxBytes',
  address: 'its link leads to an address that may not be called',
  redirects: 'its link leads on too often, or nowhere',
  page: 'its link leads to a web page and not to a file',
  encoding: 'it came in an encoding that was not asked for',
  store: 'it could not be stored',
  crashed: 'the workers that copied it ended half-way',
  unexpected: 'of a fault of ours',
} as const

export type CopyReason = keyof typeof copyReasons

/** What copying throws. Holds neither the link nor anything of the person's. */
export class CopyFault extends Error {
  override readonly name = 'CopyFault'
  readonly reason: CopyReason
  /** After how many tries it is given up, however young. */
  readonly tries: number

  constructor(reason: CopyReason, options: { tries?: number; detail?: string; cause?: unknown } = {}) {
    const { tries = Infinity, detail, cause } = options
    super(`${copyReasons[reason]}${detail === undefined ? '' : ` (${detail})`}`, { cause })
    this.reason = reason
    this.tries = tries
  }
}

/** Any thrown thing as a fault: what nobody has classified is tried again, since giving up is what cannot be undone. */
export function copyFault(error: unknown): CopyFault {
  if (error instanceof CopyFault) return error
  return new CopyFault('unexpected', {
    detail: error instanceof Error ? error.name : typeof error,
    cause: error,
  })
}
