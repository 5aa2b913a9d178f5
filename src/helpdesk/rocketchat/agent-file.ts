import { StepError } from '../../domain/step-error.ts'
import type { HelpdeskFile } from '../callback.ts'
import type { HelpdeskHttp } from '../http-client.ts'
import type { RocketchatSettings } from './settings.ts'

/** A `ref` is `<id>/<name>`, as it stands behind /file-upload/. Files may lie elsewhere: then Rocket.Chat sends us on. */
export async function openFile(
  { url: base, authToken, userId }: RocketchatSettings,
  http: HelpdeskHttp,
  ref: string,
  signal: AbortSignal,
): Promise<HelpdeskFile> {
  const [, id, name] = /^([A-Za-z0-9._-]+)\/([^/?#]+)$/.exec(ref) ?? []
  if (id === undefined || name === undefined || /^\.+$/.test(id)) throw notThere()
  let url = `${base.replace(/\/+$/, '')}/file-upload/${id}/${name}`
  let headers: Record<string, string> = { 'x-auth-token': authToken, 'x-user-id': userId }
  for (let hop = 0; hop < 4; hop++) {
    const answer = await http.stream({ method: 'GET', url, headers, also: [301, 302, 303, 307, 308], signal })
    const { location, 'content-type': type, 'content-length': length } = answer.headers
    if (answer.status < 300) {
      const size = typeof length === 'string' ? Number(length) : null
      return { body: answer.body, contentType: typeof type === 'string' ? type : null, size }
    }
    await answer.body.toArray()
    const next = typeof location === 'string' ? URL.parse(location, url) : null
    if (!next || !/^https?:$/.test(next.protocol)) break
    // Credentials are for Rocket.Chat alone.
    if (next.origin !== new URL(base).origin) headers = {}
    url = next.href
  }
  throw notThere()
}

function notThere(): StepError {
  return new StepError('Rocket.Chat names no file there', {
    code: 'HELPDESK_REFUSED',
    verdict: 'permanent',
    arrived: 'no',
  })
}
