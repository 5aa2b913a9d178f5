import { createHash, randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { z } from 'zod'
import type { Attachment } from '../../domain/event.ts'
import { StepError } from '../../domain/step-error.ts'
import type { Step } from '../adapter.ts'
import type { HelpdeskAnswer, HelpdeskHttp } from '../http-client.ts'
import { readAnswer } from '../http-client.ts'
import type { SalesforceAnswer, SalesforceApi } from './api.ts'
import { literal } from './soql.ts'
import { createdAnswer } from './write-messages.ts'

/** A file that cannot be had is no reason to wait: from this try on it is told as a link. */
const triesOfFiles = 2
/** How long one file may take to begin, ms. */
const fetchMs = 2000

export interface FileDeps {
  api: SalesforceApi
  http: Pick<HelpdeskHttp, 'stream'>
  maxBytes: number
}

/**
 * A line for each attachment: the name of the file that the case has now, or its link. Files become ContentVersions of
 * the case; what an earlier try may have put there is looked for by the key in its description.
 */
export async function uploadFiles(
  deps: FileDeps,
  { ticket, attachments }: { ticket: string; attachments: readonly Attachment[] },
  step: Step,
): Promise<string[]> {
  const wanted = attachments.some(({ url }) => url !== null)
  const there =
    wanted && step.repeat ? await keysOf(deps.api, ticket, step.signal) : new Map<string, string>()
  const lines: string[] = []
  for (const [at, attachment] of attachments.entries()) {
    const { url, type, title } = attachment
    if (url === null) {
      lines.push(`[${type}]${title === undefined ? '' : ` ${title}`}`)
      continue
    }
    const key = fileKey(step.idempotencyKey, at)
    const name =
      there.get(key) ??
      (step.attempt > triesOfFiles ? undefined : await upload(deps, { ticket, attachment, url, key }, step))
    lines.push(name === undefined ? `[${type}] ${url}` : `[${type}] ${name}`)
  }
  return lines
}

interface Wanted {
  ticket: string
  attachment: Attachment
  url: string
  key: string
}

/** The name that the file has in the case; undefined when there is none to be had. */
async function upload(deps: FileDeps, wanted: Wanted, { signal }: Step): Promise<string | undefined> {
  const source = await fetched(deps, wanted.url, signal)
  if (!source) return undefined
  const name = fileName(wanted, source.headers)
  const content = await contentOf(source, deps.maxBytes)
  if (!content) return undefined
  const version = {
    Title: name,
    PathOnClient: name,
    Description: wanted.key,
    FirstPublishLocationId: wanted.ticket,
  }
  const sent = multipart(version, name, content)
  let answer: SalesforceAnswer
  try {
    answer = await deps.api.ask({ method: 'POST', path: 'sobjects/ContentVersion', ...sent.parts, signal })
  } catch (error) {
    if (sent.brokeOff() && !signal.aborted) return undefined
    throw error
  }
  // Storage that is full, a type that the org blocks: the link still helps. A case that is gone is told by its message.
  if (answer.refused !== undefined) return undefined
  readAnswer(createdAnswer, answer)
  return name
}

async function fetched({ http, maxBytes }: FileDeps, url: string, signal: AbortSignal) {
  try {
    const own = AbortSignal.any([signal, AbortSignal.timeout(fetchMs)])
    const source = await http.stream({ method: 'GET', url, signal: own })
    if (Number(source.headers['content-length'] ?? 0) <= maxBytes) return source
    source.body.destroy()
    return undefined
  } catch (error) {
    if (signal.aborted || !(error instanceof StepError)) throw error
    return undefined
  }
}

/** What goes into the upload: passed on as it comes where its length is known before, else read first. */
async function contentOf(
  { headers, body }: { headers: HelpdeskAnswer['headers']; body: Readable },
  maxBytes: number,
): Promise<{ size: number; body: AsyncIterable<Buffer> | Buffer[] } | undefined> {
  const size = Number(headers['content-length'])
  if (size > 0) return { size, body: body as AsyncIterable<Buffer> }
  const chunks: Buffer[] = []
  let read = 0
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      read += chunk.length
      if (read > maxBytes) return undefined
      chunks.push(chunk)
    }
  } catch {
    return undefined
  }
  return { size: read, body: chunks }
}

/** Salesforce wants the fields as a part of JSON, without a file name, and the bytes behind it. */
function multipart(
  fields: object,
  name: string,
  content: { size: number; body: AsyncIterable<Buffer> | Buffer[] },
) {
  const boundary = `deskbridge-${randomUUID()}`
  const head = Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="entity_content"\r\nContent-Type: application/json\r\n\r\n` +
      `${JSON.stringify(fields)}\r\n--${boundary}\r\n` +
      `Content-Disposition: form-data; name="VersionData"; filename="${encodeURIComponent(name)}"\r\n` +
      'Content-Type: application/octet-stream\r\n\r\n',
  )
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`)
  let brokeOff = false
  async function* body() {
    yield head
    try {
      yield* content.body
    } catch (error) {
      brokeOff = true
      throw error
    }
    yield tail
  }
  const type = `multipart/form-data; boundary=${boundary}`
  const length = String(head.length + content.size + tail.length)
  return {
    parts: { bytes: { type, body: Readable.from(body()) }, headers: { 'content-length': length } },
    /** It was the source that ended too soon, and not Salesforce that failed. */
    brokeOff: () => brokeOff,
  }
}

/** Of one file of what a step wrote. */
export function fileKey(key: string, file: number): string {
  return keyOf(`${key}/${file}`)
}

function keyOf(text: string): string {
  return `deskbridge ${createHash('sha256').update(text).digest('base64url').slice(0, 16)}`
}

const link = z.object({
  ContentDocument: z.object({ Title: z.string(), Description: z.string().nullable() }).nullable(),
})

async function keysOf(api: SalesforceApi, ticket: string, signal: AbortSignal): Promise<Map<string, string>> {
  const found = await api.query(
    link,
    'SELECT ContentDocument.Title, ContentDocument.Description FROM ContentDocumentLink ' +
      `WHERE LinkedEntityId = ${literal(ticket)} ORDER BY SystemModstamp DESC LIMIT 200`,
    signal,
  )
  return new Map(
    found.flatMap(({ ContentDocument: document }) =>
      document?.Description ? [[document.Description, document.Title] as const] : [],
    ),
  )
}

const endings: Record<string, string> = {
  'image/jpeg': '.jpg',
  'image/png': '.png',
  'image/gif': '.gif',
  'image/webp': '.webp',
  'audio/mpeg': '.mp3',
  'audio/mp4': '.m4a',
  'audio/ogg': '.ogg',
  'video/mp4': '.mp4',
  'application/pdf': '.pdf',
}

/** Of the last part of its link; Salesforce shows a file by what its name ends with. */
function fileName({ attachment, url }: Wanted, headers: HelpdeskAnswer['headers']): string {
  const last = URL.parse(url)?.pathname.split('/').at(-1) ?? ''
  const clean = decoded(last)
    .replace(/[^\p{L}\p{N}._ -]/gu, '_')
    .slice(-100)
  const base = clean === '' ? attachment.type : clean
  if (/\.\w{2,5}$/.test(base)) return base
  const type = String(headers['content-type'] ?? '').split(';')[0] ?? ''
  return base + (endings[type.trim()] ?? '')
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
