import type { Attachment } from '../../domain/event.ts'
import type { HelpdeskHttp } from '../http-client.ts'

export interface FetchedFile {
  name: string
  type: string
  bytes: Buffer
}

/** What Front takes with one message, bytes. */
const mostBytes = 25 * 1024 * 1024
/** What is held at once, of all conversations; beyond that files are told as links. */
const mostHeld = 128 * 1024 * 1024

/**
 * Files of customers, which Front wants as bytes. What cannot be had in time, or is too much, is named in `links`:
 * no file holds up what was said.
 */
export function fileFetcher(http: Pick<HelpdeskHttp, 'stream'>, waitMs: number) {
  let held = 0

  async function fetchFile(
    url: string,
    room: { left: number },
    signal: AbortSignal,
  ): Promise<FetchedFile | undefined> {
    const { headers, body } = await http.stream({ method: 'GET', url, signal })
    const chunks: Buffer[] = []
    let size = 0
    let isWhole = false
    try {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        if (chunk.length > room.left) return undefined
        room.left -= chunk.length
        size += chunk.length
        chunks.push(chunk)
      }
      isWhole = true
    } finally {
      if (!isWhole) room.left += size
      body.destroy()
    }
    const type = headers['content-type']
    return {
      name: fileName(url),
      type: typeof type === 'string' ? type : 'application/octet-stream',
      bytes: Buffer.concat(chunks),
    }
  }

  /** `use` gets what was fetched; its memory is given back when it is done. */
  return async function withFiles<T>(
    attachments: Attachment[],
    signal: AbortSignal,
    use: (files: FetchedFile[], links: Attachment[]) => Promise<T>,
  ): Promise<T> {
    const reserved = attachments.length > 0 && held + mostBytes <= mostHeld ? mostBytes : 0
    held += reserved
    try {
      const files: FetchedFile[] = []
      const links: Attachment[] = []
      const timely = AbortSignal.any([signal, AbortSignal.timeout(waitMs)])
      const room = { left: reserved }
      const fetched = await Promise.all(
        attachments.map(async ({ url }) =>
          url === null || reserved === 0 ? undefined : fetchFile(url, room, timely).catch(() => undefined),
        ),
      )
      for (const [n, attachment] of attachments.entries()) {
        const file = fetched[n]
        if (file) files.push(file)
        else links.push(attachment)
      }
      return await use(files, links)
    } finally {
      held -= reserved
    }
  }
}

function fileName(url: string): string {
  const last = URL.parse(url)?.pathname.split('/').at(-1) ?? ''
  return last.replace(/[^\w.-]+/g, '_').slice(-100) || 'file'
}
