import { z } from 'zod'
import { pathOf } from '../meta/graph-client.ts'
import type { GraphCall } from '../meta/graph-client.ts'
import type { Account } from './account.ts'
import { askGraph } from './ask-graph.ts'
import type { Asked } from './ask-graph.ts'
import type { ConfiguredPage, SetupDeps } from './deps.ts'

/** Graph writes times as `2026-11-23T06:10:00+0000`, and its Conversations page calls them Unix timestamps. */
const time = z.union([z.string(), z.number()]).transform((value) => readTime(value))

function readTime(value: string | number): number | null {
  const count = typeof value === 'number' || /^\d+$/.test(value) ? Number(value) : null
  if (count !== null) return count < 1e12 ? count * 1000 : count
  const parsed = Date.parse(String(value).replace(/([+-]\d\d)(\d\d)$/, '$1:$2'))
  return Number.isNaN(parsed) ? null : parsed
}

const paging = z
  .object({ next: z.string().nullish(), cursors: z.object({ after: z.string().nullish() }).nullish() })
  .nullish()

const listSchema = z.object({
  data: z.array(z.object({ id: z.string(), updated_time: time.nullish() })),
  paging,
})

const messagesSchema = z.object({
  messages: z
    .object({ data: z.array(z.object({ id: z.string(), created_time: time.nullish() })), paging })
    .nullish(),
})

const party = z.object({ id: z.union([z.string(), z.number().transform(String)]).nullish() })

const messageSchema = z.object({
  id: z.string(),
  created_time: time.nullish(),
  from: party.nullish(),
  to: z.object({ data: z.array(party) }).nullish(),
  message: z.string().nullish(),
  reply_to: z.looseObject({ mid: z.string().nullish(), id: z.string().nullish() }).nullish(),
  attachments: z.object({ data: z.array(z.looseObject({})) }).nullish(),
  shares: z.object({ data: z.array(z.looseObject({})) }).nullish(),
})

export type StoredMessage = z.infer<typeof messageSchema>

export interface Listed {
  id: string
  /** ms since the epoch; null when Graph does not tell it. */
  at: number | null
}

export interface ListPage {
  items: Listed[]
  /** Where the next part begins; null at the end. */
  after: string | null
}

type Ask = Pick<SetupDeps, 'graph' | 'signal'>

/** One part of the list of conversations, as Graph orders it. */
export async function listConversations(
  page: ConfiguredPage,
  account: Account,
  part: { after: string | null; limit: number },
  ask: Ask,
): Promise<Asked<ListPage>> {
  const query = {
    platform: page.channel,
    fields: 'id,updated_time',
    limit: String(part.limit),
    ...(part.after === null ? {} : { after: part.after }),
  }
  const path = pathOf(account.nodeId, 'conversations')
  const answer = await get(page, { path, query }, listSchema, ask)
  if (!answer.ok) return answer
  const items = answer.body.data.map(({ id, updated_time }) => ({ id, at: updated_time ?? null }))
  return { ok: true, body: { items, after: nextOf(answer.body.paging) } }
}

/** When its newest conversation last had a message, ms since the epoch; null when there is none. */
export async function newestUpdate(
  page: ConfiguredPage,
  account: Account,
  ask: Ask,
): Promise<Asked<number | null>> {
  const answer = await listConversations(page, account, { after: null, limit: 5 }, ask)
  if (!answer.ok) return answer
  const times = answer.body.items.flatMap(({ at }) => (at === null ? [] : [at]))
  return { ok: true, body: times.length === 0 ? null : Math.max(...times) }
}

/** The messages of a conversation, newest first, as far as Graph lists them at once. */
export async function listMessages(
  page: ConfiguredPage,
  conversation: string,
  ask: Ask,
): Promise<Asked<ListPage>> {
  const answer = await get(
    page,
    { path: pathOf(conversation), query: { fields: 'messages' } },
    messagesSchema,
    ask,
  )
  if (!answer.ok) return answer
  const { messages } = answer.body
  const items = (messages?.data ?? []).map(({ id, created_time }) => ({ id, at: created_time ?? null }))
  // Array.prototype.sort is stable: what has the same second, or no time, keeps its place.
  items.sort((a, b) => (b.at === null || a.at === null ? 0 : b.at - a.at))
  return { ok: true, body: { items, after: nextOf(messages?.paging) } }
}

export async function readMessage(
  page: ConfiguredPage,
  mid: string,
  ask: Ask,
): Promise<Asked<StoredMessage>> {
  const fields = 'id,created_time,from,to,message,reply_to,attachments,shares'
  return get(page, { path: pathOf(mid), query: { fields } }, messageSchema, ask)
}

function get<T>(
  page: ConfiguredPage,
  call: Pick<GraphCall, 'path' | 'query'>,
  schema: z.ZodType<T>,
  { graph, signal }: Ask,
): Promise<Asked<T>> {
  return askGraph(graph, { method: 'GET', accessToken: page.accessToken, ...call }, schema, signal)
}

/** The cursor only: the URL beside it holds the token. */
function nextOf(
  paging:
    | { next?: string | null | undefined; cursors?: { after?: string | null | undefined } | null | undefined }
    | null
    | undefined,
): string | null {
  return paging?.next == null ? null : (paging.cursors?.after ?? null)
}
