import type { Attachment } from '../../domain/event.ts'
import type { TicketMessage } from '../adapter.ts'

/** Intercom takes so many files with one call. */
const mostFiles = 10

export interface MessagePart {
  body: string
  urls: string[]
}

/**
 * What a message becomes: one call for ten pictures, the words with the first of them. Intercom fetches pictures by
 * their link; other files are told as links.
 */
export function messageParts(message: TicketMessage): MessagePart[] {
  const pictures = message.attachments.filter(isPicture)
  const others = message.attachments.filter((one) => !pictures.includes(one))
  const urls = pictures.flatMap(({ url }) => url ?? [])
  const count = Math.max(1, Math.ceil(urls.length / mostFiles))
  return Array.from({ length: count }, (_, n) => ({
    body: n === 0 ? words(message, others, urls.length) : furtherPart(n + 1, count),
    urls: urls.slice(n * mostFiles, (n + 1) * mostFiles),
  }))
}

function furtherPart(number: number, count: number): string {
  return `(Pictures, part ${number} of ${count})`
}

/** Whether a part of ours goes on from another one. */
export function isFurtherPart(text: string): boolean {
  return /^\(Pictures, part \d+ of \d+\)/.test(text.trim())
}

/** The same with its pictures as links, for Intercom could not fetch one of them. */
export function withLinks<T extends MessagePart>(part: T): T {
  return { ...part, body: [part.body, ...part.urls.map((url) => `[image] ${url}`)].join('\n'), urls: [] }
}

function isPicture({ type, url }: Attachment): boolean {
  return (type === 'image' || type === 'sticker') && url !== null && URL.canParse(url)
}

function words(message: TicketMessage, others: Attachment[], pictures: number): string {
  const said = message.text ?? message.payload
  const name = message.from === 'agent' ? message.agentName : message.customerName
  const lines = [
    ...(said === null
      ? name === undefined
        ? []
        : [`${name}:`]
      : [name === undefined ? said : `${name}: ${said}`]),
    ...others.map(({ type, url, title }) => `[${title ?? type}]${url === null ? '' : ` ${url}`}`),
    ...(message.standby === true ? ['(On standby: another app has the conversation.)'] : []),
  ]
  return lines.join('\n') || (pictures === 1 ? '(A picture)' : '(Pictures)')
}

/** Teammates' words are read as HTML, contacts' are not. */
export function asHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/\r?\n/g, '<br>')
}
