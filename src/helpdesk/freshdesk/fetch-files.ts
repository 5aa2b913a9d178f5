import type { Attachment } from '../../domain/event.ts'
import type { HelpdeskHttp } from '../http-client.ts'

export interface FetchedFile {
  name: string
  content: Blob
}

/** Meta's words for what is a file; others are links to pages, and are never fetched. */
const fileTypes = new Set(['image', 'audio', 'video', 'file'])

/** A slow file must not cost its text the step, ms. */
const patienceMs = 2500

/** The bytes of customers' files that can be had, and a line for each of the others. Never fails. */
export async function fetchFiles(
  http: HelpdeskHttp,
  attachments: Attachment[],
  limits: { bytes: number; signal: AbortSignal },
): Promise<{ files: FetchedFile[]; told: string[] }> {
  const signal = AbortSignal.any([limits.signal, AbortSignal.timeout(patienceMs)])
  const files: FetchedFile[] = []
  const told: string[] = []
  let left = limits.bytes
  for (const attachment of attachments) {
    const file = await fetchFile(http, attachment, left, signal)
    if (file === undefined) {
      told.push(tellAttachment(attachment))
      continue
    }
    files.push(file)
    left -= file.content.size
  }
  return { files, told }
}

async function fetchFile(
  http: HelpdeskHttp,
  { type, url }: Attachment,
  most: number,
  signal: AbortSignal,
): Promise<FetchedFile | undefined> {
  if (url === null || !fileTypes.has(type)) return undefined
  try {
    const { body, headers } = await http.stream({ method: 'GET', url, signal })
    const chunks: Buffer<ArrayBuffer>[] = []
    let size = 0
    for await (const chunk of body as AsyncIterable<Buffer<ArrayBuffer>>) {
      size += chunk.length
      if (size > most) return undefined
      chunks.push(chunk)
    }
    const header = headers['content-type']
    const kind = typeof header === 'string' ? header : 'application/octet-stream'
    return { name: nameOf(url, type, kind), content: new Blob(chunks, { type: kind }) }
  } catch {
    // Told as its link: a file that never comes must not hold up the text.
    return undefined
  }
}

function nameOf(url: string, type: string, contentType: string): string {
  const last = new URL(url).pathname.split('/').at(-1) ?? ''
  const name = last.replace(/%[0-9A-Fa-f]{2}|[^A-Za-z0-9._-]/g, '_') || type
  return name.includes('.') ? name : `${name}.${/^\w+\/(\w+)/.exec(contentType)?.[1] ?? 'bin'}`
}

/** One line for what is no file here. */
export function tellAttachment({ type, url, title, location, products }: Attachment): string {
  const place = location && `${location.lat}, ${location.long}`
  const shown = products?.map((product) => product.title ?? product.id).join(', ')
  const words = [title, place, shown, url].filter((word) => word)
  return `[${type}]${words.length > 0 ? ` ${words.join(' ')}` : ''}`
}
