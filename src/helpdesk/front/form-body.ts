import { randomUUID } from 'node:crypto'
import type { FetchedFile } from './fetch-files.ts'

/** A message with files, as Front wants it: nested fields as `sender[handle]`, lists as `to[0]`, files as `attachments[]`. */
export function formBody(fields: object, files: FetchedFile[]): { type: string; body: Buffer } {
  const boundary = `deskbridge-${randomUUID()}`
  const parts: Buffer[] = []
  const part = (disposition: string, content: Buffer | string, type?: string) => {
    const typed = type === undefined ? '' : `content-type: ${oneLine(type)}\r\n`
    parts.push(
      Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; ${disposition}\r\n${typed}\r\n`),
      Buffer.from(content as string),
      Buffer.from('\r\n'),
    )
  }
  for (const [name, value] of flat(fields)) part(`name="${name}"`, value)
  for (const { name, type, bytes } of files)
    part(`name="attachments[]"; filename="${oneLine(name)}"`, bytes, type)
  parts.push(Buffer.from(`--${boundary}--\r\n`))
  return { type: `multipart/form-data; boundary=${boundary}`, body: Buffer.concat(parts) }
}

function flat(value: object, prefix = ''): [string, string][] {
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]): [string, string][] => {
    const name = prefix === '' ? key : `${prefix}[${key}]`
    return typeof inner === 'object' && inner !== null ? flat(inner, name) : [[name, String(inner)]]
  })
}

function oneLine(text: string): string {
  return text.replace(/[\r\n"]+/g, '_')
}
