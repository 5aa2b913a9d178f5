import { stepFacts } from '../../domain/step-error.ts'
import type { HelpdeskSetup, SetupContext, SetupFinding } from '../setup.ts'
import type { FrontApi } from './front-api.ts'
import type { FrontSettings } from './settings.ts'

/** No message has this uid: Front answers 404 to whoever may read messages, and 401 or 403 to others. */
const nobodysUid = '/messages/alt:uid:deskbridge-check'

export function frontSetup(api: FrontApi, settings: FrontSettings): HelpdeskSetup {
  async function check({ callbackUrl, signal }: SetupContext): Promise<SetupFinding[]> {
    return [
      await channelRight(signal),
      ...(settings.token === undefined ? [noToken] : await tokenRights(signal)),
      callbackAddress(callbackUrl, settings.callbackUrl),
    ]
  }

  async function channelRight(signal: AbortSignal): Promise<SetupFinding> {
    const what = `the right of the app for channel ${settings.channelId}`
    const status = await statusOf({ method: 'GET', path: nobodysUid, signal })
    if (status === 404 || status === 200) return { state: 'ok', what }
    return { state: 'failed', what, mend: refusalWords(status, 'appId, appSecret and channelId') }
  }

  async function tokenRights(signal: AbortSignal): Promise<SetupFinding[]> {
    const wanted = [
      ['the API token', '/me', 'token'],
      ['the right tags:read of the API token', '/company/tags?limit=1', 'the scopes of token'],
      [
        `the channel ${settings.channelId}`,
        `/channels/${settings.channelId}`,
        'channelId, and the scopes of token',
      ],
    ] as const
    const findings: SetupFinding[] = []
    for (const [what, path, look] of wanted) {
      const status = await statusOf({ method: 'GET', path, by: 'token', signal })
      findings.push(
        status === 200 ? { state: 'ok', what } : { state: 'failed', what, mend: refusalWords(status, look) },
      )
      if (status === 401) break
    }
    return findings
  }

  async function statusOf(call: Omit<Parameters<FrontApi['call']>[0], 'also'>): Promise<number | string> {
    try {
      return (await api.call({ ...call, also: [400, 401, 403, 404] })).status
    } catch (error) {
      return stepFacts(error).message
    }
  }

  return {
    check,
    /** Front lets nothing of this be made by API: apps and channels are made by hand. */
    setUp: async (context) => [
      ...(await check(context)),
      {
        state: 'todo',
        what: 'the app and its channel in Front',
        mend: 'follow the steps in docs/adapters/front.md; Front has no API for them',
      },
    ],
  }
}

const noToken: SetupFinding = {
  state: 'ok',
  what: 'no API token: names of contacts are not kept up, and tags become notes',
}

function callbackAddress(wanted: string | undefined, configured: string | undefined): SetupFinding {
  const what = 'where Front is to call'
  if (wanted === undefined)
    return { state: 'todo', what, mend: 'set server.publicUrl, so that Front can reach us' }
  if (configured === wanted) return { state: 'ok', what: `${what}: ${wanted}` }
  return { state: 'todo', what, mend: `set callbackUrl of this helpdesk to ${wanted}` }
}

function refusalWords(status: number | string, settingsToLookAt: string): string {
  return typeof status === 'number'
    ? `Front answered ${status}: look at ${settingsToLookAt}`
    : `Front could not be asked: ${status}`
}
