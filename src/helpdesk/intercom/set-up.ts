import { z } from 'zod'
import { stepFacts } from '../../domain/step-error.ts'
import type { HelpdeskSetup, SetupContext, SetupFinding } from '../setup.ts'
import { readAnswer } from '../http-client.ts'
import type { IntercomApi, IntercomCall } from './intercom-api.ts'
import type { IntercomSettings } from './settings.ts'

const attributeList = z.object({
  data: z.array(z.object({ name: z.string(), archived: z.boolean().nullish() })),
})

export const callbackTopics = [
  'conversation.admin.replied',
  'conversation.admin.closed',
  'conversation.admin.opened',
]

/** What the token must be allowed beside what the token itself is, each by a call that changes nothing. */
export function intercomSetup(api: IntercomApi, settings: IntercomSettings): HelpdeskSetup {
  const wanted: (Omit<IntercomCall, 'signal' | 'also'> & { what: string; fine: number[]; mend: string })[] = [
    { what: 'the access token', method: 'GET', path: '/me', fine: [200], mend: 'look at token and region' },
    {
      what: `teammate ${settings.adminId}`,
      method: 'GET',
      path: `/admins/${settings.adminId}`,
      fine: [200],
      mend: 'set adminId to a teammate of this workspace',
    },
    {
      what: 'the right to read contacts',
      method: 'GET',
      path: '/contacts/find_by_external_id/deskbridge-check',
      fine: [200, 404, 410],
      mend: "give the app 'Read and list users and companies'",
    },
    {
      what: 'the right to read tags',
      method: 'GET',
      path: '/tags',
      fine: [200],
      mend: "give the app 'Read tags'",
    },
  ]

  async function check({ callbackUrl, signal }: SetupContext): Promise<SetupFinding[]> {
    const findings: SetupFinding[] = []
    for (const { what, fine, mend, ...call } of wanted) {
      const status = await statusOf({ ...call, signal })
      const isFine = fine.some((good) => good === status)
      findings.push(isFine ? { state: 'ok', what } : { state: 'failed', what, mend: `${mend} (${status})` })
      // Without a token nothing else says anything.
      if (status === 401) return findings
    }
    return [...findings, ...(await attributes(signal, false)), subscription(callbackUrl)]
  }

  async function statusOf(call: IntercomCall): Promise<number | string> {
    try {
      return (await api.call({ ...call, also: [400, 401, 403, 404, 410] })).status
    } catch (error) {
      return stepFacts(error).message
    }
  }

  /** Those that `fields` names. */
  async function attributes(signal: AbortSignal, mayCreate: boolean): Promise<SetupFinding[]> {
    const names = Object.values(settings.fields ?? {})
    if (names.length === 0) return []
    try {
      const answer = await api.call({ method: 'GET', path: '/conversations/attributes', signal })
      const there = readAnswer(attributeList, answer).data.filter(({ archived }) => archived !== true)
      const findings: SetupFinding[] = []
      for (const name of names) {
        const what = `the attribute ${name} of conversations`
        if (there.some((one) => one.name === name)) findings.push({ state: 'ok', what })
        else if (mayCreate) findings.push(await create(name, what, signal))
        else findings.push({ state: 'todo', what, mend: 'run deskbridge setup, or make it in Intercom' })
      }
      return findings
    } catch (error) {
      const mend = `${stepFacts(error).message}; give the app the right to read conversation attributes`
      return [{ state: 'failed', what: 'attributes of conversations', mend }]
    }
  }

  async function create(name: string, what: string, signal: AbortSignal): Promise<SetupFinding> {
    const json = { name, data_type: 'string', multiline: false }
    await api.call({ method: 'POST', path: '/conversations/attributes', json, signal })
    return { state: 'changed', what }
  }

  return {
    check,
    async setUp(context) {
      const found = await check(context)
      if (found[0]?.state === 'failed') return found
      const made = await attributes(context.signal, true)
      return [...found.filter(({ what }) => !made.some((one) => one.what === what)), ...made]
    },
  }
}

/** Intercom has no API for it. */
function subscription(callbackUrl: string | undefined): SetupFinding {
  const what = 'webhook topics of the app'
  if (callbackUrl === undefined)
    return { state: 'todo', what, mend: 'set server.publicUrl, so that Intercom can reach us' }
  const mend = `in the Developer Hub, under Webhooks, enter ${callbackUrl} and subscribe to ${callbackTopics.join(', ')}`
  return { state: 'todo', what, mend }
}
