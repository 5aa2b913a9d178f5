import { z } from 'zod'
import { readAnswer } from '../http-client.ts'
import { gone } from './api.ts'
import type { ZendeskApi } from './api.ts'

const commentsAnswer = z.object({
  comments: z.array(
    z.object({
      id: z.number(),
      html_body: z.string(),
      attachments: z.array(z.object({ content_url: z.string(), file_name: z.string() })),
    }),
  ),
  meta: z.object({ has_more: z.boolean(), after_cursor: z.string().nullish() }).nullish(),
})
const redactedAnswer = z.object({ comment: z.object({ id: z.number() }) })

/** Comments come a hundred to a page, and a ticket has no more pages than this. */
const mostPages = 50
/** What Zendesk leaves in the place of each letter, and of a file. */
const blackened = /^[\s▇]*$/
const emptyFile = 'redacted.txt'

/**
 * Redacts the whole text of a comment and all of its files, for good, also in tickets that are closed. What is redacted
 * already, or gone, is left as it is.
 */
export async function redactComment(
  api: ZendeskApi,
  ticket: string,
  comment: string,
  signal: AbortSignal,
): Promise<void> {
  const found = await findComment(api, ticket, comment, signal)
  if (!found) return
  const html = redactHtml(found.html_body)
  const urls = found.attachments.flatMap(({ content_url: url, file_name: name }) =>
    name === emptyFile ? [] : url,
  )
  if (html === undefined && urls.length === 0) return
  const json = {
    ticket_id: Number(ticket),
    ...(html === undefined ? {} : { html_body: html }),
    ...(urls.length === 0 ? {} : { external_attachment_urls: urls }),
  }
  readAnswer(redactedAnswer, await api.call('PUT', `/comment_redactions/${comment}`, { json, signal }))
}

async function findComment(api: ZendeskApi, ticket: string, comment: string, signal: AbortSignal) {
  let after: string | null | undefined
  for (let page = 0; page < mostPages; page++) {
    const more = after ? `&page[after]=${encodeURIComponent(after)}` : ''
    const path = `/tickets/${ticket}/comments?sort=-created_at&page[size]=100${more}`
    const answer = await api.call('GET', path, { signal, also: [404] })
    if (answer.status === 404) throw gone()
    const { comments, meta } = readAnswer(commentsAnswer, answer)
    const found = comments.find(({ id }) => String(id) === comment)
    if (found) return found
    after = meta?.has_more === true ? meta.after_cursor : undefined
    if (!after) return undefined
  }
  return undefined
}

/** Every text in its HTML, and every link and picture; undefined when nothing is left to redact. */
export function redactHtml(html: string): string | undefined {
  let isLeft = false
  const pieces = html.split(/(<[^>]*>)/).map((piece) => {
    if (/^<(?:a|img)\s/i.test(piece)) {
      isLeft = true
      return piece.replace(/\s*\/?>$/, ' redact>')
    }
    if (piece.startsWith('<') || blackened.test(piece)) return piece
    isLeft = true
    return `<redact>${piece}</redact>`
  })
  return isLeft ? pieces.join('') : undefined
}
