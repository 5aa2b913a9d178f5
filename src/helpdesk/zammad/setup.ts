import { z } from 'zod'
import { stepFacts } from '../../domain/step-error.ts'
import { readAnswer } from '../http-client.ts'
import type { HelpdeskSetup, SetupContext, SetupFinding } from '../setup.ts'
import type { ZammadApi } from './api.ts'
import { setUpCallbacks } from './setup-callbacks.ts'
import type { ZammadSettings } from './settings.ts'

const meAnswer = z.object({ id: z.number() })
const statesAnswer = z.array(z.object({ name: z.string(), active: z.boolean().nullish() }))
const attributesAnswer = z.array(
  z.object({ name: z.string(), object: z.string(), active: z.boolean().nullish() }),
)
const groupsAnswer = z.array(
  z.object({
    name: z.string(),
    active: z.boolean().nullish(),
    follow_up_possible: z.string().nullish(),
  }),
)

/** Token and rights, group, states, attributes, and how Zammad calls us. */
export function zammadSetup(api: ZammadApi, settings: ZammadSettings): HelpdeskSetup {
  async function look(context: SetupContext, mayChange: boolean): Promise<SetupFinding[]> {
    const { signal } = context
    let me: number
    try {
      me = readAnswer(meAnswer, await api.call('GET', '/users/me', { signal })).id
    } catch (error) {
      const mend = 'Check url and token; under Admin, API the access by token must be on.'
      return [{ state: 'failed', what: `Zammad answers: ${stepFacts(error).message}`, mend }]
    }
    return [
      { state: 'ok', what: `Zammad answers, and knows us as user ${me}` },
      await agentRight(me, signal),
      ...(await group(signal)),
      await states(signal),
      ...(await attributes(signal)),
      ...(await setUpCallbacks(api, settings, context, mayChange)),
    ]
  }

  async function agentRight(me: number, signal: AbortSignal): Promise<SetupFinding> {
    const what = 'the token has ticket.agent'
    const mend = 'Make a token with ticket.agent, for a user who is an agent.'
    return finding(what, mend, async () => {
      await api.call('GET', `/ticket_customer?customer_id=${me}`, { signal })
    })
  }

  async function group(signal: AbortSignal): Promise<SetupFinding[]> {
    const what = `group ${settings.group}`
    const hidden = 'It cannot be seen with this token. See that it exists and our user has full access to it.'
    let groups: z.infer<typeof groupsAnswer>
    try {
      const answer = await api.call('GET', '/groups', { also: [403], signal })
      if (answer.status === 403) return [{ state: 'todo', what, mend: hidden }]
      groups = readAnswer(groupsAnswer, answer)
    } catch (error) {
      return [{ state: 'failed', what: `${what}: ${stepFacts(error).message}`, mend: hidden }]
    }
    const found = groups.find(({ name }) => name === settings.group)
    if (found?.active === false || found === undefined) {
      const mend = `Make an active group of that name, give our user full access, or change group in the settings.`
      return [{ state: 'failed', what: `${what} is there and active`, mend }]
    }
    const there: SetupFinding = { state: 'ok', what: `${what} is there and active` }
    if (found.follow_up_possible !== 'new_ticket') return [there]
    const mend =
      'Set "Follow-up possible" of the group to yes if solved tickets are to be opened again; else nothing needs to be done.'
    return [there, { state: 'todo', what: `${what} lets solved tickets be opened again`, mend }]
  }

  async function states(signal: AbortSignal): Promise<SetupFinding> {
    const { open, solved, pending } = settings.states
    const what = 'the states that the settings name are there'
    const mend =
      'Correct states in the settings: names as Zammad has them, in English where they are its own.'
    return finding(what, mend, async () => {
      const known = readAnswer(statesAnswer, await api.call('GET', '/ticket_states', { signal }))
      const names = new Set(known.filter(({ active }) => active !== false).map(({ name }) => name))
      const missing = [open, ...solved, ...pending].filter((name) => !names.has(name))
      return missing.length > 0 ? `missing: ${missing.join(', ')}` : undefined
    })
  }

  async function attributes(signal: AbortSignal): Promise<SetupFinding[]> {
    const wanted = Object.values(settings.fields)
    if (wanted.length === 0) return []
    const what = 'the object attributes of tickets that fields names are there'
    const hidden = 'They cannot be seen without admin.object. Compare them under Admin, Objects, Ticket.'
    const mend = 'Make them under Admin, Objects, Ticket; Zammad drops what it does not know.'
    let isHidden = false
    const found = await finding(what, mend, async () => {
      const answer = await api.call('GET', '/object_manager_attributes', { also: [403], signal })
      isHidden = answer.status === 403
      if (isHidden) return 'hidden'
      const known = readAnswer(attributesAnswer, answer).filter(
        ({ object, active }) => object === 'Ticket' && active !== false,
      )
      const missing = wanted.filter((name) => !known.some((one) => one.name === name))
      return missing.length > 0 ? `missing: ${missing.join(', ')}` : undefined
    })
    return [isHidden ? { state: 'todo', what, mend: hidden } : found]
  }

  return { check: (context) => look(context, false), setUp: (context) => look(context, true) }
}

/** `look` answers what is wrong, or throws. */
async function finding(
  what: string,
  mend: string,
  look: () => Promise<string | undefined | void>,
): Promise<SetupFinding> {
  try {
    const wrong = await look()
    return wrong ? { state: 'failed', what: `${what}: ${wrong}`, mend } : { state: 'ok', what }
  } catch (error) {
    return { state: 'failed', what: `${what}: ${stepFacts(error).message}`, mend }
  }
}
