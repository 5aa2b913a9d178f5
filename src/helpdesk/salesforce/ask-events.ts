import { z } from 'zod'
import type { HelpdeskEvent, HelpdeskPoll } from '../callback.ts'
import { busy } from './api.ts'
import type { SalesforceApi } from './api.ts'
import { askPosts } from './ask-posts.ts'
import { isOwn, replyEvents, statusOf } from './read-callback.ts'
import { rowBase, rowTime } from './rows.ts'
import type { Own, Row } from './rows.ts'
import type { SalesforceSettings } from './settings.ts'
import { literal, timeLiteral } from './soql.ts'
import type { SalesforceTokens } from './tokens.ts'
import { beginSweep, nextSweep, readSweep } from './sweep.ts'
import type { Sweep } from './sweep.ts'

export const pageSize = 200
/** When the day's calls are nearly used up, what is left of them is for messages, ms. */
const spentRestMs = 300_000

const commentRow = z.object({ ...rowBase, ParentId: z.string(), CommentBody: z.string().nullable() })
const historyRow = z.object({
  Id: z.string(),
  CreatedDate: rowTime,
  CreatedById: z.string(),
  CaseId: z.string(),
  NewValue: z.string().nullable(),
  Case: z.object({ Status: z.string().nullable(), IsClosed: z.boolean() }).nullable(),
})

interface Deps {
  api: SalesforceApi
  tokens: Pick<SalesforceTokens, 'get'>
  settings: SalesforceSettings
  /** ms since the epoch. */
  now?: () => number
}

const cursorShape = z.object({ messages: z.unknown(), statuses: z.unknown() })

/**
 * Asks for what agents wrote and how statuses changed. By when it was created and not by when it was changed: a post of
 * last week that somebody likes or mends is not said again.
 */
export function askEvents({ api, tokens, settings, now = Date.now }: Deps): HelpdeskPoll {
  return {
    everyMs: settings.pollSeconds * 1000,
    async look(cursor, signal) {
      if (api.nearlySpent()) throw busy('api-usage', spentRestMs)
      const { userId } = await tokens.get(signal)
      const was = cursor === undefined ? undefined : cursorShape.parse(JSON.parse(cursor))
      const own = { api, settings, userId, signal }
      const messages = await oneLook(readSweep(was?.messages) ?? beginSweep(now()), own, askMessages)
      const statuses = await oneLook(readSweep(was?.statuses) ?? beginSweep(now()), own, askStatuses)
      return {
        events: [...messages.events, ...statuses.events].toSorted((a, b) => timeOf(a) - timeOf(b)),
        cursor: JSON.stringify({ messages: messages.sweep, statuses: statuses.sweep }),
        more: messages.more || statuses.more,
      }
    },
  }
}

async function oneLook(sweep: Sweep, own: Own, ask: (own: Own, after: string) => Promise<Row[]>) {
  const at = timeLiteral(sweep.at)
  const after = `CreatedById != ${literal(own.userId)} AND (CreatedDate > ${at} OR (CreatedDate = ${at} AND Id > ${literal(sweep.id)}))`
  const end = `${after} ORDER BY CreatedDate, Id LIMIT ${pageSize}`
  const rows = await ask(own, end)
  const seen = new Set(sweep.seen.map(([id]) => id))
  const events = rows.filter(({ id }) => !seen.has(id)).flatMap((row) => row.events)
  const more = rows.length === pageSize
  return { events, sweep: nextSweep(sweep, rows, more), more }
}

async function askMessages(own: Own, end: string): Promise<Row[]> {
  return own.settings.messages === 'comment' ? askComments(own, end) : askPosts(own, end)
}

async function askComments({ api, settings, userId, signal }: Own, end: string): Promise<Row[]> {
  const rows = await api.query(
    commentRow,
    'SELECT Id, ParentId, CommentBody, CreatedDate, CreatedById, CreatedBy.Name FROM CaseComment ' +
      `WHERE IsPublished = true AND Parent.${settings.caseKey} != null AND ${end}`,
    signal,
  )
  return rows.map((row) => ({
    id: row.Id,
    at: row.CreatedDate,
    events: isOwn({ userId: () => userId }, row.CreatedById, row.CommentBody)
      ? []
      : replyEvents({
          ticket: row.ParentId,
          message: row.Id,
          at: row.CreatedDate,
          text: row.CommentBody,
          rich: false,
          agentName: row.CreatedBy?.Name ?? null,
          files: [],
        }),
  }))
}

async function askStatuses({ api, settings, signal }: Own, end: string): Promise<Row[]> {
  const rows = await api.query(
    historyRow,
    'SELECT Id, CaseId, NewValue, Case.Status, Case.IsClosed, CreatedDate, CreatedById FROM CaseHistory ' +
      `WHERE Field = 'Status' AND Case.${settings.caseKey} != null AND ${end}`,
    signal,
  )
  return rows.map(({ Id, CaseId, CreatedDate, NewValue, Case }) => ({
    id: Id,
    at: CreatedDate,
    // Whether a status means closed is only told of the one that the case has now; a later row tells that.
    events:
      Case && NewValue !== null && Case.Status === NewValue
        ? [
            {
              kind: 'status',
              ticket: CaseId,
              status: statusOf(settings, NewValue, Case.IsClosed),
              at: CreatedDate,
            },
          ]
        : [],
  }))
}

function timeOf(event: HelpdeskEvent): number {
  return 'at' in event ? event.at : 0
}
