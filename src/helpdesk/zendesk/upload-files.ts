import { Transform, pipeline } from 'node:stream'
import type { Readable } from 'node:stream'
import { z } from 'zod'
import type { Attachment } from '../../domain/event.ts'
import { stepFacts } from '../../domain/step-error.ts'
import { readAnswer } from '../http-client.ts'
import { leave } from './api.ts'
import type { ZendeskApi } from './api.ts'

const uploadAnswer = z.object({ upload: z.object({ token: z.string() }) })

/** A message waits no longer for its files, ms; those that are not there by then are shown as links. */
const patienceMs = 2000

export interface Uploaded {
  /** What an update of a ticket takes as files. */
  tokens: string[]
  /** What could not be uploaded. */
  left: Attachment[]
}

/** Files of customers, streamed from where they lie. Fails only where the account has no calls left. */
export async function uploadFiles(
  api: ZendeskApi,
  attachments: Attachment[],
  { maxBytes, signal }: { maxBytes: number; signal: AbortSignal },
): Promise<Uploaded> {
  const patient = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)])
  const results = await Promise.all(
    attachments.map(async (attachment, n) => ({
      attachment,
      token: await upload(api, attachment, n, { maxBytes, signal: patient }),
    })),
  )
  return {
    tokens: results.flatMap(({ token }) => token ?? []),
    left: results.flatMap(({ attachment, token }) => (token === undefined ? [attachment] : [])),
  }
}

async function upload(
  api: ZendeskApi,
  { url, type }: Attachment,
  n: number,
  { maxBytes, signal }: { maxBytes: number; signal: AbortSignal },
): Promise<string | undefined> {
  if (url === null) return undefined
  const source = await api.open({ method: 'GET', url, signal }).catch(() => undefined)
  if (!source) return undefined
  const { body, headers } = source
  try {
    const size = Number(headers['content-length'])
    if (size > maxBytes) return undefined
    const mime =
      typeof headers['content-type'] === 'string' ? headers['content-type'] : 'application/octet-stream'
    const answer = await api.call(
      'POST',
      `/uploads?filename=${encodeURIComponent(fileName(url, type, n, mime))}`,
      {
        bytes: { type: mime, body: atMost(body, maxBytes) },
        headers: size > 0 ? { 'content-length': String(size) } : {},
        signal,
      },
    )
    return readAnswer(uploadAnswer, answer).upload.token
  } catch (error) {
    if (stepFacts(error).code === 'HELPDESK_BUSY') throw error
    return undefined
  } finally {
    leave(body)
  }
}

/** As its link calls it, where that has an ending; else what it is. */
export function fileName(url: string, type: string, n: number, mime: string): string {
  const last = URL.parse(url)?.pathname.split('/').at(-1) ?? ''
  if (/^[\w.%-]{1,150}\.\w{2,5}$/.test(last)) return decoded(last)
  const ending = /^\w+\/(\w{2,5})\b/.exec(mime)?.[1] ?? 'bin'
  return `${type}-${n + 1}.${ending}`
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function atMost(source: Readable, maxBytes: number): Readable {
  let size = 0
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length
      done(size > maxBytes ? new Error('too large') : null, chunk)
    },
  })
  // Whoever reads sees the error; here it only must not be one that nobody takes.
  pipeline(source, counted, () => {})
  return counted
}
