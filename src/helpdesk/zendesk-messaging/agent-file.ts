import { StepError } from '../../domain/step-error.ts'
import type { HelpdeskFile } from '../callback.ts'
import { leave } from './api.ts'
import type { SunshineApi } from './api.ts'

/** A private file of an agent's, by its path on the account's own host. */
export async function agentFile(api: SunshineApi, ref: string, signal: AbortSignal): Promise<HelpdeskFile> {
  const { origin } = new URL(api.base)
  const url = URL.parse(ref, origin)
  if (!url || url.origin !== origin || !ref.startsWith('/')) throw missing()
  const redirects = [301, 302, 303, 307, 308]
  const first = await api.stream({ method: 'GET', url: url.href, signal, also: redirects })
  if (!redirects.includes(first.status)) return shown(first)
  leave(first.body)
  const next = URL.parse(String(first.headers['location']), url.href)
  if (!next) throw missing()
  return shown(await api.open({ method: 'GET', url: next.href, signal }))
}

function shown({ headers, body }: Awaited<ReturnType<SunshineApi['stream']>>): HelpdeskFile {
  const size = Number(headers['content-length'])
  const type = headers['content-type']
  return {
    body,
    contentType: typeof type === 'string' ? type : null,
    size: Number.isFinite(size) ? size : null,
  }
}

function missing(): StepError {
  return new StepError('no file of the helpdesk is named so', {
    code: 'HELPDESK_REFUSED',
    verdict: 'permanent',
    arrived: 'no',
  })
}
