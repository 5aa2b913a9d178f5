import { z } from 'zod'
import { CallbackFault } from '../callback.ts'
import type { AgentFile, HelpdeskEvent } from '../callback.ts'
import { isOurs } from './source-id.ts'

const eventName = z.object({ event: z.string() })
const conversationId = z.number().int().positive()
const moment = z.union([z.string(), z.number()])

const attachment = z.object({ file_type: z.string(), data_url: z.string().nullish() })

const message = z.object({
  id: z.number().int().positive(),
  content: z.string().nullish(),
  message_type: z.string(),
  private: z.boolean().nullish(),
  source_id: z.string().nullish(),
  created_at: moment,
  content_attributes: z.looseObject({ deleted: z.boolean().nullish() }).nullish(),
  sender: z
    .object({ type: z.string().nullish(), name: z.string().nullish(), avatar: z.string().nullish() })
    .nullish(),
  attachments: z.array(attachment).nullish(),
  conversation: z.object({ id: conversationId }),
})

const status = z.object({
  id: conversationId,
  status: z.string(),
  updated_at: moment.nullish(),
  timestamp: moment.nullish(),
})

const typing = z.object({
  conversation: z.object({ id: conversationId }),
  user: z.object({ type: z.string().nullish() }).nullish(),
  is_private: z.boolean().nullish(),
})

/** Makes of a file's address what the bridge can hand on. */
export type FileLink = (url: string) => Pick<AgentFile, 'url' | 'ref'>

/** An API channel posts every event of its inbox. Throws CallbackFault when one of those we read is not as it should be. */
export function readCallback(body: unknown, link: FileLink): HelpdeskEvent[] {
  const { event } = read(eventName, body)
  switch (event) {
    case 'message_created':
      return readMessage(read(message, body), link)
    case 'conversation_status_changed':
      return readStatus(read(status, body))
    case 'conversation_typing_on':
    case 'conversation_typing_off':
      return readTyping(read(typing, body), event === 'conversation_typing_on')
    default:
      return []
  }
}

function readMessage(told: z.infer<typeof message>, link: FileLink): HelpdeskEvent[] {
  const { message_type: type, sender, content_attributes: attributes } = told
  if (type !== 'outgoing' && type !== 'template') return []
  if (told.private === true || attributes?.deleted === true || isOurs(told.source_id)) return []
  const text = told.content?.trim() ? told.content : null
  const files = (told.attachments ?? []).flatMap((one) => readFile(one, link))
  if (text === null && files.length === 0) return []
  // Bots and templates have a sender of another type, or none.
  const name = type === 'outgoing' && sender?.type === 'user' ? sender.name : null
  const picture = sender?.avatar && URL.canParse(sender.avatar) ? { pictureUrl: sender.avatar } : {}
  return [
    {
      kind: 'reply',
      ticket: String(told.conversation.id),
      message: String(told.id),
      at: milliseconds(told.created_at, 'created_at'),
      text,
      files,
      agent: name ? { name, ...picture } : null,
    },
  ]
}

function readFile(
  { file_type: type, data_url: url }: z.infer<typeof attachment>,
  link: FileLink,
): AgentFile[] {
  if (!url || !URL.canParse(url)) return []
  const last = new URL(url).pathname.split('/').at(-1)
  const known = type === 'image' || type === 'audio' || type === 'video' ? type : 'file'
  return [{ type: known, name: last ? decoded(last) : null, ...link(url) }]
}

function readStatus(told: z.infer<typeof status>): HelpdeskEvent[] {
  const named = { open: 'open', pending: 'open', snoozed: 'open', resolved: 'solved' } as const
  const now = named[told.status as keyof typeof named]
  if (now === undefined) throw new CallbackFault('status: should be open, pending, snoozed or resolved')
  const at = milliseconds(told.updated_at ?? told.timestamp ?? '', 'updated_at')
  return [{ kind: 'status', ticket: String(told.id), status: now, at }]
}

/** Customers type, too: only what our users do is told. */
function readTyping(told: z.infer<typeof typing>, isTyping: boolean): HelpdeskEvent[] {
  if (told.user?.type !== 'user' || told.is_private === true) return []
  return [{ kind: 'typing', ticket: String(told.conversation.id), typing: isTyping }]
}

/** Chatwoot tells times as ISO 8601 here and as seconds, with or without a fraction, there. */
function milliseconds(time: string | number, field: string): number {
  const ms = typeof time === 'number' ? Math.round(time * 1000) : Date.parse(time)
  if (!Number.isSafeInteger(ms) || ms < 0) throw new CallbackFault(`${field}: should be a time`)
  return ms
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

function read<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw new CallbackFault(`${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'is wrong'}`)
}
