import { z } from 'zod'
import { CallbackFault } from '../callback.ts'
import type { AgentFile, HelpdeskEvent } from '../callback.ts'
import { isOurs } from './message-id.ts'

const id = z.string().regex(/^[A-Za-z0-9._-]{1,100}$/, 'should be an id')
const moment = z.union([z.string(), z.number()])

const file = z.object({ _id: id, name: z.string().nullish(), type: z.string().nullish() })

const message = z.object({
  _id: id,
  username: z.string().nullish(),
  msg: z.string().nullish(),
  ts: moment,
  /** Of users only; a visitor's message has none. */
  agentId: z.string().nullish(),
  u: z.object({ name: z.string().nullish() }).nullish(),
  editedAt: z.unknown().optional(),
  closingMessage: z.boolean().nullish(),
  navigation: z.unknown().optional(),
  blocks: z.array(z.unknown()).nullish(),
  file: file.nullish(),
  attachments: z.array(z.looseObject({ description: z.string().nullish() })).nullish(),
})

const session = z.object({
  type: z.string(),
  _id: id,
  closedAt: moment.nullish(),
  lastMessageAt: moment.nullish(),
  createdAt: moment.nullish(),
  agent: z.object({ _id: z.string().nullish(), name: z.string().nullish() }).nullish(),
  messages: z.array(z.unknown()).nullish(),
})

/** What the omnichannel webhook posts. Throws CallbackFault when it is not as it should be. */
export function readCallback(body: unknown, userId: string): HelpdeskEvent[] {
  const told = read(session, body)
  switch (told.type) {
    case 'Message':
      return (told.messages ?? []).flatMap((one) => readMessage(told, read(message, one), userId))
    case 'LivechatSession': {
      const at = milliseconds(told.closedAt ?? told.lastMessageAt ?? told.createdAt ?? '', 'closedAt')
      return [{ kind: 'status', ticket: told._id, status: 'closed', at }]
    }
    default:
      return []
  }
}

function readMessage(
  { _id: ticket, agent }: z.infer<typeof session>,
  told: z.infer<typeof message>,
  userId: string,
): HelpdeskEvent[] {
  const { agentId } = told
  if (!agentId || agentId === userId || isOurs(told._id)) return []
  if (told.closingMessage === true || isThere(told.navigation) || isThere(told.editedAt)) return []
  // Of buttons and the like Rocket.Chat puts JSON into the text.
  const said = told.blocks && told.blocks.length > 0 ? '' : (told.msg ?? '')
  const captions = (told.attachments ?? []).map(({ description }) => description ?? '')
  const text = [said, ...captions].filter((words) => words.trim() !== '').join('\n') || null
  const files = told.file ? [readFile(told.file)] : []
  if (text === null && files.length === 0) return []
  const name = told.u?.name || (agent?._id === agentId && agent.name) || told.username || 'Agent'
  const at = milliseconds(told.ts, 'messages.ts')
  return [{ kind: 'reply', ticket, message: told._id, at, text, files, agent: { name } }]
}

/** The link that it posts is for those who are logged in, or holds a token: we fetch it with ours. */
function readFile({ _id, name, type }: z.infer<typeof file>): AgentFile {
  const kind = type?.split('/')[0]
  const known = kind === 'image' || kind === 'audio' || kind === 'video' ? kind : 'file'
  return {
    type: known,
    name: name || null,
    ref: `${_id}/${encodeURIComponent(name?.isWellFormed() && name ? name : 'file')}`,
  }
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null
}

/** ISO 8601, or ms since the epoch. */
function milliseconds(time: string | number, field: string): number {
  const ms = typeof time === 'number' ? time : Date.parse(time)
  if (!Number.isSafeInteger(ms) || ms < 0) throw new CallbackFault(`${field}: should be a time`)
  return ms
}

function read<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw new CallbackFault(`${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'is wrong'}`)
}
