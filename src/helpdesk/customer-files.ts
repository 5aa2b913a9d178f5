import type { Attachment } from '../domain/event.ts'
import type { HelpdeskHttp } from './http-client.ts'

export interface FetchedFile {
  name: string
  content: Blob
}

/** Meta's words for what is a file; others are links to pages, and are never fetched. */
const fileTypes = new Set(['image', 'audio', 'video', 'file'])

/** A slow file must not cost its text the step, ms. */
const patienceMs = 2500

export function isFile({ type, url }: Pick<Attachment, 'type' | 'url'>): boolean {
  return url !== null && fileTypes.has(type)
}

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
    const file = await fetchFile(http, attachment, { bytes: left, signal })
    if (file) {
      files.push(file)
      left -= file.content.size
    } else told.push(tellAttachment(attachment))
  }
  return { files, told }
}

/** A customer's file; undefined when it cannot be had. Never fails. */
export async function fetchFile(
  http: HelpdeskHttp,
  { type, url }: Attachment,
  limits: { bytes: number; signal: AbortSignal },
): Promise<FetchedFile | undefined> {
  if (url === null || !isFile({ type, url })) return undefined
  try {
    const { body, headers } = await http.stream({ method: 'GET', url, signal: limits.signal })
    const chunks: Buffer<ArrayBuffer>[] = []
    let size = 0
    for await (const chunk of body as AsyncIterable<Buffer<ArrayBuffer>>) {
      size += chunk.length
      if (size > limits.bytes) return undefined
      chunks.push(chunk)
    }
    const contentType = headers['content-type']
    const kind = typeof contentType === 'string' ? contentType : 'application/octet-stream'
    return { name: fileName(url, type, kind), content: new Blob(chunks, { type: kind }) }
  } catch {
    // Told as its link: Meta's links expire, and the text must not wait for a file that may never come.
    return undefined
  }
}

/** The last part of the path, with an ending where it has none. */
function fileName(url: string, type: string, contentType: string): string {
  const last = new URL(url).pathname.split('/').at(-1) ?? ''
  const name = decode(last).replace(/[^\p{L}\p{N}._ -]/gu, '_') || type
  return name.includes('.') ? name : `${name}.${/^\w+\/(\w+)/.exec(contentType)?.[1] ?? 'bin'}`
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** One line for what is no file here. */
export function tellAttachment({ type, url, title, location, products }: Attachment): string {
  const place = location && `${location.lat}, ${location.long}`
  const shown = products?.map((product) => product.title ?? product.id).join(', ')
  const words = [title, place, shown, url].filter(
    (word) => word !== undefined && word !== null && word !== '',
  )
  return `[${type}]${words.length > 0 ? ` ${words.join(' ')}` : ''}`
}
