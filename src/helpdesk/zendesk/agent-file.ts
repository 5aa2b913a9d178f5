import { z } from 'zod'
import { StepError } from '../../domain/step-error.ts'
import type { AgentFile, HelpdeskFile } from '../callback.ts'
import { readAnswer } from '../http-client.ts'
import { leave } from './api.ts'
import type { ZendeskApi } from './api.ts'

const commentsAnswer = z.object({
  comments: z.array(
    z.object({
      id: z.number(),
      author_id: z.number(),
      public: z.boolean(),
      attachments: z.array(z.object({ id: z.number(), content_url: z.string() })),
    }),
  ),
  users: z.array(z.object({ id: z.number(), role: z.string() })),
})

/** Where a file is: ticket, comment and attachment. */
export function fileRef(ticket: string, comment: string, attachment: string): string {
  return `${ticket}/${comment}/${attachment}`
}

export function fileType(mime: string): AgentFile['type'] {
  const kind = mime.split('/')[0]
  return kind === 'image' || kind === 'audio' || kind === 'video' ? kind : 'file'
}

/**
 * The event of an attachment does not say for sure whether its comment is public, so this asks: a file of an internal note
 * is refused, and never reaches a person. Asks the account's own host only, so that our credentials go nowhere else.
 */
export async function agentFile(
  api: ZendeskApi,
  userId: number,
  ref: string,
  signal: AbortSignal,
): Promise<HelpdeskFile> {
  const [ticket = '', comment, attachment] = ref.split('/')
  if (!/^\d+\/\d+\/\d+$/.test(ref)) throw refused('HELPDESK_REFUSED', 'no file of the helpdesk is named so')
  const path = `/tickets/${ticket}/comments?sort=-created_at&page[size]=100&include=users&include_inline_images=true`
  const answer = await api.call('GET', path, { signal })
  const { comments, users } = readAnswer(commentsAnswer, answer)
  const found = comments.find(({ id }) => String(id) === comment)
  const file = found?.attachments.find(({ id }) => String(id) === attachment)
  if (!found || !file) throw refused('HELPDESK_REFUSED', 'the file is no longer there')
  if (!found.public) throw refused('HELPDESK_FILE_PRIVATE', 'the file belongs to an internal note')
  const role = users.find(({ id }) => id === found.author_id)?.role
  if (found.author_id === userId || role === 'end-user')
    throw refused('HELPDESK_FILE_PRIVATE', 'the file was not sent by an agent')
  const { content_url: url } = file
  const { headers, body } = await fetchFile(api, url, signal)
  const size = Number(headers['content-length'])
  const type = headers['content-type']
  return {
    body,
    contentType: typeof type === 'string' ? type : null,
    size: Number.isFinite(size) ? size : null,
  }
}

/** Zendesk sends whoever proves themselves on to a link that works for a while; there our credentials are nobody's business. */
async function fetchFile(api: ZendeskApi, url: string, signal: AbortSignal) {
  if (URL.parse(url)?.origin !== new URL(api.origin).origin) return api.open({ method: 'GET', url, signal })
  const first = await api.stream({ method: 'GET', url, signal, also: [301, 302, 303, 307, 308] })
  if (first.status < 300) return first
  leave(first.body)
  const next = URL.parse(String(first.headers['location']), url)
  if (!next) throw refused('HELPDESK_REFUSED', 'the file is no longer there')
  return api.open({ method: 'GET', url: next.href, signal })
}

function refused(code: string, message: string): StepError {
  return new StepError(message, { code, verdict: 'permanent', arrived: 'no' })
}
