import type { HelpdeskFile } from '../callback.ts'
import type { HelpdeskHttp } from '../http-client.ts'
import { permanent } from './api.ts'
import type { FreshdeskApi } from './api.ts'

/** Asks for the file's link, which is signed and short-lived, and opens it without credentials. */
export async function openFile(
  api: FreshdeskApi,
  http: HelpdeskHttp,
  ref: string,
  signal: AbortSignal,
): Promise<HelpdeskFile> {
  const [, ticket, file] = /^(\d{1,18})\/(\d{1,18})$/.exec(ref) ?? []
  if (ticket === undefined || file === undefined) throw notThere()
  for await (const { attachments } of api.said(ticket, signal)) {
    const url = attachments?.find(({ id }) => String(id) === file)?.attachment_url
    if (!url || !URL.canParse(url)) continue
    const { body, headers } = await http.stream({ method: 'GET', url, signal })
    const { 'content-type': type, 'content-length': length } = headers
    const size = typeof length === 'string' ? Number(length) : null
    return { body, contentType: typeof type === 'string' ? type : null, size }
  }
  throw notThere()
}

function notThere() {
  return permanent('HELPDESK_REFUSED', 'Freshdesk names no file there')
}
