/** The first of the words or phrases that the text holds, whatever its case and however its accents are written. */
export function heldWord(text: string, words: readonly string[]): string | undefined {
  const said = tidy(text)
  return words.find((one) => holds(said, tidy(one)))
}

/** How two texts are compared. */
export function tidy(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim()
}

/** As a whole word; in scripts that put no blanks between words, anywhere. */
function holds(said: string, word: string): boolean {
  if (word === '*' || word === '') return word === '*'
  if (!said.includes(word)) return false
  const escaped = word.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
  const before = startsInWord.test(word) ? '(?<![\\p{L}\\p{M}\\p{N}])' : ''
  const after = endsInWord.test(word) ? '(?![\\p{L}\\p{M}\\p{N}])' : ''
  return new RegExp(`${before}${escaped}${after}`, 'u').test(said)
}

const noBlanks =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}'
const startsInWord = new RegExp(`^(?![${noBlanks}])[\\p{L}\\p{N}]`, 'u')
const endsInWord = new RegExp(`(?![${noBlanks}])[\\p{L}\\p{M}\\p{N}]$`, 'u')
