/** A long list of short texts, written as one: `words('a b c')` is `['a', 'b', 'c']`. */
export function words(text: string): string[] {
  return text.trim().split(/\s+/)
}
