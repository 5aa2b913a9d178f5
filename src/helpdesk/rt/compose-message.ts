import type { Attachment } from '../../domain/event.ts'
import type { TicketMessage } from '../adapter.ts'
import type { HelpdeskHttp } from '../http-client.ts'
import type { RtFile, RtTicket } from './client.ts'

/** So long may all files of one message take together, ms: the text is not to wait for them. */
const fetchMs = 2000

interface FetchedFile {
  attachment: Attachment
  file: RtFile | undefined
}

/** RT shows our own user as the author of everything, so the first line says who spoke. */
export async function composeMessage(
  message: TicketMessage,
  ticket: RtTicket,
  deps: { http: Pick<HelpdeskHttp, 'stream'>; signal: AbortSignal; maxBytes: number },
): Promise<{ text: string; files: RtFile[] }> {
  const fetched = await fetchAll(message.attachments, deps)
  const lines = [
    ...(message.text === null ? [] : [message.text]),
    ...fetched.flatMap(({ attachment, file }) => describe(attachment, file)),
  ]
  const files = fetched.flatMap(({ file }) => file ?? [])
  return { text: `${heading(message, ticket)}\n\n${lines.join('\n')}`.trim(), files }
}

function heading(message: TicketMessage, ticket: RtTicket): string {
  if (message.from === 'agent')
    return `${message.agentName ?? 'Somebody'} answered outside of Request Tracker:`
  return `${message.customerName ?? (ticket.Requestor[0]?.RealName || 'The customer')} wrote:`
}

/** Of what could not be fetched the link; of what is no file what it is. */
function describe({ type, url, title, location }: Attachment, file: RtFile | undefined): string[] {
  if (file) return []
  const place = location && `${location.lat}, ${location.long}`
  const facts = [title, place, url].filter((fact) => fact !== undefined && fact !== null)
  return [facts.length === 0 ? `(${type})` : `${type}: ${facts.join(' ')}`]
}

async function fetchAll(
  attachments: Attachment[],
  deps: Parameters<typeof composeMessage>[2],
): Promise<FetchedFile[]> {
  const signal = AbortSignal.any([deps.signal, AbortSignal.timeout(fetchMs)])
  const room = { bytes: deps.maxBytes }
  return Promise.all(
    attachments.map(async (attachment) => {
      if (attachment.url === null) return { attachment, file: undefined }
      return { attachment, file: await fetchFile(attachment.url, room, { ...deps, signal }) }
    }),
  )
}

/** Undefined for whatever reason: then the link is told. */
async function fetchFile(
  url: string,
  room: { bytes: number },
  { http, signal }: Pick<Parameters<typeof composeMessage>[2], 'http' | 'signal'>,
): Promise<RtFile | undefined> {
  let taken = 0
  try {
    const { headers, body } = await http.stream({ method: 'GET', url, signal })
    const chunks: Buffer[] = []
    for await (const chunk of body as AsyncIterable<Buffer>) {
      taken += chunk.length
      room.bytes -= chunk.length
      // Leaving the loop ends the download.
      if (room.bytes < 0) break
      chunks.push(chunk)
    }
    if (room.bytes >= 0 && taken > 0) {
      const type = String(headers['content-type'] ?? '').split(';')[0]
      const content = Buffer.concat(chunks).toString('base64')
      return {
        FileName: nameOf(url),
        FileType: type || 'application/octet-stream',
        FileContent: content,
      }
    }
  } catch {
    // Told as its link.
  }
  room.bytes += taken
  return undefined
}

/** RT keeps the bytes of a name that is no ASCII as no UTF-8. */
function nameOf(url: string): string {
  const last = new URL(url).pathname.split('/').at(-1) ?? ''
  const name = decode(last)
    .replace(/[^\w .()-]+/g, '_')
    .slice(-100)
  return name === '' ? 'file' : name
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
