import type { Attachment } from '../../domain/event.ts'
import type { TicketMessage } from '../adapter.ts'

/** What a comment says of a message: its words, what could not be attached as a link, and who said it where that is not the author. */
export function messageText(message: TicketMessage, left: Attachment[]): string {
  const lines = [message.text, ...left.map(describe)].filter((line) => line !== null && line !== '')
  // A comment needs words also when it holds only files.
  const said = lines.length > 0 ? lines.join('\n') : `[${message.attachments[0]?.type ?? 'message'}]`
  const who = message.from === 'agent' ? (message.agentName ?? 'Answered elsewhere') : message.customerName
  return who === undefined ? said : `${who}: ${said}`
}

function describe({ type, url, title, location }: Attachment): string {
  const place = location && `https://www.google.com/maps?q=${location.lat},${location.long}`
  const what = [title, url ?? place].filter(Boolean).join(' ')
  return what === '' ? `[${type}]` : `[${type}] ${what}`
}

/** Of so many characters in one comment; Zendesk takes 65,535 bytes. */
const maxLength = 15_000

/** Messages that one comment can hold: of one author, and not too long. */
export function inComments<T extends { message: TicketMessage; text: string }>(parts: T[]): T[][] {
  const groups: T[][] = []
  let length = 0
  for (const part of parts) {
    const group = groups.at(-1)
    length += part.text.length
    if (group && group[0]?.message.from === part.message.from && length <= maxLength) group.push(part)
    else {
      groups.push([part])
      length = part.text.length
    }
  }
  return groups
}
