import { StepError } from '../../domain/step-error.ts'
import { helpdeskHttp } from '../http-client.ts'
import type { HelpdeskAnswer, HelpdeskCall, HelpdeskLimit } from '../http-client.ts'
import { intercomHosts } from './settings.ts'
import type { IntercomSettings } from './settings.ts'

/** The version whose published description this adapter is held against. */
const version = '2.16'

export type IntercomCall = Omit<HelpdeskCall, 'url' | 'headers' | 'form' | 'bytes'> & { path: string }

export type IntercomApi = ReturnType<typeof intercomApi>

export function intercomApi(settings: IntercomSettings, limit?: HelpdeskLimit) {
  const http = helpdeskHttp({ allowPrivateNetwork: settings.allowPrivateNetwork, limit })
  const base = (settings.url ?? intercomHosts[settings.region]).replace(/\/+$/, '')
  const headers = {
    authorization: `Bearer ${settings.token}`,
    accept: 'application/json',
    'intercom-version': version,
  }

  const call = ({ path, ...rest }: IntercomCall): Promise<HelpdeskAnswer> =>
    http.call({ ...rest, url: `${base}${path}`, headers })

  return {
    call,
    /** Of a conversation, or of who takes part in it: TICKET_GONE when it is not there. */
    async callTicket(wanted: IntercomCall): Promise<HelpdeskAnswer> {
      const answer = await call({ ...wanted, also: [...(wanted.also ?? []), 404] })
      if (answer.status !== 404) return answer
      throw new StepError('Intercom has no such conversation any more', {
        code: 'TICKET_GONE',
        verdict: 'permanent',
        arrived: 'no',
      })
    },
    close: http.close,
  }
}

/** For what follows an effect of the same step: whoever tries it again must look first. */
export async function afterEffect<T>(done: Promise<T>): Promise<T> {
  try {
    return await done
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    const { code, verdict, retryAfterMs, destinationDown } = error.facts
    throw new StepError(
      error.message,
      {
        code,
        verdict,
        arrived: 'unknown',
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
        ...(destinationDown === undefined ? {} : { destinationDown }),
      },
      { cause: error },
    )
  }
}
