/** What the file is called, as the end of Meta's link says it; null when it says nothing that looks like a file. */
export function fileName(url: string): string | null {
  const last = URL.parse(url)?.pathname.split('/').at(-1) ?? ''
  let name: string
  try {
    name = decodeURIComponent(last)
  } catch {
    return null
  }
  // No separators, quotes or control characters; what only orders letters (a name that reads backwards) neither.
  const plain = name.replaceAll(/[^\p{L}\p{M}\p{N} ._()-]/gu, '_').trim()
  return /[^.\s]\.[A-Za-z0-9]{1,8}$/.test(plain) ? plain.slice(-100) : null
}
