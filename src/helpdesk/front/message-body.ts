import type { Attachment } from '../../domain/event.ts'
import type { TicketMessage } from '../adapter.ts'

/** What Front shows as the message. It reads HTML, so that what a customer typed must not be any. */
export function messageBody(message: TicketMessage, files: number, links: Attachment[]): string {
  const said = message.text ?? message.payload
  const lines = [
    ...(said === null
      ? []
      : [message.customerName === undefined ? said : `${message.customerName}: ${said}`]),
    ...links.map(({ type, url, title }) => `[${title ?? type}]${url === null ? '' : ` ${url}`}`),
    ...(message.standby === true ? ['(On standby: another app has the conversation.)'] : []),
  ]
  if (lines.length === 0) lines.push(files === 1 ? '(A file)' : `(${files} files)`)
  return asHtml(lines.join('\n'))
}

export function asHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/\r?\n/g, '<br>')
}
