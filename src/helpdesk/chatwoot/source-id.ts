const mark = 'deskbridge:'

/** What we write carries it, so that a second try finds the first, and callbacks about it are known for our own. */
export function sourceIdOf(idempotencyKey: string, part: number): string {
  return `${mark}${idempotencyKey}${part === 0 ? '' : `:${part + 1}`}`
}

export function isOurs(sourceId: string | null | undefined): boolean {
  return sourceId?.startsWith(mark) === true
}
