import { z } from 'zod'
import { stepFacts } from '../../domain/step-error.ts'
import { readAnswer } from '../http-client.ts'
import type { HelpdeskSetup, SetupContext, SetupFinding } from '../setup.ts'
import type { SunshineApi } from './api.ts'
import { triggers } from './read-callback.ts'
import type { ZendeskMessagingSettings } from './settings.ts'

const webhookSchema = z.object({
  id: z.string(),
  target: z.string(),
  triggers: z.array(z.string()),
  secret: z.string().nullish(),
})
const integrationSchema = z.object({ id: z.string(), webhooks: z.array(webhookSchema).nullish() })
const integrationsAnswer = z.object({ integrations: z.array(integrationSchema) })
const integrationAnswer = z.object({ integration: integrationSchema })
const webhooksAnswer = z.object({ webhooks: z.array(webhookSchema) })
const switchboardsAnswer = z.object({ switchboards: z.array(z.object({ id: z.string() })) })
const boardAnswer = z.object({
  switchboardIntegrations: z.array(
    z.object({ id: z.string(), name: z.string(), integrationType: z.string() }),
  ),
})

type Webhook = z.infer<typeof webhookSchema>

export function zendeskMessagingSetup(api: SunshineApi, settings: ZendeskMessagingSettings): HelpdeskSetup {
  async function look(context: SetupContext, mends: boolean): Promise<SetupFinding[]> {
    const { signal } = context
    const app = await finding('credentials', () => checkApp(signal))
    if (app.some(({ state }) => state === 'failed')) return app
    const board = await finding('switchboard', () => checkSwitchboard(signal))
    return [...app, ...board, ...(await finding('webhook', () => checkWebhook(context, mends)))]
  }

  async function checkApp(signal: AbortSignal): Promise<SetupFinding[]> {
    await api.call('GET', '', { signal })
    return [{ state: 'ok', what: `credentials of app ${settings.appId}` }]
  }

  async function checkSwitchboard(signal: AbortSignal): Promise<SetupFinding[]> {
    const { switchboardIntegration: wanted } = settings
    if (wanted === undefined || wanted === 'next') return []
    const { switchboards } = readAnswer(
      switchboardsAnswer,
      await api.call('GET', '/switchboards', { signal }),
    )
    const lists = await Promise.all(
      switchboards.map(async ({ id }) => {
        const answer = await api.call('GET', `/switchboards/${id}/switchboardIntegrations`, { signal })
        return readAnswer(boardAnswer, answer).switchboardIntegrations
      }),
    )
    const what = `switchboard integration ${wanted}`
    const known = lists.flat()
    if (known.some((each) => [each.id, each.name, each.integrationType].includes(wanted)))
      return [{ state: 'ok', what }]
    const names = known.map(({ name }) => name).join(', ')
    return [
      {
        state: 'failed',
        what,
        mend:
          names === ''
            ? 'The app has none at all: leave switchboardIntegration out.'
            : `Set switchboardIntegration to one of these: ${names}.`,
      },
    ]
  }

  async function checkWebhook(
    { callbackUrl, signal }: SetupContext,
    mends: boolean,
  ): Promise<SetupFinding[]> {
    if (callbackUrl === undefined)
      return [{ state: 'todo', what: 'webhook', mend: 'Set server.publicUrl, so that Zendesk can call us.' }]
    const what = `webhook to ${callbackUrl}`
    const found = await findWebhook(callbackUrl, signal)
    if (found && isReady(found.webhook)) return [{ state: 'ok', what }, checkSecret(found.webhook)]
    if (!mends) {
      const mend = `${found ? 'It is not told everything.' : 'There is none.'} Run deskbridge setup.`
      return [{ state: 'failed', what, mend }]
    }
    if (found) {
      const path = `/integrations/${found.integration}/webhooks/${found.webhook.id}`
      await api.call('PATCH', path, { json: { target: callbackUrl, triggers }, signal })
      return [{ state: 'changed', what }, checkSecret(found.webhook)]
    }
    const made = await makeWebhook(callbackUrl, signal)
    return [{ state: 'changed', what }, ...(made ? [checkSecret(made)] : [])]
  }

  async function findWebhook(target: string, signal: AbortSignal) {
    const path = '/integrations?filter[types]=custom&page[size]=100'
    const { integrations } = readAnswer(integrationsAnswer, await api.call('GET', path, { signal }))
    for (const { id } of integrations) {
      const answer = await api.call('GET', `/integrations/${id}/webhooks`, { signal })
      const webhook = readAnswer(webhooksAnswer, answer).webhooks.find((each) => each.target === target)
      if (webhook) return { integration: id, webhook }
    }
    return undefined
  }

  async function makeWebhook(target: string, signal: AbortSignal): Promise<Webhook | undefined> {
    const json = { type: 'custom', displayName: 'deskbridge', webhooks: [{ target, triggers }] }
    const answer = await api.call('POST', '/integrations', { json, signal })
    return readAnswer(integrationAnswer, answer).integration.webhooks?.[0]
  }

  function checkSecret({ secret }: Webhook): SetupFinding {
    const what = 'secret of the webhook'
    if (typeof secret === 'string' && settings.callbackSecrets.includes(secret)) return { state: 'ok', what }
    const begins = secret ? ` It begins with ${secret.slice(0, 4)}.` : ''
    const mend = `Copy it from Admin Center, Apps and integrations, Integrations, Conversations integrations, deskbridge, to callbackSecrets; GET /v2/apps/${settings.appId}/integrations/<id>/webhooks tells it, too.${begins}`
    return { state: 'todo', what, mend }
  }

  return {
    check: (context) => look(context, false),
    setUp: (context) => look(context, true),
  }
}

function isReady(webhook: Webhook): boolean {
  return triggers.every((trigger) => webhook.triggers.includes(trigger))
}

/** What the vendor refuses is something to tell. */
async function finding(what: string, look: () => Promise<SetupFinding[]>): Promise<SetupFinding[]> {
  try {
    return await look()
  } catch (error) {
    const { code, message } = stepFacts(error)
    const mend =
      code === 'HELPDESK_REFUSED'
        ? 'Check url, appId, keyId and keySecret; a webhook takes a key of the app, not of an integration, and a server.publicUrl that begins with https.'
        : 'Try again when Zendesk answers.'
    return [{ state: 'failed', what: `${what}: ${message}`, mend }]
  }
}
