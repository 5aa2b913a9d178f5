/** The first and the last byte, both included. */
export interface ByteRange {
  first: number
  last: number
}

/**
 * The one range that a Range header asks for. Undefined, which means the whole file, where there is no header, and for
 * several ranges and those outside the file: a server may always give the whole.
 */
export function byteRange(header: string | undefined, size: number): ByteRange | undefined {
  const [, from = '', to = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? []
  if (from === '' && to === '') return undefined
  const first = from === '' ? Math.max(size - Number(to), 0) : Number(from)
  const last = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1)
  return first <= last && first < size ? { first, last } : undefined
}
