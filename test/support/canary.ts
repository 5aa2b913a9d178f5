import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** A text that can be found again, whole or in part, however it was written. */
export interface Canary {
  text: string
  /** What of it the bytes hold, and as what: `utf-8 in appendonly.aof.1.incr.aof`. */
  foundIn(bytes: Buffer | string, name: string): string[]
}

/**
 * The rare word in the middle is ASCII, so that it reads the same in most encodings; what stands around it is not, for
 * the escapes that only touch such letters.
 */
export function canary(word: string): Canary {
  const text = `Grüße an ${word} 🧀 „ja“`
  const forms: [string, string | Buffer][] = [
    ['the word', word],
    ['the word in capitals', word.toUpperCase()],
    ['utf-8', text],
    ['utf-16', Buffer.from(word, 'utf16le')],
    ['hex', Buffer.from(word).toString('hex')],
    ['percent', encodeURIComponent(text)],
    ['json', JSON.stringify(text).slice(1, -1)],
    ['json, ascii', escaped(text)],
    [
      'json, ascii, upper',
      escaped(text).replaceAll(/u[0-9a-f]{4}/g, (one) => `u${one.slice(1).toUpperCase()}`),
    ],
    ['json in json', JSON.stringify(escaped(text)).slice(1, -1)],
    ...[0, 1, 2].flatMap((shift): [string, string][] => {
      const base64 = aligned(word, shift)
      return [
        [`base64 ${shift}`, base64],
        [`base64url ${shift}`, base64.replaceAll('+', '-').replaceAll('/', '_')],
        [`base64 ${shift} of json, ascii`, aligned(escaped(text), shift)],
        [`base64 ${shift} of base64`, aligned(base64, 0)],
      ]
    }),
  ]
  return {
    text,
    foundIn: (bytes, name) => {
      const whole = Buffer.from(bytes as Buffer)
      return forms.flatMap(([form, sought]) => (whole.includes(sought) ? [`${form} in ${name}`] : []))
    },
  }
}

/** As Meta writes what is not ASCII. */
export function escaped(text: string): string {
  return text.replaceAll(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** What stays the same of its base64 wherever it begins in a group of three bytes. */
function aligned(text: string, shift: number): string {
  const padded = Buffer.concat([Buffer.alloc(shift), Buffer.from(text)])
  const base64 = padded.subarray(0, padded.length - (padded.length % 3)).toString('base64')
  return base64.slice(shift === 0 ? 0 : 4)
}

/** Every file below a folder, as bytes. */
export async function filesBelow(folder: string): Promise<{ name: string; bytes: Buffer }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return Promise.all(
    files.map(async ({ name, parentPath }) => ({ name, bytes: await readFile(join(parentPath, name)) })),
  )
}
