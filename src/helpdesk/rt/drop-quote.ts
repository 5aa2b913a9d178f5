/**
 * RT's "Reply" puts what is answered into the box, as a quote. The customer knows what they wrote: leaves out runs of
 * quoted lines, and the line above that says whose they are. A reply that is all quote stays as it is.
 */
export function dropQuote(text: string): string {
  const kept: string[] = []
  let inQuote = false
  for (const line of text.split('\n')) {
    if (line.startsWith('>')) {
      if (!inQuote) dropHeading(kept)
      inQuote = true
    } else {
      if (line.trim() !== '') inQuote = false
      kept.push(line)
    }
  }
  const own = kept
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
  return own === '' ? text.trim() : own
}

/** "On Monday, Grace wrote:", in whatever language: the last line above, when it ends in a colon. */
function dropHeading(kept: string[]): void {
  const last = kept.findLastIndex((line) => line.trim() !== '')
  if (last >= 0 && kept[last]!.trimEnd().endsWith(':')) kept.splice(last)
}
