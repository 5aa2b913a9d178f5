import { stepFacts } from '../../domain/step-error.ts'
import type { HelpdeskSetup, SetupContext, SetupFinding } from '../setup.ts'
import type { RocketchatApi } from './api.ts'
import type { RocketchatSettings } from './settings.ts'

/** What the webhook must tell: by the name of Rocket.Chat's setting, and by that of its API. */
const wanted = [
  ['Livechat_webhook_on_agent_message', 'LivechatWebhookOnAgentMessage', 'agent messages'],
  ['Livechat_webhook_on_close', 'LivechatWebhookOnClose', 'chat close'],
] as const

const manually = 'Manage, Workspace, Settings, Omnichannel, CRM integration (or Omnichannel, Webhooks)'

/** Credentials, Omnichannel itself, its webhook, and what no call tells. */
export function rocketchatSetup(api: RocketchatApi, settings: RocketchatSettings): HelpdeskSetup {
  async function look(context: SetupContext, mayChange: boolean): Promise<SetupFinding[]> {
    let known: Map<string, unknown>
    try {
      known = await api.integrations(context.signal)
    } catch (error) {
      const mend =
        'Check url, userId and authToken; the user needs the role livechat-manager, and a token made with "Ignore two factor authentication".'
      return [{ state: 'failed', what: `Rocket.Chat's settings: ${stepFacts(error).message}`, mend }]
    }
    return [
      { state: 'ok', what: "Rocket.Chat's settings can be read" },
      await enabled(context.signal),
      ...(await webhook(known, context, mayChange)),
      {
        state: 'todo',
        what: 'rooms are opened while no agent is online',
        mend: 'In Manage, Workspace, Settings, Omnichannel, Routing switch "Accept with no online agents" on: without it new tickets wait until somebody is online.',
      },
      {
        state: 'todo',
        what: 'calls are not held up',
        mend: 'In Manage, Workspace, Settings, Rate Limiter raise the default number of calls (10 a minute for each path), or switch the API rate limiter off.',
      },
    ]
  }

  async function enabled(signal: AbortSignal): Promise<SetupFinding> {
    const what = 'Omnichannel is enabled'
    const mend = 'Enable it in Manage, Workspace, Settings, Omnichannel.'
    try {
      return (await api.isEnabled(signal)) ? { state: 'ok', what } : { state: 'failed', what, mend }
    } catch (error) {
      return { state: 'failed', what: `${what}: ${stepFacts(error).message}`, mend }
    }
  }

  async function webhook(known: Map<string, unknown>, context: SetupContext, mayChange: boolean) {
    const { callbackUrl, signal } = context
    if (callbackUrl === undefined) {
      const mend = 'Set server.publicUrl, so that Rocket.Chat can be told where we are.'
      return [{ state: 'todo', what: 'webhook', mend } as const]
    }
    const before = webhookFindings(known, callbackUrl)
    if (!mayChange || before.every(({ state }) => state === 'ok')) return before
    try {
      await api.integrate(
        {
          LivechatWebhookUrl: callbackUrl,
          LivechatSecretToken: settings.callbackSecrets[0] ?? '',
          ...Object.fromEntries(wanted.map(([, name]) => [name, true])),
        },
        signal,
      )
      // Some versions say that they did it, and set switches that nobody reads.
      const after = webhookFindings(await api.integrations(signal), callbackUrl)
      return after.map((finding, n): SetupFinding =>
        finding.state === 'ok' && before[n]?.state !== 'ok' ? { ...finding, state: 'changed' } : finding,
      )
    } catch (error) {
      const mend = `Set it by hand in ${manually}.`
      return [{ state: 'failed', what: `webhook: ${stepFacts(error).message}`, mend } as const]
    }
  }

  function webhookFindings(known: Map<string, unknown>, callbackUrl: string): SetupFinding[] {
    const finding = (isSo: boolean, what: string, mend: string): SetupFinding =>
      isSo
        ? { state: 'ok', what }
        : { state: 'failed', what, mend: `${mend} in ${manually}, or run deskbridge setup.` }
    const secret = known.get('Livechat_secret_token')
    return [
      finding(
        known.get('Livechat_webhookUrl') === callbackUrl,
        `webhook to ${callbackUrl}`,
        `Set the webhook URL to ${callbackUrl}`,
      ),
      finding(
        typeof secret === 'string' && settings.callbackSecrets.includes(secret),
        'secret token of the webhook is one of callbackSecrets',
        'Set the secret token to the first of callbackSecrets',
      ),
      ...wanted.map(([name, , words]) =>
        finding(known.get(name) === true, `webhook tells ${words}`, `Switch "${words}" on`),
      ),
    ]
  }

  return { check: (context) => look(context, false), setUp: (context) => look(context, true) }
}
