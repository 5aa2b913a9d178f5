import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { z } from 'zod'
import type { Attachment } from '../../domain/event.ts'
import { stepFacts } from '../../domain/step-error.ts'
import { readAnswer } from '../http-client.ts'
import { leave } from './api.ts'
import type { SunshineApi } from './api.ts'
import type { SunshineContent } from './post-parts.ts'

const uploadAnswer = z.object({ attachment: z.object({ mediaUrl: z.string() }) })

/** A message waits no longer for a file, ms; one that is not there by then is shown as a link. */
const patienceMs = 2000

/** A customer's file, streamed from where it lies. Undefined when it cannot be had; fails only where no calls are left. */
export async function uploadFile(
  api: SunshineApi,
  conversation: string,
  { url, type }: Attachment,
  n: number,
  { maxBytes, signal: whole }: { maxBytes: number; signal: AbortSignal },
): Promise<SunshineContent | undefined> {
  if (url === null) return undefined
  const signal = AbortSignal.any([whole, AbortSignal.timeout(patienceMs)])
  const source = await api.open({ method: 'GET', url, signal }).catch(() => undefined)
  if (!source) return undefined
  const { body, headers } = source
  try {
    const size = Number(headers['content-length'])
    if (size > maxBytes) return undefined
    const given = headers['content-type']
    const mime = typeof given === 'string' ? given.replace(/[\r\n]/g, '') : 'application/octet-stream'
    const name = fileName(url, type, n, mime)
    const form = streamedForm(body, { name, mime, maxBytes })
    const path = `/attachments?access=public&for=message&conversationId=${conversation}`
    const answer = await api.call('POST', path, {
      bytes: form,
      headers: size > 0 ? { 'content-length': String(size + form.around) } : {},
      signal,
    })
    const { mediaUrl } = readAnswer(uploadAnswer, answer).attachment
    const altText = name.slice(0, 128)
    return { type: mime.startsWith('image/') ? 'image' : 'file', mediaUrl, altText }
  } catch (error) {
    if (stepFacts(error).code === 'HELPDESK_BUSY') throw error
    return undefined
  } finally {
    leave(body)
  }
}

/** A form of one file, which is never held as a whole. `around`: bytes of what stands before and behind it. */
function streamedForm(
  source: Readable,
  { name, mime, maxBytes }: { name: string; mime: string; maxBytes: number },
) {
  const boundary = `deskbridge-${randomBytes(16).toString('hex')}`
  const disposition = `content-disposition: form-data; name="source"; filename="${name.replace(/["\\\r\n]/g, '_')}"`
  const head = Buffer.from(`--${boundary}\r\n${disposition}\r\ncontent-type: ${mime}\r\n\r\n`)
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`)
  async function* chunks() {
    yield head
    let size = 0
    for await (const chunk of source as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > maxBytes) throw new Error('too large')
      yield chunk
    }
    yield tail
  }
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    body: Readable.from(chunks(), { objectMode: false }),
    around: head.length + tail.length,
  }
}

/** As its link calls it, where that has an ending; else what it is. */
function fileName(url: string, type: string, n: number, mime: string): string {
  const last = URL.parse(url)?.pathname.split('/').at(-1) ?? ''
  if (/^[\w.-]{1,120}\.\w{2,5}$/.test(last)) return last
  const ending = /^\w+\/(\w{2,5})\b/.exec(mime)?.[1] ?? 'bin'
  return `${type}-${n + 1}.${ending}`
}
