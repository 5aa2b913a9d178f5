import { z } from 'zod'
import type { HelpdeskEvent, HelpdeskPoll } from '../callback.ts'
import { readAnswer } from '../http-client.ts'
import type { RtClient } from './client.ts'
import { bodyOf, readTransaction } from './read-transaction.ts'
import type { RtPart } from './read-transaction.ts'
import type { RtSettings } from './settings.ts'

/** RT's own limit. */
const rowsPerLook = 100
const repliesPerLook = 20
/**
 * A transaction gets its number before others can see it, and scrips and mail come in between: rows so much older than
 * the newest are all there, ms.
 */
const settledMs = 120_000

const id = z.union([z.string(), z.number()]).transform(String)

const rows = z.object({
  items: z.array(
    z.object({
      id,
      Type: z.enum(['Correspond', 'Status']),
      Created: z.string(),
      ObjectId: id,
      NewValue: z.string().nullish(),
      Creator: z.object({ id, RealName: z.string().nullish() }),
    }),
  ),
})
const parts = z.object({
  items: z.array(z.object({ id, ContentType: z.string().nullish(), Filename: z.string().nullish() })),
})
const part = z.object({ Content: z.string().nullish() })

/** All up to `after` was told, and of what comes behind it these. */
const cursors = z.object({ after: z.number().int().min(0), told: z.array(z.number().int()).max(rowsPerLook) })

type Row = z.infer<typeof rows>['items'][number]
type Cursor = z.infer<typeof cursors>

/** Looks at what others did in tickets that we opened. Needs no Perl in RT. */
export function rtPoll(settings: RtSettings, client: RtClient): HelpdeskPoll {
  async function search(
    condition: string,
    query: Record<string, string>,
    signal: AbortSignal,
  ): Promise<Row[]> {
    const answer = await client.get(
      '/transactions',
      {
        // Wherever they were moved to.
        query: `${condition} AND TicketCreator = '${settings.user}' AND Creator != '${settings.user}' AND ( Type = 'Correspond' OR Type = 'Status' )`,
        fields: 'Type,Created,ObjectId,NewValue,Creator',
        'fields[Creator]': 'RealName',
        orderby: 'id',
        ...query,
      },
      signal,
    )
    return readAnswer(rows, answer).items
  }

  async function partsOf(row: Row, signal: AbortSignal): Promise<RtPart[]> {
    const query = { fields: 'ContentType,Filename', per_page: String(rowsPerLook) }
    const answer = await client.get(`/transaction/${row.id}/attachments`, query, signal)
    const all: RtPart[] = readAnswer(parts, answer).items.map((one) => ({
      id: one.id,
      type: one.ContentType ?? '',
      name: one.Filename,
    }))
    const body = bodyOf(all)
    if (!body) return all
    const { Content } = readAnswer(part, await client.get(`/attachment/${body.id}`, {}, signal))
    return all.map((one) => (one === body ? { ...one, text: decode(Content ?? '') } : one))
  }

  async function eventsOf(row: Row, signal: AbortSignal): Promise<HelpdeskEvent[]> {
    return readTransaction(settings, {
      id: row.id,
      ticket: row.ObjectId,
      type: row.Type,
      at: row.Created,
      status: row.NewValue,
      creator: { name: row.Creator.id, realName: row.Creator.RealName },
      ...(row.Type === 'Correspond' ? { parts: await partsOf(row, signal) } : {}),
    })
  }

  return {
    everyMs: settings.pollSeconds * 1000,
    async look(cursor, signal) {
      const known = readCursor(cursor)
      if (!known) {
        const [newest] = await search('id > 0', { order: 'DESC', per_page: '1' }, signal)
        return { events: [], more: false, cursor: written({ after: Number(newest?.id ?? 0), told: [] }) }
      }
      const seen = await search(`id > ${known.after}`, { per_page: String(rowsPerLook) }, signal)
      const told = new Set(known.told)
      const fresh = seen.filter((row) => !told.has(Number(row.id)))
      const now = fresh.slice(0, repliesPerLook)
      const events: HelpdeskEvent[] = []
      for (const row of now) events.push(...(await eventsOf(row, signal)))
      const left = fresh.length > now.length || seen.length === rowsPerLook
      for (const row of now) told.add(Number(row.id))
      const next = written(settle(known, seen, told))
      return { events, cursor: next, more: left && next !== cursor }
    },
  }
}

/** The cursor goes forward over rows that were told and are old, and of a full page over half of it at least. */
function settle({ after }: Cursor, seen: Row[], told: ReadonlySet<number>): Cursor {
  const newest = Math.max(0, ...seen.map(({ Created }) => Date.parse(Created)))
  const half = seen.length === rowsPerLook ? rowsPerLook / 2 : 0
  let settled = after
  for (const [index, row] of seen.entries()) {
    const old = Date.parse(row.Created) < newest - settledMs
    if (!told.has(Number(row.id)) || !(old || index < half)) break
    settled = Number(row.id)
  }
  const behind = seen.map((row) => Number(row.id)).filter((row) => row > settled && told.has(row))
  return { after: settled, told: behind }
}

function readCursor(cursor: string | undefined): Cursor | undefined {
  if (cursor === undefined) return undefined
  try {
    return cursors.parse(JSON.parse(cursor))
  } catch {
    return undefined
  }
}

function written(cursor: Cursor): string {
  return JSON.stringify(cursor)
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString()
}
