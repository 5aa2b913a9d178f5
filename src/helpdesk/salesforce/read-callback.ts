import { z } from 'zod'
import { CallbackFault } from '../callback.ts'
import type { AgentFile, HelpdeskEvent, ProvenCallback } from '../callback.ts'
import { plainText } from '../plain-text.ts'
import { longId, readTime } from './soql.ts'
import type { SalesforceSettings } from './settings.ts'
import { hasMark } from './write-messages.ts'

/** Flows send what a field holds, and leave out or send as null what it does not. */
const id = z.string().regex(/^[A-Za-z0-9]{15}([A-Za-z0-9]{3})?$/, 'must be an id of Salesforce')
const time = z
  .string()
  .refine((text) => readTime(text) !== undefined, 'must be a time')
  .nullish()

const file = z.object({
  id: id.describe('Of a ContentVersion.'),
  name: z.string().nullish(),
  extension: z.string().nullish(),
})

const replyBody = z.object({
  type: z.literal('reply'),
  case: id,
  id,
  author: id,
  authorName: z.string().nullish(),
  text: z.string().nullish(),
  /** The text is HTML, as posts with formatting are. */
  rich: z.boolean().nullish(),
  public: z.boolean(),
  at: time,
  files: z.array(file).nullish(),
})

const statusBody = z.object({
  type: z.literal('status'),
  case: id,
  status: z.string(),
  isClosed: z.boolean(),
  author: id,
  at: time,
})

const callbackBody = z.discriminatedUnion('type', [replyBody, statusBody])

export interface OwnUser {
  /** Undefined while nobody has logged in and the settings do not say. */
  userId: () => string | undefined
}

/** What a Flow tells us, in the words of docs/adapters/salesforce.md. */
export function readCallback(
  settings: Pick<SalesforceSettings, 'status'>,
  own: OwnUser,
  { body }: Pick<ProvenCallback, 'body'>,
): HelpdeskEvent[] {
  const read = callbackBody.safeParse(body)
  if (!read.success) {
    const [issue] = read.error.issues
    throw new CallbackFault(`${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'is not known'}`)
  }
  const told = read.data
  const at = readTime(told.at ?? '') ?? Date.now()
  const ticket = longId(told.case)
  if (isOwn(own, told.author, told.type === 'reply' ? told.text : null)) return []
  if (told.type === 'status')
    return [{ kind: 'status', ticket, status: statusOf(settings, told.status, told.isClosed), at }]
  if (!told.public) return []
  return replyEvents({
    ticket,
    message: longId(told.id),
    at,
    text: told.text ?? null,
    rich: told.rich === true,
    agentName: told.authorName ?? null,
    files: (told.files ?? []).map(({ id: version, name, extension }) =>
      agentFile(longId(version), name ?? null, extension ?? null),
    ),
  })
}

/** By our user's id. Before anybody knows it, by the mark that all we write ends with. */
export function isOwn({ userId }: OwnUser, author: string, text: string | null | undefined): boolean {
  const ours = userId()
  return ours === undefined ? hasMark(text) !== undefined : longId(author) === longId(ours)
}

export function statusOf(
  { status: { solved, closed } }: Pick<SalesforceSettings, 'status'>,
  value: string,
  isClosed: boolean,
): 'open' | 'solved' | 'closed' {
  if (closed !== undefined && value === closed) return 'closed'
  return isClosed || value === solved ? 'solved' : 'open'
}

export interface WrittenReply {
  ticket: string
  message: string
  at: number
  text: string | null
  rich: boolean
  agentName: string | null
  files: AgentFile[]
}

/** None when it holds neither words nor files. */
export function replyEvents({ text, rich, agentName, ...reply }: WrittenReply): HelpdeskEvent[] {
  const plain = text === null ? null : rich ? plainText(text) : text.trim() || null
  if (plain === null && reply.files.length === 0) return []
  const agent = agentName === null ? null : { name: agentName }
  return [{ kind: 'reply', ...reply, text: plain, agent }]
}

const types: Record<string, AgentFile['type']> = {
  ...Object.fromEntries(['jpg', 'jpeg', 'png', 'gif', 'webp'].map((one) => [one, 'image'])),
  ...Object.fromEntries(['mp3', 'm4a', 'aac', 'ogg', 'wav'].map((one) => [one, 'audio'])),
  ...Object.fromEntries(['mp4', 'mov', 'm4v', 'webm'].map((one) => [one, 'video'])),
}

export function agentFile(version: string, name: string | null, extension: string | null): AgentFile {
  const ending = (extension ?? name?.split('.').at(-1) ?? '').toLowerCase()
  const withEnding =
    name !== null && extension && !name.endsWith(`.${extension}`) ? `${name}.${extension}` : name
  return { type: types[ending] ?? 'file', name: withEnding, ref: version }
}
