import { z } from 'zod'
import { CallbackFault } from '../callback.ts'
import type { AgentFile, HelpdeskEvent, ProvenCallback } from '../callback.ts'
import { plainText } from '../plain-text.ts'

const id = z.union([z.string().regex(/^[^\s]+$/), z.number().int()]).transform(String)

const seconds = z.number().min(0).max(1e11)

const part = z.object({
  id,
  part_type: z.string().nullish(),
  body: z.string().nullish(),
  created_at: seconds.nullish(),
  author: z.object({ type: z.string().nullish(), id: id.nullish(), name: z.string().nullish() }).nullish(),
  attachments: z
    .array(z.object({ name: z.string().nullish(), url: z.string(), content_type: z.string().nullish() }))
    .nullish(),
})

const notification = z.object({
  topic: z.string(),
  created_at: seconds.nullish(),
  data: z.object({ item: z.unknown().optional() }).nullish(),
})

const conversation = z.object({
  id,
  conversation_parts: z.object({ conversation_parts: z.array(part) }).nullish(),
})

type Part = z.infer<typeof part>

/** Which topics carry words to the customer, and which tell a status; the others are nobody's business here. */
const topics: Record<string, { says: boolean; status?: 'open' | 'solved' }> = {
  'conversation.admin.replied': { says: true },
  'conversation.operator.replied': { says: true },
  'conversation.admin.closed': { says: true, status: 'solved' },
  'conversation.admin.opened': { says: true, status: 'open' },
}

/** Those hold words to the customer, where there are any; notes do not. */
const spokenParts = new Set(['comment', 'quick_reply', 'assignment', 'close', 'open'])

/** What our own teammate wrote is our own writing. */
export function readCallback({ body }: Pick<ProvenCallback, 'body'>, adminId: string): HelpdeskEvent[] {
  const read = notification.safeParse(body)
  if (!read.success) throw fault('', read.error)
  const { topic, data, created_at: told } = read.data
  const meaning = Object.hasOwn(topics, topic) ? topics[topic] : undefined
  if (!meaning) return []
  const item = conversation.safeParse(data?.item)
  if (!item.success) throw fault('data.item', item.error)
  const { id: ticket, conversation_parts: list } = item.data
  const parts = list?.conversation_parts ?? []
  const events = parts.flatMap((one) => reply(ticket, one, told, adminId))
  const isOurs = parts.length > 0 && parts.every(({ author }) => author?.id === adminId)
  const at = msOf(parts.at(-1)?.created_at ?? told)
  return meaning.status === undefined || isOurs
    ? events
    : [...events, { kind: 'status', ticket, status: meaning.status, at }]
}

function reply(ticket: string, one: Part, told: number | null | undefined, adminId: string): HelpdeskEvent[] {
  const { author, part_type: type, body } = one
  const isBot = author?.type === 'bot'
  if (!isBot && author?.type !== 'admin' && author?.type !== 'team') return []
  if (author.id === adminId || !spokenParts.has(type ?? 'comment')) return []
  const text = body ? wordsOf(body) : null
  const files = [...(one.attachments ?? []).map(fileOf), ...picturesIn(body ?? '')]
  if (text === null && files.length === 0) return []
  const at = msOf(one.created_at ?? told)
  const agent = isBot ? null : { name: author.name || 'An agent' }
  return [{ kind: 'reply', ticket, message: one.id, at, text, files, agent }]
}

/** HTML, or plain text from apps of version 2.15 and later: Intercom's HTML begins with a tag. */
function wordsOf(body: string): string | null {
  return /^\s*<[a-z]/i.test(body) ? plainText(body) : body.trim() || null
}

function fileOf({ name, url, content_type: type }: NonNullable<Part['attachments']>[number]): AgentFile {
  if (!URL.canParse(url)) throw new CallbackFault('attachments.url should be a link')
  return { type: fileType(type ?? ''), name: name ?? null, url }
}

/** What an agent pastes between words stands in them. */
function picturesIn(body: string): AgentFile[] {
  return [...body.matchAll(/<img\b[^>]*\bsrc="(https?:[^"]+)"/gi)].flatMap(([, url = '']) =>
    URL.canParse(url) ? [{ type: 'image' as const, name: null, url: url.replaceAll('&amp;', '&') }] : [],
  )
}

function fileType(contentType: string): AgentFile['type'] {
  const kind = contentType.split('/')[0]
  return kind === 'image' || kind === 'audio' || kind === 'video' ? kind : 'file'
}

function msOf(seconds: number | null | undefined): number {
  return seconds ? Math.round(seconds * 1000) : Date.now()
}

function fault(where: string, error: z.ZodError): CallbackFault {
  const issue = error.issues[0]
  const path = [where, ...(issue?.path ?? [])].filter((name) => name !== '').join('.')
  return new CallbackFault(`${path || 'the body'}: ${issue?.message ?? 'not what Intercom sends'}`)
}
