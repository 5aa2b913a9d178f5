import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Step } from '../adapter.ts'
import { readAnswer } from '../http-client.ts'
import type { SalesforceApi } from './api.ts'
import { literal } from './soql.ts'
import type { SalesforceSettings } from './settings.ts'

/** Something that the case shall hold. */
export interface CaseEntry {
  /** The id of the case. */
  ticket: string
  text: string
  /** Else only staff see it. */
  public: boolean
}

export const createdAnswer = z.object({ id: z.string().min(15).max(18) })

/**
 * Neither comments nor posts have a key of their own, so what we write ends with a mark. Only when an earlier try may have
 * arrived, the newest of the case are looked through for it. Answers the id of the first part.
 */
export async function writeEntry(
  { api, kind }: { api: SalesforceApi; kind: SalesforceSettings['messages'] },
  entry: CaseEntry,
  step: Step,
): Promise<string | undefined> {
  const { signal } = step
  const parts = split(entry.text, maxBytes[kind] - markBytes).map((text, at) => ({
    text,
    mark: partMark(step.idempotencyKey, at),
  }))
  const there = step.repeat ? await marksOf(api, kind, entry.ticket, signal) : new Map<string, string>()
  let first: string | undefined
  for (const { text, mark } of parts) {
    const id = there.get(mark) ?? (await post(api, kind, { ...entry, text: `${text}\n${mark}` }, signal))
    first ??= id
  }
  return first
}

/** A comment takes 4000 bytes. A post takes 10,000 characters; counted as bytes there is room to spare. */
const maxBytes = { comment: 4000, feed: 10_000 } as const
/** How far back a mark is looked for: the newest of one case. */
const lookBack = 200

async function post(
  api: SalesforceApi,
  kind: SalesforceSettings['messages'],
  { ticket, text, public: isPublic }: CaseEntry,
  signal: AbortSignal,
): Promise<string> {
  const [path, json] =
    kind === 'comment'
      ? ['sobjects/CaseComment', { ParentId: ticket, CommentBody: text, IsPublished: isPublic }]
      : [
          'sobjects/FeedItem',
          { ParentId: ticket, Body: text, Visibility: isPublic ? 'AllUsers' : 'InternalUsers' },
        ]
  return readAnswer(createdAnswer, await api.call({ method: 'POST', path, json, signal })).id
}

const commentRow = z.object({ Id: z.string(), CommentBody: z.string().nullable() })
const postRow = z.object({ Id: z.string(), Body: z.string().nullable() })

/** The ids of what we wrote, by mark. Bodies of posts can be read but not asked for. */
export async function marksOf(
  api: SalesforceApi,
  kind: SalesforceSettings['messages'],
  ticket: string,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const end = `WHERE ParentId = ${literal(ticket)} ORDER BY CreatedDate DESC, Id DESC LIMIT ${lookBack}`
  const rows =
    kind === 'comment'
      ? (await api.query(commentRow, `SELECT Id, CommentBody FROM CaseComment ${end}`, signal)).map(
          ({ Id, CommentBody }) => ({ Id, text: CommentBody }),
        )
      : (await api.query(postRow, `SELECT Id, Body FROM FeedItem ${end}`, signal)).map(({ Id, Body }) => ({
          Id,
          text: Body,
        }))
  return new Map(rows.flatMap(({ Id, text }) => (hasMark(text) ? [[hasMark(text) ?? '', Id] as const] : [])))
}

/** Room for the mark and its line end. */
const markBytes = 24
const markPattern = /\(ref [A-Za-z0-9_-]{12}\)\s*$/

/** Of one part of what a step wrote. */
export function partMark(key: string, part: number): string {
  return markOf(`${key}/${part}`)
}

function markOf(key: string): string {
  return `(ref ${createHash('sha256').update(key).digest('base64url').slice(0, 12)})`
}

/** The mark that a text of ours ends with. */
export function hasMark(text: string | null | undefined): string | undefined {
  return markPattern.exec(text ?? '')?.[0].trimEnd()
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** Pieces of at most so many bytes, cut between what people see as one character. One that is longer yet is cut anywhere. */
export function split(text: string, most: number): string[] {
  if (Buffer.byteLength(text) <= most) return [text]
  const pieces: string[] = []
  let piece = ''
  let size = 0
  const take = (one: string) => {
    const bytes = Buffer.byteLength(one)
    if (size + bytes > most) {
      pieces.push(piece)
      piece = ''
      size = 0
    }
    piece += one
    size += bytes
  }
  for (const { segment } of graphemes.segment(text)) {
    if (Buffer.byteLength(segment) <= most) take(segment)
    else for (const one of segment) take(one)
  }
  return [...pieces, piece].filter((one) => one !== '')
}
