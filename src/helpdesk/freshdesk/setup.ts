import { stepFacts } from '../../domain/step-error.ts'
import type { HelpdeskSetup, SetupContext, SetupFinding } from '../setup.ts'
import type { FreshdeskApi } from './api.ts'
import { replyTemplate, statusTemplate } from './rules.ts'
import type { FreshdeskSettings } from './settings.ts'

/** Credentials, whose they are, and fields. Automation rules are made by hand, so there is nothing to change. */
export function freshdeskSetup(api: FreshdeskApi, settings: FreshdeskSettings): HelpdeskSetup {
  async function look({ callbackUrl, signal }: SetupContext): Promise<SetupFinding[]> {
    let me: number
    try {
      me = await api.me(signal)
    } catch (error) {
      const mend = 'Check url and apiKey: it stands under Profile settings of the agent.'
      return [{ state: 'failed', what: `Freshdesk's account: ${stepFacts(error).message}`, mend }]
    }
    const own = `the API key is that of agent ${settings.agentId}`
    return [
      { state: 'ok', what: "Freshdesk's account answers" },
      me === settings.agentId
        ? { state: 'ok', what: own }
        : { state: 'failed', what: own, mend: `Set agentId to ${me}, or use that agent's key.` },
      ...(await fields(signal)),
      ...replies(callbackUrl),
    ]
  }

  async function fields(signal: AbortSignal): Promise<SetupFinding[]> {
    const wanted = Object.values(settings.fields)
    if (wanted.length === 0) return []
    try {
      const there = await api.ticketFields(signal)
      return wanted.map((name): SetupFinding => {
        const what = `ticket field ${name}`
        if (there.includes(name)) return { state: 'ok', what }
        return { state: 'failed', what, mend: 'Make it in Admin, Ticket fields, as a single-line text.' }
      })
    } catch (error) {
      const mend = 'Give the agent a role that may see ticket fields.'
      return [{ state: 'failed', what: `ticket fields: ${stepFacts(error).message}`, mend }]
    }
  }

  function replies(callbackUrl: string | undefined): SetupFinding[] {
    if (settings.replies === 'poll')
      return [{ state: 'ok', what: `replies are asked for every ${settings.pollSeconds} s` }]
    if (callbackUrl === undefined) {
      const mend = 'Set server.publicUrl, so that Freshdesk can be told where we are.'
      return [{ state: 'todo', what: 'automation rules', mend }]
    }
    // The address holds the secret, which does not belong on a screen.
    const where = `${callbackUrl.slice(0, callbackUrl.lastIndexOf('/'))}/<one of callbackSecrets>`
    const rule = (what: string, when: string, template: string): SetupFinding => ({
      state: 'todo',
      what: `automation rule: ${what}`,
      mend: `In Admin, Automations, Ticket updates: performed by Agent; ${when}; tag is ${settings.tag}; action Trigger webhook, POST to ${where}, encoding JSON, content Advanced: ${template}`,
    })
    const closed = settings.closedTickets === 'followUp'
    return [
      rule('an agent answers', 'event Reply is sent, or Note is added with type Public', replyTemplate),
      rule(
        'a ticket is solved',
        `event Status is changed to Resolved${closed ? '' : ' or Closed'}`,
        statusTemplate('solved'),
      ),
      ...(closed
        ? [rule('a ticket is closed', 'event Status is changed to Closed', statusTemplate('closed'))]
        : []),
      rule('a ticket is opened again', 'event Status is changed to Open or Pending', statusTemplate('open')),
    ]
  }

  return { check: look, setUp: look }
}
