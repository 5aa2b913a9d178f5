import { StepError } from '../../domain/step-error.ts'
import type { HelpdeskFile } from '../callback.ts'
import type { HelpdeskHttp } from '../http-client.ts'
import type { FileLink } from './read-callback.ts'
import type { ChatwootSettings } from './settings.ts'

const storage = '/rails/active_storage/'

/**
 * Chatwoot's links to files are open to whoever has them, but Meta cannot reach a Chatwoot in a private network: there
 * we fetch them ourselves.
 */
export function fileLink({ allowPrivateNetwork }: ChatwootSettings): FileLink {
  return (url) => {
    const { pathname, search } = new URL(url)
    return allowPrivateNetwork && pathname.startsWith(storage) ? { ref: `${pathname}${search}` } : { url }
  }
}

/** A `ref` is a path at Chatwoot, which sends us on to where the file lies. */
export async function openFile(
  { url: base }: ChatwootSettings,
  http: HelpdeskHttp,
  ref: string,
  signal: AbortSignal,
): Promise<HelpdeskFile> {
  let url = new URL(ref, base)
  if (url.origin !== new URL(base).origin || !url.pathname.startsWith(storage)) throw notThere()
  for (let hop = 0; hop < 4; hop++) {
    const answer = await http.stream({
      method: 'GET',
      url: url.href,
      also: [301, 302, 303, 307, 308],
      signal,
    })
    const { location, 'content-type': type, 'content-length': length } = answer.headers
    if (answer.status < 300) {
      const size = typeof length === 'string' ? Number(length) : null
      return { body: answer.body, contentType: typeof type === 'string' ? type : null, size }
    }
    await answer.body.toArray()
    if (typeof location !== 'string' || !URL.canParse(location, url.href)) break
    url = new URL(location, url)
    if (!/^https?:$/.test(url.protocol)) break
  }
  throw notThere()
}

function notThere(): StepError {
  return new StepError('Chatwoot names no file there', {
    code: 'HELPDESK_REFUSED',
    verdict: 'permanent',
    arrived: 'no',
  })
}
