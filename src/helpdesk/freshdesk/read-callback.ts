import { createHash } from 'node:crypto'
import { z } from 'zod'
import { CallbackFault } from '../callback.ts'
import type { AgentFile, HelpdeskEvent } from '../callback.ts'
import { agentFile, answered, wordsOf } from './agent-words.ts'
import { hasMark } from './mark.ts'

const ticket = z
  .union([z.number().int().positive(), z.string().regex(/^\d{1,18}$/, 'should be the number of a ticket')])
  .transform(String)
const at = z.union([z.string(), z.number()]).nullish()

const posted = z.discriminatedUnion('event', [
  z.object({ event: z.literal('reply'), ticket, at, comment: z.string() }),
  z.object({ event: z.literal('status'), ticket, at, status: z.enum(['open', 'solved', 'closed']) }),
])

/** Freshdesk writes `<name> : <html>`, and where there are files a list of links below it. */
const named = /^\s*([^<>\n]{1,200}?) : ([\s\S]*)$/
const fileList = /\s*Attachments :\s*(?=\d+\. <a href=)/
const fileLink = /<a href=["'][^"']*\/attachments\/(\d{1,18})[^"']*["']>([^<]*)<\/a>/g

/** What our rules post (`rules.ts`). Throws CallbackFault when it is something else. */
export function readCallback(body: unknown): HelpdeskEvent[] {
  const result = posted.safeParse(body)
  if (!result.success) {
    const issue = result.error.issues[0]
    throw new CallbackFault(`${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'is wrong'}`)
  }
  const told = result.data
  const time = momentOf(told.at)
  if (told.event === 'status') return [{ kind: 'status', ticket: told.ticket, status: told.status, at: time }]
  const [, name, html = ''] = named.exec(told.comment) ?? [told.comment, undefined, told.comment]
  const [words = '', list = ''] = html.split(fileList)
  // The customer wrote meanwhile, and theirs is the latest now: what we write bears our mark.
  if (hasMark(answered(words))) return []
  const text = wordsOf(words)
  const files = filesOf(told.ticket, list)
  if (text === null && files.length === 0) return []
  // Automations have no user, and Freshdesk calls that so.
  const agent = name === 'System' ? null : { name: name?.trim() || 'Agent' }
  return [{ kind: 'reply', ticket: told.ticket, message: messageId(told), at: time, text, files, agent }]
}

function filesOf(ticket: string, list: string): AgentFile[] {
  return [...list.matchAll(fileLink)].map(([, id = '', name = '']) => agentFile(ticket, id, name || null, ''))
}

/** Freshdesk tells no id of a comment: it is what it says, and when. */
function messageId({ ticket, at: time, comment }: { ticket: string; at?: unknown; comment: string }): string {
  const what = JSON.stringify([ticket, time ?? null, comment])
  return `callout-${createHash('sha256').update(what).digest('hex').slice(0, 32)}`
}

/** Rules written otherwise may leave the time out, or write it as nobody reads: it is now, then. */
function momentOf(time: string | number | null | undefined): number {
  const ms = typeof time === 'string' ? Date.parse(time) : Number.NaN
  return Number.isSafeInteger(ms) && ms >= 0 ? ms : Date.now()
}
