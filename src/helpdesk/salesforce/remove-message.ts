import { z } from 'zod'
import type { WrittenMessage } from '../adapter.ts'
import { goneCodes, refusedFor } from './api.ts'
import type { SalesforceApi } from './api.ts'
import { literal } from './soql.ts'
import { fileKey } from './upload-files.ts'
import { partMark, marksOf } from './write-messages.ts'

/** A message is no longer than this, in parts, and has no more files. */
const most = 20
/** As ids of posts begin; those of comments do not. */
const postPrefix = '0D5'

const fileRow = z.object({
  ContentDocumentId: z.string(),
  ContentDocument: z.object({ Description: z.string().nullable() }).nullable(),
})

/** Deletes a comment or a post of ours, those that go on from it, and the files that came with it. */
export async function removeMessage(
  api: SalesforceApi,
  ticket: string,
  { message, key }: WrittenMessage,
  signal: AbortSignal,
): Promise<void> {
  const kind = message.startsWith(postPrefix) ? 'feed' : 'comment'
  const there = await marksOf(api, kind, ticket, signal)
  const numbers = Array.from({ length: most }, (_, at) => at)
  const further = numbers.flatMap((at) => there.get(partMark(key, at)) ?? []).filter((id) => id !== message)
  for (const id of await filesOf(api, ticket, new Set(numbers.map((at) => fileKey(key, at))), signal)) {
    await remove(api, `sobjects/ContentDocument/${id}`, signal)
  }
  const object = kind === 'feed' ? 'FeedItem' : 'CaseComment'
  for (const id of [...further, message]) await remove(api, `sobjects/${object}/${id}`, signal)
}

async function filesOf(api: SalesforceApi, ticket: string, keys: Set<string>, signal: AbortSignal) {
  const found = await api.query(
    fileRow,
    'SELECT ContentDocumentId, ContentDocument.Description FROM ContentDocumentLink ' +
      `WHERE LinkedEntityId = ${literal(ticket)} ORDER BY SystemModstamp DESC LIMIT 200`,
    signal,
  )
  return found.flatMap(({ ContentDocumentId: id, ContentDocument: document }) =>
    document?.Description && keys.has(document.Description) ? [id] : [],
  )
}

async function remove(api: SalesforceApi, path: string, signal: AbortSignal): Promise<void> {
  const { refused } = await api.ask({ method: 'DELETE', path, signal })
  if (refused !== undefined && !goneCodes.has(refused)) throw refusedFor(refused)
}
