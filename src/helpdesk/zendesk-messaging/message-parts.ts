import type { Attachment } from '../../domain/event.ts'
import type { TicketMessage } from '../adapter.ts'
import type { SunshineApi } from './api.ts'
import type { Part, SunshineContent } from './post-parts.ts'
import { uploadFile } from './upload-file.ts'

/** Characters of one text message. */
const maxText = 4096

/** A message as those that Sunshine takes: its words, in pieces where they are long, and each file by itself. */
export function messageParts(
  api: SunshineApi,
  conversation: string,
  { text, attachments, customerName }: TicketMessage,
  maxBytes: number,
): Part[] {
  const who = customerName === undefined ? '' : `${customerName}: `
  const words = text === null || text === '' ? [] : textParts(`${who}${text}`)
  const files = attachments.map((attachment, n): Part => {
    const link = `${who}${describe(attachment)}`
    return {
      name: `file${n}`,
      content: async (signal) =>
        (await uploadFile(api, conversation, attachment, n, { maxBytes, signal })) ?? asText(link),
    }
  })
  if (words.length + files.length > 0) return [...words, ...files]
  return textParts(`${who}[message]`)
}

export function textParts(text: string): Part[] {
  return pieces(text).map((piece, n) => ({ name: `text${n}`, content: () => Promise.resolve(asText(piece)) }))
}

function asText(text: string): SunshineContent {
  return { type: 'text', text: text.slice(0, maxText) }
}

function describe({ type, url, title, location }: Attachment): string {
  const place = location && `https://www.google.com/maps?q=${location.lat},${location.long}`
  const what = [title, url ?? place].filter(Boolean).join(' ')
  return what === '' ? `[${type}]` : `[${type}] ${what}`
}

/** Between words where it can be, never inside a character. */
function pieces(text: string): string[] {
  const made: string[] = []
  let rest = text
  while (rest.length > maxText) {
    const blank = rest.lastIndexOf(' ', maxText)
    let end = blank > maxText / 2 ? blank : maxText
    const code = rest.charCodeAt(end - 1)
    if (code >= 0xd800 && code <= 0xdbff) end--
    made.push(rest.slice(0, end))
    rest = rest.slice(end)
  }
  return [...made, rest]
}
