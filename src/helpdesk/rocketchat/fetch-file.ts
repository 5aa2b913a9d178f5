import type { Attachment } from '../../domain/event.ts'
import type { HelpdeskHttp } from '../http-client.ts'

export interface FetchedFile {
  name: string
  content: Blob
}

/** Meta's words for what is a file; others are links to pages, and are never fetched. */
const fileTypes = new Set(['image', 'audio', 'video', 'file'])

export function isFile({ type, url }: Attachment): boolean {
  return url !== null && fileTypes.has(type)
}

/** A customer's file; undefined when it cannot be had. Never fails. */
export async function fetchFile(
  http: HelpdeskHttp,
  { type, url }: Attachment,
  { maxBytes, signal }: { maxBytes: number; signal: AbortSignal },
): Promise<FetchedFile | undefined> {
  if (url === null) return undefined
  try {
    const { body, headers } = await http.stream({ method: 'GET', url, signal })
    const chunks: Buffer<ArrayBuffer>[] = []
    let size = 0
    for await (const chunk of body as AsyncIterable<Buffer<ArrayBuffer>>) {
      size += chunk.length
      if (size > maxBytes) return undefined
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
