import type { HelpdeskEvent } from '../callback.ts'
import { plainText } from '../plain-text.ts'
import { dropQuote } from './drop-quote.ts'
import type { RtSettings } from './settings.ts'

/** What both a poll and the scrip tell of a transaction. */
export interface RtTransaction {
  id: string
  ticket: string
  type: 'Correspond' | 'Status'
  /** ISO 8601. */
  at: string
  creator: { name: string; realName?: string | null | undefined }
  /** Of Status. */
  status?: string | null | undefined
  /** Of Correspond. */
  parts?: RtPart[]
}

export interface RtPart {
  id: string
  type: string
  name?: string | null | undefined
  /** Of the first part that is text, and no file. */
  text?: string | undefined
}

/** RT's own user, which speaks for its automations. */
const automation = 'RT_System'

/** Nothing for what we did ourselves. */
export function readTransaction(settings: RtSettings, transaction: RtTransaction): HelpdeskEvent[] {
  const { id, ticket, creator, status } = transaction
  const at = Date.parse(transaction.at)
  if (creator.name.toLowerCase() === settings.user.toLowerCase() || !Number.isFinite(at)) return []
  if (transaction.type === 'Status') {
    if (typeof status !== 'string') return []
    return [{ kind: 'status', ticket, status: meaningOf(settings, status), at }]
  }
  const body = bodyOf(transaction.parts ?? [])
  const files = (transaction.parts ?? []).filter((part) => isFile(part))
  const written = body?.text === undefined ? null : readText(body.type, body.text)
  if (written === null && files.length === 0) return []
  const agent = creator.name === automation ? null : { name: creator.realName || creator.name }
  return [
    {
      kind: 'reply',
      ticket,
      message: id,
      at,
      text: written,
      files: files.map((part) => ({ type: kindOf(part.type), name: part.name || null, ref: part.id })),
      agent,
    },
  ]
}

/** Plain text where there is a choice, as in mail. */
export function bodyOf(parts: RtPart[]): RtPart | undefined {
  const texts = parts.filter((part) => !isFile(part))
  return texts.find(({ type }) => type === 'text/plain') ?? texts.find(({ type }) => type === 'text/html')
}

function isFile({ type, name }: RtPart): boolean {
  if (/^(multipart|message)\//.test(type)) return false
  return Boolean(name) || !/^text\/(plain|html)$/.test(type)
}

function readText(type: string, text: string): string | null {
  const plain = type === 'text/html' ? plainText(text) : text
  return plain === null ? null : dropQuote(plain.replaceAll('\r\n', '\n')) || null
}

function meaningOf({ statuses }: RtSettings, status: string): 'open' | 'solved' | 'closed' {
  if (statuses.closed.includes(status)) return 'closed'
  return statuses.solved.includes(status) ? 'solved' : 'open'
}

function kindOf(type: string): 'image' | 'audio' | 'video' | 'file' {
  const kind = type.split('/')[0]
  return kind === 'image' || kind === 'audio' || kind === 'video' ? kind : 'file'
}
