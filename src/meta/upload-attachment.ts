import { z } from 'zod'
import type { OutgoingAttachment } from '../domain/outgoing.ts'
import type { Page } from '../domain/page.ts'
import { classifyGraphError } from './graph-errors.ts'
import { pathOf } from './graph-client.ts'
import type { GraphClient } from './graph-client.ts'

export const attachmentTypes = ['image', 'audio', 'video', 'file'] as const
/** Meta takes images up to 8 MB and everything else up to 25 MB. */
export const largestUpload = 25_000_000

export interface AttachmentUpload {
  type: OutgoingAttachment['type']
  /** May be backed by a file, so that it is never whole in memory. */
  content: Blob
  name: string
}

export type Uploaded = { ok: true; attachmentId: string } | { ok: false; message: string; retry: boolean }

const uploadedBody = z.object({ attachment_id: z.string().min(1) })
/** Meta takes its time with videos. */
const uploadTimeoutMs = 75_000

/** Gives a file to Meta, to be sent any number of times by this Page. Not idempotent: twice makes two. */
export function uploadAttachment(
  graph: Pick<GraphClient, 'call'>,
): (page: Page, file: AttachmentUpload) => Promise<Uploaded> {
  return async (page, { type, content, name }) => {
    const message = JSON.stringify({ attachment: { type, payload: { is_reusable: true } } })
    const path = pathOf(page.id, 'message_attachments')
    const call = {
      method: 'POST',
      path,
      accessToken: page.accessToken,
      form: { message, filedata: { content, name } },
    } as const
    const answer = await graph.call(call, AbortSignal.timeout(uploadTimeoutMs))
    if (answer.outcome === 'ok') {
      const body = uploadedBody.safeParse(answer.body)
      if (body.success) return { ok: true, attachmentId: body.data.attachment_id }
      return { ok: false, message: 'Meta took the file and named no attachment; try again', retry: true }
    }
    if (answer.outcome === 'none')
      return { ok: false, message: 'Meta gave no answer; try again', retry: true }
    const { code, subcode, isTransient } = answer
    const retry = classifyGraphError(code, subcode, isTransient).verdict === 'retry'
    return { ok: false, message: `Meta refused the file with ${code}/${subcode ?? '-'}`, retry }
  }
}
