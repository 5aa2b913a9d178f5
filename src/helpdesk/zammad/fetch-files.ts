import type { Attachment } from '../../domain/event.ts'
import type { HelpdeskHttp } from '../http-client.ts'

/** As Zammad takes files: within the article. */
export interface ZammadFile {
  filename: string
  data: string
  'mime-type': string
}

/** What Meta calls files; other kinds are links to pages, which nobody wants as HTML. */
const kinds = new Set(['image', 'audio', 'video', 'file'])

/** All files of a message together may take so long, ms: the text waits for them. */
const patienceMs = 2500

/** Those that can be fetched, and a line for each of the others. Never fails. */
export async function fetchFiles(
  http: HelpdeskHttp,
  attachments: Attachment[],
  limits: { bytes: number; signal: AbortSignal },
): Promise<{ files: ZammadFile[]; lines: string[] }> {
  const signal = AbortSignal.any([limits.signal, AbortSignal.timeout(patienceMs)])
  const files: ZammadFile[] = []
  const lines: string[] = []
  let left = limits.bytes
  for (const attachment of attachments) {
    const fetched = await fetchOne(http, attachment, left, signal)
    if (fetched === undefined) {
      lines.push(lineOf(attachment))
      continue
    }
    left -= fetched.bytes.length
    const { name, type, bytes } = fetched
    files.push({ filename: name, data: bytes.toString('base64'), 'mime-type': type })
  }
  return { files, lines }
}

async function fetchOne(
  http: HelpdeskHttp,
  { type: kind, url }: Attachment,
  most: number,
  signal: AbortSignal,
) {
  if (url === null || !kinds.has(kind)) return undefined
  try {
    const { headers, body } = await http.stream({ method: 'GET', url, signal })
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > most) return undefined
      chunks.push(chunk)
    }
    const told = headers['content-type']
    const type = typeof told === 'string' ? told.split(';')[0]!.trim() : 'application/octet-stream'
    return { name: nameOf(url, kind, type), type, bytes: Buffer.concat(chunks) }
  } catch {
    // Its link is told instead: a text is worth more now than a file that may never come.
    return undefined
  }
}

function nameOf(url: string, kind: string, type: string): string {
  const last = new URL(url).pathname.split('/').at(-1) ?? ''
  const name = last.replace(/%[0-9a-f]{2}|[^\p{L}\p{N}._-]/giu, '_') || kind
  return name.includes('.') ? name : `${name}.${/^\w+\/(\w+)/.exec(type)?.[1] ?? 'bin'}`
}

/** What an agent reads in place of a file. */
export function lineOf({ type, url, title, location, products }: Attachment): string {
  const place = location ? `${location.lat}, ${location.long}` : null
  const shown = products?.map((product) => product.title ?? product.id).join(', ')
  return [`[${type}]`, title, place, shown, url].filter((word) => word).join(' ')
}
