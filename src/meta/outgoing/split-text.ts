import type { Channel } from '../../domain/conversation.ts'

/** A text that would need more parts than this is refused: nobody reads eleven messages in a row. */
export const maxTextParts = 10

interface Limit {
  most: number
  unit: 'characters' | 'bytes'
  sizeOf: (text: string) => number
}

/**
 * What one message may hold. Messenger: under 2000 characters; Instagram: 1000 bytes of UTF-8. Whether Meta counts code
 * points or UTF-16 units is not established, so the count that is never smaller is used.
 */
export const textLimits: Record<Channel, Limit> = {
  messenger: { most: 1999, unit: 'characters', sizeOf: (text) => text.length },
  instagram: { most: 1000, unit: 'bytes', sizeOf: (text) => Buffer.byteLength(text) },
}

/** Where a part may end, best last. */
const ranks = { noBreakSpace: 0, word: 1, sentence: 2, line: 3, paragraph: 4 } as const

/** A place in the text: how far it is from the start, in UTF-16 units and in what the channel counts. */
interface Place {
  at: number
  size: number
}

/** Where a part may end, and the next one begins; between them is white space only. */
interface Break {
  end: Place
  next: Place
}

interface Unit {
  text: string
  size: number
}

const blank = /^\s+$/
const lineBreak = /[\n\r\u2028\u2029]/
const noBreakSpace = /^[\u00a0\u2007\u202f]$/
const sentenceEnd = /[.!?…。！？｡]$/
const sentenceEndOfItself = /[。！？｡]$/
const closer = /^[)\]}"'’”»›」』）】》〉]$/

/**
 * Cuts a text into parts that one message each can hold, in order. A part ends at a paragraph, else a line, a sentence,
 * a word, and never inside of a grapheme, unless one alone is larger than a message; then between its code points.
 * The white space at a break is left out, nothing else; no part is blank, unless all of the text is. A text that fits is
 * one part; one of blanks only that does not has none.
 * The same text and channel always make the same parts. Takes one pass, and beside the parts no memory that grows.
 */
export function splitText(text: string, channel: Channel): string[] {
  const { most, sizeOf } = textLimits[channel]
  if (sizeOf(text) <= most) return [text]
  if (text.trim() === '') return []
  const parts: { from: Place; to: Place }[] = []
  const add = (from: Place, to: Place) => {
    const before = parts.at(-1)
    // A good break may leave a part so short that it fits behind the one before after all.
    if (before && to.size - before.from.size <= most) before.to = to
    else parts.push({ from, to })
  }
  const breaks = breakFinder()
  let start = { at: 0, size: 0 }
  // The end of what was read that is not white space, and of all that was read.
  let said = start
  let read = start
  for (const unit of units(text, sizeOf, most)) {
    const after = { at: read.at + unit.text.length, size: read.size + unit.size }
    if (blank.test(unit.text)) {
      breaks.pass(unit.text, said, after)
    } else {
      if (said.at <= start.at && after.size - start.size > most) start = read
      while (after.size - start.size > most) {
        const chosen = breaks.best(start, most) ?? insideOfWord(text, start, { read, after }, sizeOf)
        add(start, chosen.end)
        start = chosen.next
      }
      said = after
      breaks.said(unit.text, said)
    }
    read = after
  }
  add(start, read.size - start.size > most ? said : read)
  return parts.map(({ from, to }) => text.slice(from.at, to.at))
}

/** The graphemes of a text; one that is too large for any message comes as its code points. */
function* units(text: string, sizeOf: Limit['sizeOf'], most: number): Generator<Unit> {
  for (const { segment } of new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)) {
    const size = sizeOf(segment)
    if (size <= most) yield { text: segment, size }
    else for (const point of segment) yield { text: point, size: sizeOf(point) }
  }
}

/** Remembers the last break of each rank. Earlier ones are never wanted: a part is to be as full as may be. */
function breakFinder() {
  const last: (Break | undefined)[] = []
  let ended = false
  let rank: number = ranks.noBreakSpace
  return {
    /** White space was read, from `said` up to `after`. */
    pass(space: string, said: Place, after: Place): void {
      if (!noBreakSpace.test(space)) rank = Math.max(rank, ended ? ranks.sentence : ranks.word)
      if (lineBreak.test(space)) rank = rank < ranks.line ? ranks.line : ranks.paragraph
      last[rank] = { end: said, next: after }
    },

    /** Something else than white space was read, up to `said`. */
    said(unit: string, said: Place): void {
      rank = ranks.noBreakSpace
      ended = sentenceEnd.test(unit) || (ended && closer.test(unit))
      // Chinese and Japanese put no blank after a sentence.
      if (sentenceEndOfItself.test(unit)) last[ranks.sentence] = { end: said, next: said }
    },

    /** The best break for the part that begins at `start`: a better rank, if that fills the part to a third. */
    best(start: Place, most: number): Break | undefined {
      const usable = last.filter((one) => one !== undefined && one.end.at > start.at) as Break[]
      const full = usable.filter((one) => one.end.size - start.size >= most / 3)
      return full.at(-1) ?? usable.toSorted((a, b) => a.end.at - b.end.at).at(-1)
    },
  }
}

/**
 * No white space since `start`: a long word, or a script that writes none, such as Thai. Cuts after a word that the
 * dictionary knows if that fills the part to a third, else before the grapheme that no longer fits.
 */
function insideOfWord(
  text: string,
  start: Place,
  { read, after }: { read: Place; after: Place },
  sizeOf: Limit['sizeOf'],
): Break {
  const run = text.slice(start.at, after.at)
  let end = 0
  for (const { index } of new Intl.Segmenter('en', { granularity: 'word' }).segment(run)) {
    if (index <= read.at - start.at) end = index
  }
  const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(run)
  const head = run.slice(0, end)
  const isWords =
    end >= (read.at - start.at) / 3 && head.trim() !== '' && graphemes.containing(end)?.index === end
  const place = isWords ? { at: start.at + end, size: start.size + sizeOf(head) } : read
  return { end: place, next: place }
}
