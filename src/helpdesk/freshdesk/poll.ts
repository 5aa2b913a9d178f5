import { z } from 'zod'
import { stepFacts } from '../../domain/step-error.ts'
import type { HelpdeskEvent, HelpdeskPoll } from '../callback.ts'
import { agentFile, wordsOf } from './agent-words.ts'
import { perPage } from './api.ts'
import type { FreshdeskApi, FreshdeskConversation, FreshdeskTicket } from './api.ts'
import type { FreshdeskSettings } from './settings.ts'
import { statusOf } from './status.ts'

/** Each takes a call or more. */
const ticketsPerLook = 20
const mostPages = 10
/** Changes become visible a little later than they are dated, ms. */
const overlapMs = 60_000

/** An agent's answer, and a note: other sources are forwards to third parties, surveys and the like. */
const spoken = new Set([0, 2])

/**
 * Changes up to `since` (ms) were told, and of what is not much older these, as `<ticket>@<time>`; and replies by id. Of
 * very many in the same second the pages before `page` were told.
 */
const cursors = z.object({
  since: z.number().int().min(0),
  page: z.number().int().min(1),
  told: z.array(z.string()).max(perPage * mostPages),
  replies: z.array(z.number().int()).max(10_000),
})

type Cursor = z.infer<typeof cursors>

/** Looks at what agents said and did in our tickets, which bear our tag. */
export function freshdeskPoll(settings: FreshdeskSettings, api: FreshdeskApi): HelpdeskPoll {
  const names = new Map<number, string>()

  async function nameOf(agent: number, signal: AbortSignal): Promise<string> {
    const known = names.get(agent)
    if (known !== undefined) return known
    const name = (await api.agentName(agent, signal)) ?? 'Agent'
    names.set(agent, name)
    return name
  }

  async function repliesIn(ticket: number, after: number, told: Set<number>, signal: AbortSignal) {
    const events: HelpdeskEvent[] = []
    try {
      for await (const one of api.said(String(ticket), signal)) {
        const at = Date.parse(one.created_at)
        if (!isReply(one, settings.agentId) || !(at >= after) || told.has(one.id)) continue
        const text = wordsOf(one.body ?? '')
        const files = (one.attachments ?? []).map(({ id, name, content_type: type }) =>
          agentFile(String(ticket), String(id), name ?? null, type ?? ''),
        )
        told.add(one.id)
        if (text === null && files.length === 0) continue
        const agent = one.user_id ? { name: await nameOf(one.user_id, signal) } : null
        const message = String(one.id)
        events.push({ kind: 'reply', ticket: String(ticket), message, at, text, files, agent })
      }
    } catch (error) {
      // Deleted since it was listed.
      if (!stepFacts(error).code.startsWith('TICKET_')) throw error
    }
    return events
  }

  /** Changes that were not told, oldest first, with so many of our tickets among them. */
  async function freshTickets(known: Cursor, signal: AbortSignal) {
    const told = new Set(known.told)
    // So much at once, such as a bulk update, leaves no room for what is late.
    const overlap = told.size < perPage * (mostPages - 1) ? overlapMs : 0
    const since = new Date(Math.max(0, known.since - overlap)).toISOString().replace(/\.\d+/, '')
    const fresh: FreshdeskTicket[] = []
    let page = known.page
    let isAll = false
    for (let n = 0; n < mostPages && !isAll && fresh.filter(isOurs).length <= ticketsPerLook; n++) {
      page = known.page + n
      const some = await api.changedSince(since, page, signal)
      fresh.push(...some.filter((one) => !told.has(nameOfChange(one))))
      isAll = some.length < perPage
    }
    const surplus = fresh.filter(isOurs)[ticketsPerLook]
    const now = surplus ? fresh.slice(0, fresh.indexOf(surplus)) : fresh
    const isDone = isAll && surplus === undefined
    return { now, isDone, page: isAll || surplus ? known.page : page }
  }

  function isOurs({ tags }: FreshdeskTicket): boolean {
    return tags?.includes(settings.tag) === true
  }

  return {
    everyMs: settings.pollSeconds * 1000,
    async look(cursor, signal) {
      const known = readCursor(cursor)
      if (!known) return { events: [], more: false, cursor: first() }
      const { now, isDone, page } = await freshTickets(known, signal)
      const events: HelpdeskEvent[] = []
      const replies = new Set(known.replies)
      for (const one of now.filter(isOurs)) {
        events.push(...(await repliesIn(one.id, known.since - overlapMs, replies, signal)))
        const at = Date.parse(one.updated_at)
        const is = statusOf(one.status, settings.closedTickets)
        if (Number.isFinite(at)) events.push({ kind: 'status', ticket: String(one.id), status: is, at })
      }
      return { events, more: !isDone, cursor: next({ ...known, page }, now, replies) }
    },
  }
}

function isReply(one: FreshdeskConversation, agentId: number): boolean {
  return !one.private && !one.incoming && one.user_id !== agentId && spoken.has(one.source ?? 0)
}

function nameOfChange({ id, updated_at: at }: FreshdeskTicket): string {
  return `${id}@${at}`
}

function next(known: Cursor, now: FreshdeskTicket[], replies: Set<number>): string {
  const times = now.map(({ updated_at: at }) => Date.parse(at)).filter((at) => Number.isFinite(at))
  const since = Math.max(known.since, ...times)
  const told = [...known.told, ...now.map((one) => nameOfChange(one))].filter(
    (change) => !(Date.parse(change.split('@')[1] ?? '') < since - overlapMs),
  )
  const cursor: Cursor = {
    since,
    page: since === known.since ? known.page : 1,
    told: told.slice(-perPage * mostPages),
    replies: [...replies].slice(-500),
  }
  return JSON.stringify(cursor)
}

function first(): string {
  const cursor: Cursor = { since: Date.now(), page: 1, told: [], replies: [] }
  return JSON.stringify(cursor)
}

function readCursor(cursor: string | undefined): Cursor | undefined {
  if (cursor === undefined) return undefined
  try {
    return cursors.parse(JSON.parse(cursor))
  } catch {
    return undefined
  }
}
