import { z } from 'zod'
import { CallbackFault } from '../callback.ts'
import type { HelpdeskEvent, ProvenCallback } from '../callback.ts'
import { readContent } from './read-content.ts'
import { markName } from './post-parts.ts'

/** What the webhook is told, and nothing else. */
export const triggers = [
  'conversation:message',
  'conversation:read',
  'conversation:typing',
  'switchboard:passControl',
  'switchboard:releaseControl',
] as const

const id = z.string().regex(/^[\w-]{1,100}$/)
const metadata = z.record(z.string(), z.unknown()).nullish()
const authorSchema = z.object({
  type: z.string(),
  subtypes: z.array(z.string()).nullish(),
  displayName: z.string().nullish(),
  avatarUrl: z.string().nullish(),
})
const conversation = z.object({ id, metadata })

const envelope = z.object({
  app: z.object({ id: z.string() }),
  events: z.array(
    z.object({ id: z.string(), type: z.string(), createdAt: z.string(), payload: z.unknown().optional() }),
  ),
})
const messagePayload = z.object({
  conversation,
  message: z.object({
    id,
    received: z.string().nullish(),
    author: authorSchema,
    activity: z.unknown().optional(),
    content: z.looseObject({ type: z.string() }),
    source: z.object({ type: z.string().nullish() }).nullish(),
    metadata,
    deleted: z.boolean().nullish(),
  }),
})
const activityPayload = z.object({
  conversation,
  activity: z.object({ type: z.string(), author: authorSchema }),
})
const controlPayload = z.object({ conversation, reason: z.string().nullish() })

type SunshineEvent = z.infer<typeof envelope>['events'][number]
type Message = z.infer<typeof messagePayload>['message']

interface ReadSettings {
  appId: string
  /** The base of the API: files below it take our credentials. */
  base: string
  /** What a closed ticket means: without a switchboard integration of ours the conversation goes on by itself. */
  closes: boolean
}

/** What Sunshine says. Ours is told by the metadata that we wrote into it. */
export function readCallback({ body }: ProvenCallback, settings: ReadSettings): HelpdeskEvent[] {
  const { app, events } = readAs(envelope, body, '')
  if (app.id !== settings.appId) return []
  return events.flatMap((event, n) => readEvent(event, `events.${n}.payload`, settings))
}

function readEvent(event: SunshineEvent, at: string, settings: ReadSettings): HelpdeskEvent[] {
  switch (event.type) {
    case 'conversation:message': {
      const read = readAs(messagePayload, event.payload, at)
      return isElsewhere(read) ? [] : reply(read, event, settings)
    }
    case 'conversation:typing':
    case 'conversation:read': {
      const read = readAs(activityPayload, event.payload, at)
      if (isElsewhere(read) || read.activity.author.type !== 'business') return []
      const ticket = read.conversation.id
      const { type } = read.activity
      if (type === 'conversation:read') return [{ kind: 'seen', ticket }]
      return [{ kind: 'typing', ticket, typing: type === 'typing:start' }]
    }
    case 'switchboard:passControl':
    case 'switchboard:releaseControl': {
      const read = readAs(controlPayload, event.payload, at)
      if (isElsewhere(read) || read.reason !== 'ticketClosed') return []
      const status = settings.closes ? 'closed' : 'solved'
      return [{ kind: 'status', ticket: read.conversation.id, status, at: timeOf(event.createdAt) }]
    }
    default:
      return []
  }
}

/** Conversations of other channels in the same app have no mark of ours, if any metadata at all. */
function isElsewhere({
  conversation: { metadata: given },
}: {
  conversation: z.infer<typeof conversation>
}): boolean {
  return given !== null && given !== undefined && !(markName in given)
}

function reply(
  { conversation: { id: ticket }, message }: z.infer<typeof messagePayload>,
  { createdAt }: SunshineEvent,
  { base }: ReadSettings,
): HelpdeskEvent[] {
  const { author } = message
  if (author.type !== 'business' || message.deleted || markOf(message)) return []
  // Sunshine's own words about a ticket, which it also shows to those who can see them.
  const isActivity =
    (message.activity !== undefined && message.activity !== null) || author.subtypes?.includes('activity')
  if (isActivity) return []
  const { text, files } = readContent(message.content, base)
  if (text === null && files.length === 0) return []
  const at = timeOf(message.received ?? createdAt)
  return [{ kind: 'reply', ticket, message: message.id, at, text, files, agent: agentOf(message) }]
}

/** Null unless it is sure that a human wrote it: bots may not write to a person for as long. */
function agentOf({ author, source }: Message): { name: string; pictureUrl?: string } | null {
  const isAgent = author.subtypes?.includes('agent') || source?.type === 'zd:agentWorkspace'
  const isBot = author.subtypes?.some((type) => type === 'bot' || type === 'AI')
  if (!isAgent || isBot) return null
  const name = author.displayName || 'An agent'
  return author.avatarUrl ? { name, pictureUrl: author.avatarUrl } : { name }
}

function markOf({ metadata: given }: Message): boolean {
  return given !== null && given !== undefined && markName in given
}

function timeOf(text: string): number {
  const at = Date.parse(text)
  if (!Number.isFinite(at)) throw new CallbackFault('createdAt and received must be dates')
  return at
}

function readAs<T>(schema: z.ZodType<T>, given: unknown, at: string): T {
  const read = schema.safeParse(given)
  if (read.success) return read.data
  const issue = read.error.issues[0]
  const path = [at, ...(issue?.path ?? [])].filter((part) => part !== '').join('.')
  throw new CallbackFault(`${path === '' ? 'the body' : path}: ${issue?.message ?? 'is not as it should be'}`)
}
