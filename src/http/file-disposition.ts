/** RFC 6266: for old readers in ASCII, for all others in full. */
export function fileDisposition(name: string): string {
  const plain = name.replaceAll(/[^A-Za-z0-9 ._()-]/g, '_')
  const encoded = encodeURIComponent(name.toWellFormed()).replaceAll(
    /['()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16)}`,
  )
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`
}
