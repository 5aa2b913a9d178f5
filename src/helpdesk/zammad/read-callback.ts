import { z } from 'zod'
import { CallbackFault } from '../callback.ts'
import type { AgentFile, HelpdeskEvent } from '../callback.ts'
import { plainText } from '../plain-text.ts'
import { isOurs } from './mark.ts'
import type { ZammadSettings } from './settings.ts'

const id = z.number().int().positive().max(Number.MAX_SAFE_INTEGER)

const ticketShape = z.object({ id, state: z.string(), updated_at: z.string() })

const personShape = z.object({
  id: id.nullish(),
  firstname: z.string().nullish(),
  lastname: z.string().nullish(),
})

const attachmentShape = z.object({
  id,
  filename: z.string().nullish(),
  preferences: z.record(z.string(), z.unknown()).nullish(),
})

const articleShape = z.object({
  id,
  ticket_id: id,
  sender: z.string(),
  type: z.string(),
  internal: z.boolean(),
  message_id: z.string().nullish(),
  body: z.string().nullish(),
  content_type: z.string().nullish(),
  created_at: z.string(),
  created_by: personShape.nullish(),
  attachments: z.array(attachmentShape).nullish(),
})

const bodyShape = z.object({ ticket: ticketShape, article: z.record(z.string(), z.unknown()).nullish() })

/** Zammad's own user, in whose name triggers and schedulers act. */
const automation = 1

/** How an article's HTML shows pictures that were put into the text: they are not among its attachments. */
const inlinePicture = /<img\b[^>]*?\/ticket_attachment\/(\d+)\/(\d+)\/(\d+)/gi

/** Each callback tells the ticket as it is, and the article when it was one that set the trigger off. */
export function readCallback(
  body: unknown,
  settings: Pick<ZammadSettings, 'replyTypes' | 'states'>,
): HelpdeskEvent[] {
  const { ticket, article } = read(bodyShape, body)
  const told =
    article && Object.keys(article).length > 0 ? read(articleShape, article, 'article.') : undefined
  return [
    ...(told ? readArticle(told, String(ticket.id), settings.replyTypes) : []),
    {
      kind: 'status',
      ticket: String(ticket.id),
      status: statusOf(ticket.state, settings.states.solved),
      at: milliseconds(ticket.updated_at, 'ticket.updated_at'),
    },
  ]
}

function statusOf(state: string, solved: string[]): 'open' | 'solved' | 'closed' {
  if (state === 'merged' || state === 'removed') return 'closed'
  return solved.includes(state) ? 'solved' : 'open'
}

function readArticle(
  told: z.infer<typeof articleShape>,
  ticket: string,
  replyTypes: string[],
): HelpdeskEvent[] {
  if (told.sender !== 'Agent' || told.internal || !replyTypes.includes(told.type)) return []
  if (isOurs(told.message_id)) return []
  const body = told.body ?? ''
  const isHtml = /html/i.test(told.content_type ?? '')
  const text = isHtml ? plainText(body) : body.trim() || null
  const at = milliseconds(told.created_at, 'article.created_at')
  const files = [
    ...(isHtml ? inlineFiles(body) : []),
    ...(told.attachments ?? []).map((one) => readFile(one, `${told.ticket_id}/${told.id}`)),
  ]
  if (text === null && files.length === 0) return []
  return [{ kind: 'reply', ticket, message: String(told.id), at, text, files, agent: agentOf(told) }]
}

function agentOf({ created_by: person }: z.infer<typeof articleShape>) {
  const name = [person?.firstname, person?.lastname].filter(Boolean).join(' ').trim()
  return person?.id === automation || name === '' || name === '-' ? null : { name }
}

function inlineFiles(html: string): AgentFile[] {
  return [...html.matchAll(inlinePicture)].map(([, ticket, article, file]) => ({
    type: 'image',
    name: null,
    ref: `${ticket}/${article}/${file}`,
  }))
}

function readFile(
  { id: file, filename, preferences }: z.infer<typeof attachmentShape>,
  place: string,
): AgentFile {
  const told = preferences?.['Mime-Type'] ?? preferences?.['Content-Type']
  const kind = typeof told === 'string' ? told.split('/')[0] : ''
  const type = kind === 'image' || kind === 'audio' || kind === 'video' ? kind : 'file'
  return { type, name: filename || null, ref: `${place}/${file}` }
}

function milliseconds(time: string, field: string): number {
  const ms = Date.parse(time)
  if (!Number.isSafeInteger(ms) || ms < 0) throw new CallbackFault(`${field}: should be a time`)
  return ms
}

function read<T>(schema: z.ZodType<T>, body: unknown, within = ''): T {
  const result = schema.safeParse(body)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw new CallbackFault(`${within}${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'is wrong'}`)
}
