import { z } from 'zod'
import { CallbackFault } from '../callback.ts'
import type { AgentFile, HelpdeskEvent, ProvenCallback } from '../callback.ts'
import { plainText } from '../plain-text.ts'

/** As we chose it. */
const externalId = z.string().regex(/^\S+$/)

const file = z.object({
  id: z.string().regex(/^\w+$/),
  filename: z.string().nullish(),
  content_type: z.string().nullish(),
})

const message = z.object({
  id: z.string().regex(/^\w+$/).optional(),
  _links: z.object({ related: z.object({ message_replied_to: z.string().nullish() }).nullish() }).nullish(),
  body: z.string().nullish(),
  text: z.string().nullish(),
  /** Seconds, with fractions. */
  created_at: z.number().min(0).max(1e11).nullish(),
  author: z
    .object({
      type: z.string().optional(),
      username: z.string().nullish(),
      first_name: z.string().nullish(),
      last_name: z.string().nullish(),
    })
    .nullish(),
  recipients: z.array(z.object({ handle: externalId, role: z.string() })).optional(),
  attachments: z.array(file).nullish(),
})

const callback = z.object({
  type: z.string(),
  payload: z.unknown().optional(),
  metadata: z.unknown().optional(),
})

const threads = z.object({
  external_conversation_id: externalId.optional(),
  external_conversation_ids: z.array(externalId).optional(),
})

/** What Front wrote to the customer. What we put in ourselves comes back under other types. */
const spoken = new Set(['message', 'message_autoreply'])

export function readCallback({ body }: Pick<ProvenCallback, 'body'>): HelpdeskEvent[] {
  const read = callback.safeParse(body)
  if (!read.success) throw new CallbackFault('type should be a text, such as message')
  const { type, payload, metadata } = read.data
  if (!spoken.has(type)) return []
  const said = message.safeParse(payload)
  if (!said.success) throw fault('payload', said.error)
  const ticket = ticketOf(said.data, metadata)
  if (ticket === undefined)
    throw new CallbackFault('metadata.external_conversation_ids should name a conversation')
  const { id = autoreplyId(type, said.data), created_at: at, attachments } = said.data
  if (id === undefined) throw new CallbackFault('payload.id should be the id of a message')
  const text = textOf(said.data)
  // An automatic answer has no id that its files could be fetched by.
  const files = said.data.id === undefined ? [] : (attachments ?? []).map((one) => agentFile(id, one))
  if (text === null && files.length === 0) return []
  return [
    {
      kind: 'reply',
      ticket,
      message: id,
      at: at ? Math.round(at * 1000) : Date.now(),
      text,
      files,
      agent: type === 'message_autoreply' ? null : agentOf(said.data),
    },
  ]
}

/** It names only the message that it answers, and answers each once. */
function autoreplyId(type: string, { _links: links }: z.infer<typeof message>): string | undefined {
  const answered = /(\w+)$/.exec(links?.related?.message_replied_to ?? '')?.[1]
  return type === 'message_autoreply' && answered !== undefined ? `${answered}_autoreply` : undefined
}

/**
 * One of our ids: Front keeps several where conversations were merged, and those of this person go first. What an agent
 * begins has none yet; it goes to the person it is written to.
 */
export function ticketOf({ recipients }: z.infer<typeof message>, metadata: unknown): string | undefined {
  const { external_conversation_id: one, external_conversation_ids: all = [] } =
    threads.safeParse(metadata).data ?? {}
  const handle = recipients?.find(({ role }) => role === 'to')?.handle
  const ids = [...all, ...(one === undefined || all.includes(one) ? [] : [one])]
  const own = ids.filter((id) => id === handle || id.startsWith(`${handle}~`))
  return own.at(-1) ?? ids[0] ?? handle
}

/** `text` is the plain form of `body`, which may be HTML; not every message has one. */
function textOf({ body, text }: z.infer<typeof message>): string | null {
  if (text?.trim()) return text.trim()
  if (body && /<[a-z][^>]*>/i.test(body)) return plainText(body)
  return body?.trim() || null
}

function agentOf({ author }: z.infer<typeof message>) {
  if (!author || (author.type !== undefined && author.type !== 'user')) return null
  const name = [author.first_name, author.last_name].filter(Boolean).join(' ') || author.username
  return { name: name || 'An agent' }
}

function agentFile(messageId: string, { id, filename, content_type: type }: z.infer<typeof file>): AgentFile {
  return { type: fileType(type ?? ''), name: filename ?? null, ref: `${messageId}/${id}` }
}

function fileType(contentType: string): AgentFile['type'] {
  const kind = contentType.split('/')[0]
  return kind === 'image' || kind === 'audio' || kind === 'video' ? kind : 'file'
}

function fault(where: string, error: z.ZodError): CallbackFault {
  const issue = error.issues[0]
  return new CallbackFault(
    `${[where, ...(issue?.path ?? [])].join('.')}: ${issue?.message ?? 'not what Front sends'}`,
  )
}
