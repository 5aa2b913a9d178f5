import { z } from 'zod'
import type { SalesforceApi } from './api.ts'
import { agentFile, isOwn, replyEvents } from './read-callback.ts'
import { rowBase } from './rows.ts'
import type { Own, Row } from './rows.ts'
import { literals } from './soql.ts'

const postRow = z.object({
  ...rowBase,
  ParentId: z.string(),
  Body: z.string().nullable(),
  IsRichText: z.boolean(),
  Type: z.string(),
  Visibility: z.string().nullable(),
})
/** What stands in a feed beside what people wrote is no reply. */
const writtenPosts = ['TextPost', 'ContentPost', 'AdvancedTextPost']

/** What agents wrote into the feeds of our cases for everybody to see. */
export async function askPosts({ api, settings, userId, signal }: Own, end: string): Promise<Row[]> {
  const rows = await api.query(
    postRow,
    'SELECT Id, ParentId, Body, IsRichText, Type, Visibility, CreatedDate, CreatedById, CreatedBy.Name FROM FeedItem ' +
      `WHERE Parent.Type = 'Case' AND Type IN ${literals(writtenPosts)} AND ${end}`,
    signal,
  )
  const written = rows.filter(
    (row) => row.Visibility === 'AllUsers' && !isOwn({ userId: () => userId }, row.CreatedById, row.Body),
  )
  const ours = await ourCases(
    { api, settings, signal },
    written.map(({ ParentId }) => ParentId),
  )
  const told = written.filter(({ ParentId }) => ours.has(ParentId))
  const files = await filesOf(
    api,
    told.filter(({ Type }) => Type === 'ContentPost').map(({ Id }) => Id),
    signal,
  )
  const events = new Map(
    told.map((row) => [
      row.Id,
      replyEvents({
        ticket: row.ParentId,
        message: row.Id,
        at: row.CreatedDate,
        text: row.Body,
        rich: row.IsRichText,
        agentName: row.CreatedBy?.Name ?? null,
        files: files.filter(({ post }) => post === row.Id).map(({ file }) => file),
      }),
    ]),
  )
  return rows.map(({ Id, CreatedDate }) => ({ id: Id, at: CreatedDate, events: events.get(Id) ?? [] }))
}

async function ourCases({ api, settings, signal }: Omit<Own, 'userId'>, ids: string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set()
  const found = await api.query(
    z.object({ Id: z.string() }),
    `SELECT Id FROM Case WHERE Id IN ${literals([...new Set(ids)])} AND ${settings.caseKey} != null`,
    signal,
  )
  return new Set(found.map(({ Id }) => Id))
}

const attachmentRow = z.object({ FeedEntityId: z.string(), RecordId: z.string(), Type: z.string() })
const versionRow = z.object({ Id: z.string(), Title: z.string(), FileExtension: z.string().nullable() })

async function filesOf(api: SalesforceApi, posts: string[], signal: AbortSignal) {
  if (posts.length === 0) return []
  const attached = await api.query(
    attachmentRow,
    `SELECT FeedEntityId, RecordId, Type FROM FeedAttachment WHERE FeedEntityId IN ${literals(posts)} ORDER BY Id`,
    signal,
  )
  const content = attached.filter(({ Type }) => Type === 'Content')
  if (content.length === 0) return []
  const versions = await api.query(
    versionRow,
    `SELECT Id, Title, FileExtension FROM ContentVersion WHERE Id IN ${literals([...new Set(content.map(({ RecordId }) => RecordId))])}`,
    signal,
  )
  return content.flatMap(({ FeedEntityId: post, RecordId }) =>
    versions
      .filter(({ Id }) => Id === RecordId)
      .map(({ Id, Title, FileExtension }) => ({ post, file: agentFile(Id, Title, FileExtension) })),
  )
}
